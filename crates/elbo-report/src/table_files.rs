//! Draws as tables, a row a draw.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Field, Metadata, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::files::{CREATOR, CREATOR_VERSION, write_file};
use crate::{Draws, Group, ReportError, SiteDraws, element_name};

impl Draws {
    /// Writes the draws of the posterior as a Parquet file, which is there as a whole or not at all.
    ///
    /// There is a row a draw. Its columns are `draw`, each number of each site by its [`element_name`], `log_p`, `log_q` and `log_weight`. The
    /// file's metadata have `creator`, `creator_version` and, for each site, `shape.<site>`: the shape of a draw as a JSON list.
    ///
    /// # Errors
    /// [`ReportError::File`], [`ReportError::IsFolder`], [`ReportError::NameTaken`] for two columns of one name, and those of [`Draws::new`].
    ///
    /// # Example
    /// ```
    /// use elbo_report::{Draws, Group, SiteDraws};
    ///
    /// let mu = SiteDraws {
    ///     name: "mu".into(),
    ///     shape: vec![],
    ///     group: Group::Posterior,
    ///     values: vec![0.5, 1.5],
    /// };
    /// let draws = Draws::new(vec![mu], vec![-1.0; 2], vec![-2.0; 2], vec![0.5_f64.ln(); 2])?;
    /// # let path = std::env::temp_dir().join(format!("elbo-{}.parquet", std::process::id()));
    /// draws.write_parquet(&path)?;
    /// assert_eq!(&std::fs::read(&path).unwrap()[..4], b"PAR1");
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), elbo_report::ReportError>(())
    /// ```
    ///
    /// # References
    /// Apache Parquet, <https://parquet.apache.org/docs/file-format/>.
    pub fn write_parquet(&self, path: &Path) -> Result<(), ReportError> {
        self.write_table(path, write_parquet)
    }

    /// Writes the table of [`Draws::write_parquet`] as an Arrow IPC file, which is also a Feather file of version 2.
    ///
    /// # Errors
    /// Those of [`Draws::write_parquet`].
    ///
    /// # Example
    /// ```
    /// use elbo_report::Draws;
    ///
    /// let draws = Draws::new(vec![], vec![-1.0; 2], vec![-2.0; 2], vec![0.5_f64.ln(); 2])?;
    /// # let path = std::env::temp_dir().join(format!("elbo-{}.arrow", std::process::id()));
    /// draws.write_arrow(&path)?;
    /// assert_eq!(&std::fs::read(&path).unwrap()[..6], b"ARROW1");
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), elbo_report::ReportError>(())
    /// ```
    ///
    /// # References
    /// Apache Arrow, <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>.
    pub fn write_arrow(&self, path: &Path) -> Result<(), ReportError> {
        self.write_table(path, write_arrow)
    }

    fn write_table<E: Error + Send + Sync + 'static>(
        &self,
        path: &Path,
        write: fn(&RecordBatch, &mut File) -> Result<(), E>,
    ) -> Result<(), ReportError> {
        let (schema, columns) = self.table()?;
        write_file(path, |file| {
            let table = RecordBatch::try_new(schema, columns).map_err(io::Error::other)?;
            write(&table, file).map_err(io::Error::other)
        })
    }

    fn table(&self) -> Result<(SchemaRef, Vec<ArrayRef>), ReportError> {
        self.check()?;
        let (names, columns): (Vec<_>, Vec<_>) = self.columns().into_iter().unzip();
        distinct(&names)?;
        let fields = names.iter().zip(&columns);
        let fields = fields.map(|(name, column)| field(name, column)).collect::<Vec<_>>();
        let schema = Schema::new(fields).with_metadata(self.metadata());
        Ok((Arc::new(schema), columns))
    }

    fn columns(&self) -> Vec<(String, ArrayRef)> {
        let draws = self.count(Group::Posterior);
        let index: ArrayRef = Arc::new(Int64Array::from_iter_values(0..draws as i64));
        let sites = self.of(Group::Posterior).flat_map(|site| site_columns(site, draws));
        let densities =
            [("log_p", &self.log_p), ("log_q", &self.log_q), ("log_weight", &self.log_weights)];
        let densities = densities.map(|(name, values)| (name.into(), reals(values.clone())));
        std::iter::once(("draw".into(), index)).chain(sites).chain(densities).collect()
    }

    fn metadata(&self) -> Metadata {
        let sites = self.of(Group::Posterior);
        let shapes =
            sites.map(|site| (format!("shape.{}", site.name), format!("{:?}", site.shape)));
        let creator = [("creator", CREATOR), ("creator_version", CREATOR_VERSION)];
        shapes.chain(creator.map(|(key, value)| (key.into(), value.into()))).collect()
    }
}

fn site_columns(site: &SiteDraws, draws: usize) -> impl Iterator<Item = (String, ArrayRef)> {
    let size = site.size();
    (0..size).map(move |element| {
        let values = (0..draws).map(|draw| site.values[draw * size + element]);
        (element_name(&site.name, &site.shape, element), reals(values.collect()))
    })
}

fn reals(values: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

fn field(name: &str, column: &ArrayRef) -> Field {
    Field::new(name, column.data_type().clone(), false)
}

fn distinct(names: &[String]) -> Result<(), ReportError> {
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(ReportError::NameTaken { what: "columns", name: name.clone() }),
        None => Ok(()),
    }
}

fn write_parquet(table: &RecordBatch, file: &mut File) -> Result<(), ParquetError> {
    // Readers that know nothing of Arrow see only what is given here once more.
    let metadata = table.schema_ref().metadata().iter();
    let metadata = metadata.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let properties = WriterProperties::builder()
        .set_created_by(format!("{CREATOR} version {CREATOR_VERSION}"))
        .set_dictionary_enabled(false) // hardly two draws are equal
        .set_key_value_metadata(Some(metadata.collect()))
        .build();
    let mut writer = ArrowWriter::try_new(file, table.schema(), Some(properties))?;
    writer.write(table)?;
    writer.close().map(|_| ())
}

fn write_arrow(table: &RecordBatch, file: &mut File) -> Result<(), ArrowError> {
    let mut writer = FileWriter::try_new_buffered(file, table.schema_ref())?;
    writer.write(table)?;
    writer.finish()
}
