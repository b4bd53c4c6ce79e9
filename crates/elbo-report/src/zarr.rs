//! Zarr stores of version 3: folders of JSON and of numbers.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::ReportError;

/// Groups and arrays by their paths, of which that of a group is before those of its arrays.
#[derive(Default)]
pub(crate) struct Tree<'a> {
    groups: BTreeMap<String, Value>,
    arrays: BTreeMap<String, Array<'a>>,
}

/// An array of one chunk.
pub(crate) struct Array<'a> {
    /// The name and length of each dimension.
    pub dims: Vec<(String, usize)>,
    pub numbers: Numbers<'a>,
}

pub(crate) enum Numbers<'a> {
    /// Row-major.
    Real(&'a [f64]),
    /// 0, 1, 2, ... along the only dimension.
    Indices,
}

impl<'a> Tree<'a> {
    pub fn group(&mut self, name: &str, attributes: Value) {
        self.groups.insert(name.into(), attributes);
    }

    /// Puts an array into a group, unless one of its name is there.
    pub fn array(&mut self, group: &str, name: &str, array: Array<'a>) -> Result<(), ReportError> {
        let path = format!("{group}/{name}");
        if self.arrays.contains_key(&path) {
            return Err(ReportError::NameTaken { what: "arrays", name: path });
        }
        self.arrays.insert(path, array);
        Ok(())
    }

    /// Writes the tree into an empty folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let groups = self.groups.iter().map(|(path, attributes)| (path, group_json(attributes)));
        let arrays = self.arrays.iter().map(|(path, array)| (path, array.json()));
        let nodes: BTreeMap<_, _> = groups.chain(arrays).collect();
        for (path, metadata) in &nodes {
            // It fails where a file system takes two names for the same.
            fs::create_dir(folder.join(path))?;
            write_json(&folder.join(path), metadata)?;
        }
        self.arrays.iter().try_for_each(|(path, array)| array.write(&folder.join(path)))?;
        write_json(folder, &root_json(&nodes))
    }
}

impl Array<'_> {
    fn json(&self) -> Value {
        let shape: Vec<usize> = self.dims.iter().map(|dim| dim.1).collect();
        // A chunk has a length of at least 1, even in an array without numbers.
        let chunk: Vec<usize> = shape.iter().map(|length| (*length).max(1)).collect();
        let (data_type, fill) = match self.numbers {
            Numbers::Real(_) => ("float64", json!("NaN")),
            Numbers::Indices => ("int64", json!(0)),
        };
        json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": shape,
            "data_type": data_type,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": fill,
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "dimension_names": self.dims.iter().map(|dim| &dim.0).collect::<Vec<_>>(),
            "attributes": {},
        })
    }

    /// Writes the chunk: `c/0/0/...`, with a 0 a dimension.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let length: usize = self.dims.iter().map(|dim| dim.1).product();
        if length == 0 {
            return Ok(());
        }
        let bytes: Vec<u8> = match self.numbers {
            Numbers::Real(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Numbers::Indices => (0..length as i64).flat_map(i64::to_le_bytes).collect(),
        };
        let mut chunk = folder.join("c");
        chunk.extend(self.dims.iter().map(|_| "0"));
        fs::create_dir_all(chunk.parent().unwrap_or(folder))?;
        write_synced(&chunk, &bytes)
    }
}

fn group_json(attributes: &Value) -> Value {
    json!({"zarr_format": 3, "node_type": "group", "attributes": attributes})
}

/// The root repeats all metadata, so that readers need not list folders.
fn root_json(nodes: &BTreeMap<&String, Value>) -> Value {
    let mut root = group_json(&json!({}));
    root["consolidated_metadata"] =
        json!({"kind": "inline", "must_understand": false, "metadata": nodes});
    root
}

fn write_json(folder: &Path, metadata: &Value) -> io::Result<()> {
    write_synced(&folder.join("zarr.json"), &serde_json::to_vec_pretty(metadata)?)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
