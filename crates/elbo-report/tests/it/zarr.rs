use std::fs;
use std::path::Path;

use elbo_report::{Draws, Group, ReportError};
use serde_json::{Value, json};

use crate::drawn::{Write, draws, fault, python, site};
use crate::scratch::Scratch;

const WRITE: Write = Draws::write_zarr;

fn json_of(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("zarr.json")).unwrap()).unwrap()
}

fn numbers(chunk: &Path) -> Vec<f64> {
    let bytes = fs::read(chunk).unwrap();
    bytes.chunks_exact(8).map(|x| f64::from_le_bytes(x.try_into().unwrap())).collect()
}

#[test]
fn a_store_has_the_metadata_and_the_chunks_of_zarr() {
    let scratch = Scratch::new("zarr");
    let dir = scratch.path("draws.zarr");
    draws().write_zarr(&dir).unwrap();
    let theta = json_of(&dir.join("posterior/theta"));
    assert_eq!(theta["shape"], json!([1, 3, 2, 2]));
    assert_eq!(theta["dimension_names"], json!(["chain", "draw", "theta_dim_0", "theta_dim_1"]));
    assert_eq!(numbers(&dir.join("posterior/theta/c/0/0/0/0")), draws().sites[1].values);
    assert_eq!(numbers(&dir.join("prior/mu/c/0/0")), [10.0, 20.0]);
    assert_eq!(numbers(&dir.join("observed_data/n/c")), [2.0]);
    let all = json_of(&dir)["consolidated_metadata"]["metadata"].clone();
    assert_eq!(all["posterior/theta"], theta);
    assert_eq!(all["prior"], json_of(&dir.join("prior")));
    assert_eq!(all["prior"]["attributes"]["sample_dims"], json!(["chain", "draw"]));
    assert_eq!(scratch.names(), ["draws.zarr"]);
}

#[test]
fn a_store_is_replaced_as_a_whole() {
    let scratch = Scratch::new("replaced");
    let dir = scratch.path("draws.zarr");
    fs::create_dir(&dir).unwrap(); // an empty folder is taken, too
    draws().write_zarr(&dir).unwrap();
    let mut fewer = draws();
    fewer.sites.retain(|site| site.group == Group::Posterior);
    fewer.write_zarr(&dir).unwrap();
    assert!(dir.join("posterior/mu/zarr.json").is_file());
    assert!(!dir.join("observed_data").exists());
    assert_eq!(scratch.names(), ["draws.zarr"]);
}

#[test]
fn anything_but_a_store_is_left_alone() {
    let scratch = Scratch::new("alone");
    let (file, folder) = (scratch.path("file"), scratch.path("folder"));
    fs::write(&file, "text").unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("precious"), "text").unwrap();
    for path in [&file, &folder] {
        assert_eq!(
            fault(WRITE, path),
            format!(
                "{} should be a Zarr store, an empty folder or nothing, but is something else; remove it or give another path",
                path.display()
            )
        );
    }
    assert_eq!(fs::read_to_string(folder.join("precious")).unwrap(), "text");
    assert_eq!(scratch.names(), ["file", "folder"]);
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing_behind() {
    let scratch = Scratch::new("zarr-faults");
    for path in [&scratch.path("missing/draws"), Path::new("/sys/draws"), Path::new("")] {
        let expected =
            "cannot be written (..); its folder must be there, be writable and have room";
        assert_eq!(fault(WRITE, path), format!("{} {expected}", path.display()));
    }
    // No file system takes so long a name: the fault comes in the midst of the store.
    let mut long = draws();
    long.sites[0].name = "m".repeat(300);
    let error = long.write_zarr(&scratch.path("draws.zarr")).unwrap_err();
    assert!(matches!(error, ReportError::File { .. }), "{error}");
    assert!(scratch.names().is_empty());
}

#[test]
fn a_fault_leaves_the_older_store_as_it_was() {
    let scratch = Scratch::new("older");
    let dir = scratch.path("draws.zarr");
    draws().write_zarr(&dir).unwrap();
    let mut long = draws();
    long.sites[0].name = "m".repeat(300);
    long.write_zarr(&dir).unwrap_err();
    assert_eq!(numbers(&dir.join("posterior/mu/c/0/0")), [0.5, -1.5, 1e300]);
    assert_eq!(scratch.names(), ["draws.zarr"]);
}

#[test]
fn names_that_cannot_be_folders_are_refused() {
    for name in ["", "..", "a/b", "a\\b", "__a", "a\nb", "c:"] {
        let mut draws = draws();
        draws.sites[0].name = name.into();
        let error = draws.write_zarr(Path::new("unwritten")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "site {name:?} cannot name an array of a Zarr store: a name is not empty, does not begin with __, is not of dots alone and has no control character and none of / \\ : * ? \" < > |; give it another name, or write a table, which takes any"
            )
        );
    }
}

#[test]
fn names_of_dimensions_are_refused() {
    for name in ["draw", "theta_dim_1"] {
        let mut draws = draws();
        draws.sites[0].name = name.into();
        let error = draws.write_zarr(Path::new("unwritten")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "two arrays would be named posterior/{name}; give one of their sites another name"
            )
        );
    }
}

#[test]
fn arviz_reads_the_store() {
    let scratch = Scratch::new("arviz");
    let dir = scratch.path("draws.zarr");
    let mut draws = draws();
    draws.sites.push(site(Group::Posterior, "nothing", &[0], &[]));
    draws.sites.push(site(Group::Posterior, "β.x", &[1], &[1.0, 2.0, 3.0]));
    draws.write_zarr(&dir).unwrap();
    let script = r#"
import sys, arviz, xarray, warnings
warnings.simplefilter("error")
if int(arviz.__version__.split(".")[0]) < 1:
    data = arviz.InferenceData.from_datatree(xarray.open_datatree(sys.argv[1], engine="zarr"))
    print(*sorted(data.groups()))
else:
    data = arviz.from_zarr(sys.argv[1])
    print(*sorted(data.children))
posterior = data["posterior"]
print(*posterior["theta"].dims, posterior["theta"].values.tolist())
print(posterior["mu"].values.tolist(), posterior["β.x"].values.tolist(), posterior["nothing"].shape)
print(data["posterior_predictive"]["y"].values.tolist(), data["observed_data"]["y"].values.tolist())
print(float(data["observed_data"]["n"]), data["prior"]["mu"].values.tolist(), data["prior"]["mu"].dims)
print([data["sample_stats"][name].values.tolist() for name in ("lp", "log_q")])
print(data["sample_stats"]["log_weight"].values.tolist())
print(posterior.attrs["inference_library"], posterior["theta_dim_1"].values.tolist(), posterior["draw"].dtype)
warnings.simplefilter("ignore") # three draws are few
summary = arviz.summary(data, var_names=["mu", "theta"], kind="stats")
print(*summary.index, sep=";")
"#;
    let Some(printed) = python("arviz, xarray, zarr", script, &dir) else { return };
    let expected = "\
observed_data posterior posterior_predictive prior sample_stats
chain draw theta_dim_0 theta_dim_1 [[[[0.0, 0.25], [0.5, 0.75]], [[1.0, 1.25], [1.5, 1.75]], [[2.0, 2.25], [2.5, 2.75]]]]
[[0.5, -1.5, 1e+300]] [[[1.0], [2.0], [3.0]]] (1, 3, 0)
[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]] [1.25, 2.25]
2.0 [[10.0, 20.0]] ('chain', 'draw')
[[[-1.0, -2.0, -3.0]], [[-1.5, -2.5, -inf]]]
[[-1.3862943611198906, -1.3862943611198906, -0.6931471805599453]]
elbo [0, 1] int64
mu;theta[0, 0];theta[0, 1];theta[1, 0];theta[1, 1]
";
    assert_eq!(printed, expected);
}
