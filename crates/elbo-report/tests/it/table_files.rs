use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::FileReader;
use elbo_report::{Draws, Group, ReportError};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::drawn::{Write, draws, fault, python, site};
use crate::scratch::Scratch;

const NAMES: [&str; 9] = [
    "draw",
    "mu",
    "theta[0,0]",
    "theta[0,1]",
    "theta[1,0]",
    "theta[1,1]",
    "log_p",
    "log_q",
    "log_weight",
];

fn check(table: &RecordBatch) {
    let schema = table.schema();
    assert_eq!(schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), NAMES);
    let column = |name| table.column_by_name(name).unwrap();
    assert_eq!(column("draw").as_primitive::<Int64Type>().values(), &[0, 1, 2]);
    let numbers = |name| column(name).as_primitive::<Float64Type>().values().to_vec();
    assert_eq!(numbers("mu"), [0.5, -1.5, 1e300]);
    assert_eq!(numbers("theta[1,0]"), [0.5, 1.5, 2.5]);
    assert_eq!(numbers("log_p"), [-1.0, -2.0, -3.0]);
    assert_eq!(numbers("log_q"), [-1.5, -2.5, f64::NEG_INFINITY]);
    assert_eq!(numbers("log_weight"), draws().log_weights);
    assert!(table.columns().iter().all(|column| column.null_count() == 0));
}

#[test]
fn parquet_gives_the_draws_back() {
    let scratch = Scratch::new("parquet");
    let path = scratch.path("draws.parquet");
    draws().write_parquet(&path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata();
    assert_eq!(metadata.created_by().unwrap(), "elbo version 0.1.0");
    let values = metadata.key_value_metadata().unwrap();
    let value = |key: &str| values.iter().find(|pair| pair.key == key).unwrap().value.clone();
    assert_eq!(value("creator").unwrap(), "elbo");
    assert_eq!(value("shape.mu").unwrap(), "[]");
    assert_eq!(value("shape.theta").unwrap(), "[2, 2]");
    assert_eq!(reader.schema().metadata()["shape.theta"], "[2, 2]");
    check(&reader.build().unwrap().next().unwrap().unwrap());
    assert_eq!(scratch.names(), ["draws.parquet"]);
}

#[test]
fn arrow_gives_the_draws_back() {
    let scratch = Scratch::new("arrow");
    let path = scratch.path("draws.arrow");
    draws().write_arrow(&path).unwrap();
    let mut reader = FileReader::try_new(File::open(&path).unwrap(), None).unwrap();
    assert_eq!(reader.schema().metadata()["shape.theta"], "[2, 2]");
    check(&reader.next().unwrap().unwrap());
    assert!(reader.next().is_none());
    assert_eq!(scratch.names(), ["draws.arrow"]);
}

#[test]
fn equal_draws_make_equal_files_over_older_ones() {
    let scratch = Scratch::new("equal");
    for write in [Draws::write_parquet as Write, Draws::write_arrow] {
        let path = scratch.path("draws");
        fs::write(&path, "older").unwrap();
        write(&draws(), &path).unwrap();
        let first = fs::read(&path).unwrap();
        write(&draws(), &path).unwrap();
        assert_eq!(first, fs::read(&path).unwrap());
    }
}

#[test]
fn a_file_that_is_being_written_is_passed_by() {
    let scratch = Scratch::new("passed");
    fs::write(scratch.path(".draws.part-0"), "of another process").unwrap();
    draws().write_arrow(&scratch.path("draws")).unwrap();
    assert_eq!(scratch.names(), [".draws.part-0", "draws"]);
}

#[test]
fn no_draws_and_no_numbers_make_a_table_without_them() {
    let scratch = Scratch::new("none");
    let path = scratch.path("draws.arrow");
    let nothing = vec![site(Group::Posterior, "nothing", &[0, 2], &[])];
    Draws::new(nothing, vec![], vec![], vec![]).unwrap().write_arrow(&path).unwrap();
    let reader = FileReader::try_new(File::open(&path).unwrap(), None).unwrap();
    assert_eq!(reader.schema().fields().len(), 4);
    assert_eq!(reader.schema().metadata()["shape.nothing"], "[0, 2]");
    assert_eq!(reader.map(|table| table.unwrap().num_rows()).sum::<usize>(), 0);
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing_behind() {
    let scratch = Scratch::new("faults");
    for write in [Draws::write_parquet as Write, Draws::write_arrow] {
        let folder = scratch.path("folder");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(
            fault(write, &folder),
            format!(
                "{} should be a file, but is a folder; give the path of a file in it",
                folder.display()
            )
        );
        // Not even root writes to /sys.
        for path in [&scratch.path("missing/draws"), Path::new("/sys/draws"), Path::new("")] {
            let expected =
                "cannot be written (..); its folder must be there, be writable and have room";
            assert_eq!(fault(write, path), format!("{} {expected}", path.display()));
        }
    }
    let missing = draws().write_parquet(&scratch.path("missing/draws")).unwrap_err();
    let ReportError::File { source, .. } = missing else { panic!("{missing}") };
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(scratch.names(), ["folder"]);
}

#[test]
fn columns_of_one_name_are_refused() {
    let mut draws = draws();
    draws.sites[0].name = "theta[0,1]".into();
    let error = draws.write_parquet(Path::new("unwritten")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "two columns would be named theta[0,1]; give one of their sites another name"
    );
}

#[test]
fn draws_that_were_changed_are_checked_again() {
    let mut draws = draws();
    draws.sites[1].values.pop();
    let error = draws.write_arrow(Path::new("unwritten")).unwrap_err();
    assert!(matches!(error, ReportError::SiteLength { found: 11, .. }), "{error}");
}

#[test]
fn pandas_reads_both() {
    let scratch = Scratch::new("pandas");
    let script = r#"
import sys, pandas
read = pandas.read_parquet if sys.argv[1].endswith("parquet") else pandas.read_feather
table = read(sys.argv[1])
print(",".join(table.columns), table["theta[1,1]"].tolist(), table["mu"].tolist(), table["draw"].dtype)
"#;
    for (name, write) in
        [("draws.parquet", Draws::write_parquet as Write), ("draws.arrow", Draws::write_arrow)]
    {
        let path = scratch.path(name);
        write(&draws(), &path).unwrap();
        let Some(printed) = python("pandas, pyarrow", script, &path) else { continue };
        let numbers = "[0.75, 1.75, 2.75] [0.5, -1.5, 1e+300] int64\n";
        assert_eq!(printed, format!("{} {numbers}", NAMES.join(",")));
    }
}
