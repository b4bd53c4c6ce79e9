//! Draws in the layout of ArviZ's InferenceData.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::files::{CREATOR, CREATOR_VERSION, write_folder};
use crate::zarr::{Array, Numbers, Tree};
use crate::{Draws, Group, ReportError, SiteDraws};

impl Draws {
    /// Writes all groups as a Zarr store that ArviZ reads, which is there as a whole or not at all.
    ///
    /// The sites of each [`Group`] are arrays of a group of its name, and `sample_stats` has `lp`, `log_q` and `log_weight`. All draws are one
    /// chain. A Zarr store that is at `dir` is replaced, and nothing else is.
    ///
    /// In Python: `arviz.from_zarr(dir)`, or `arviz.InferenceData.from_datatree(xarray.open_datatree(dir, engine="zarr"))` before ArviZ 1.
    ///
    /// # Shapes
    /// `(chain, draw, <site>_dim_0, <site>_dim_1, ...)`; of the data `(<site>_dim_0, ...)`.
    ///
    /// # Errors
    /// [`ReportError::NotAStore`], [`ReportError::File`], [`ReportError::ArrayName`] for a name that cannot be one of a folder,
    /// [`ReportError::NameTaken`] for a site named as a dimension, and those of [`Draws::new`].
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
    /// # let dir = std::env::temp_dir().join(format!("elbo-{}.zarr", std::process::id()));
    /// draws.write_zarr(&dir)?;
    /// let chunk = std::fs::read(dir.join("posterior/mu/c/0/0")).unwrap();
    /// assert_eq!(chunk, [0.5_f64.to_le_bytes(), 1.5_f64.to_le_bytes()].concat());
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok::<(), elbo_report::ReportError>(())
    /// ```
    ///
    /// # References
    /// ArviZ, "InferenceData schema specification"; Zarr core specification, version 3.
    pub fn write_zarr(&self, dir: &Path) -> Result<(), ReportError> {
        self.check()?;
        let tree = self.tree()?;
        if !is_replaceable(dir) {
            return Err(ReportError::NotAStore { path: dir.into() });
        }
        write_folder(dir, |folder| tree.write(folder))
    }

    fn tree(&self) -> Result<Tree<'_>, ReportError> {
        let mut tree = Tree::default();
        for group in Group::ALL {
            if self.of(group).next().is_some() {
                self.put_group(&mut tree, group)?;
            }
        }
        self.put_sample_stats(&mut tree)?;
        Ok(tree)
    }

    fn put_group<'a>(&'a self, tree: &mut Tree<'a>, group: Group) -> Result<(), ReportError> {
        let name = group.to_string();
        let sample_dims = sample_dims(group, self.count(group));
        tree.group(&name, attributes(&sample_dims));
        put_coordinates(tree, &name, &sample_dims)?;
        for site in self.of(group) {
            check_name(&site.name)?;
            let own_dims = own_dims(site);
            put_coordinates(tree, &name, &own_dims)?;
            let dims = [sample_dims.clone(), own_dims].concat();
            tree.array(&name, &site.name, Array { dims, numbers: Numbers::Real(&site.values) })?;
        }
        Ok(())
    }

    fn put_sample_stats<'a>(&'a self, tree: &mut Tree<'a>) -> Result<(), ReportError> {
        let name = "sample_stats";
        let dims = sample_dims(Group::Posterior, self.count(Group::Posterior));
        tree.group(name, attributes(&dims));
        put_coordinates(tree, name, &dims)?;
        // ArviZ knows the log-joint as `lp`.
        let stats =
            [("lp", &self.log_p), ("log_q", &self.log_q), ("log_weight", &self.log_weights)];
        stats.into_iter().try_for_each(|(stat, values)| {
            let array = Array { dims: dims.clone(), numbers: Numbers::Real(values) };
            tree.array(name, stat, array)
        })
    }
}

/// Names and lengths of dimensions.
type Dims = Vec<(String, usize)>;

fn sample_dims(group: Group, draws: usize) -> Dims {
    match group {
        Group::ObservedData => vec![],
        _ => vec![("chain".into(), 1), ("draw".into(), draws)],
    }
}

fn own_dims(site: &SiteDraws) -> Dims {
    let lengths = site.shape.iter().enumerate();
    lengths.map(|(i, length)| (format!("{}_dim_{i}", site.name), *length)).collect()
}

/// ArviZ keeps the numbers along each dimension as an array of the dimension's name.
fn put_coordinates(tree: &mut Tree<'_>, group: &str, dims: &Dims) -> Result<(), ReportError> {
    dims.iter().try_for_each(|dim| {
        tree.array(group, &dim.0, Array { dims: vec![dim.clone()], numbers: Numbers::Indices })
    })
}

fn attributes(sample_dims: &Dims) -> Value {
    json!({
        "creation_library": CREATOR,
        "creation_library_version": CREATOR_VERSION,
        "inference_library": CREATOR,
        "inference_library_version": CREATOR_VERSION,
        "sample_dims": sample_dims.iter().map(|(name, _)| name).collect::<Vec<_>>(),
    })
}

/// The rules of Zarr for the name of a node, and those of all file systems.
fn check_name(site: &str) -> Result<(), ReportError> {
    let is_foreign = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    if site.chars().all(|c| c == '.') || site.starts_with("__") || site.contains(is_foreign) {
        return Err(ReportError::ArrayName { site: site.into() });
    }
    Ok(())
}

/// Whether there is nothing, an empty folder or a Zarr store of version 3 or 2.
fn is_replaceable(dir: &Path) -> bool {
    let is_store = || ["zarr.json", ".zgroup"].iter().any(|file| dir.join(file).is_file());
    let is_empty = || fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    !dir.exists() || is_store() || is_empty()
}
