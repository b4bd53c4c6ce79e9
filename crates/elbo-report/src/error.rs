//! What can be wrong with draws, their files and the sampler.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::Group;

/// An error of draws, of their files or of the sampler: what was expected, what came and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A list of densities or weights of another length than the draws.
    #[error(
        "{list} should have a number for each of the {draws} numbers of log_p, but has {found}; take all lists from the same draws"
    )]
    DensityLength {
        /// The list.
        list: &'static str,
        /// The draws.
        draws: usize,
        /// The length of the list.
        found: usize,
    },
    /// A site of another number of values than its shape and the draws ask for.
    #[error(
        "{group} site {site} should have {draws} x {shape:?} values, but has {found}; give those of all draws, draw by draw"
    )]
    SiteLength {
        /// The group of the site.
        group: Group,
        /// The site.
        site: String,
        /// The draws of the group.
        draws: usize,
        /// The shape of one draw.
        shape: Vec<usize>,
        /// The values.
        found: usize,
    },
    /// Two sites of a group, columns of a table or arrays of a store of one name.
    #[error("two {what} would be named {name}; give one of their sites another name")]
    NameTaken {
        /// What they are.
        what: &'static str,
        /// Their name.
        name: String,
    },
    /// A site whose name cannot name a folder.
    #[error(
        "site {site:?} cannot name an array of a Zarr store: a name is not empty, does not begin with __, is not of dots alone and has no control character and none of / \\ : * ? \" < > |; give it another name, or write a table, which takes any"
    )]
    ArrayName {
        /// The site.
        site: String,
    },
    /// A file or folder that cannot be written.
    #[error(
        "{path} cannot be written ({source}); its folder must be there, be writable and have room"
    )]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder where a file should go.
    #[error("{path} should be a file, but is a folder; give the path of a file in it")]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Something else where a Zarr store should go.
    #[error(
        "{path} should be a Zarr store, an empty folder or nothing, but is something else; remove it or give another path"
    )]
    NotAStore {
        /// What is there.
        path: PathBuf,
    },
    /// A sampler without chains or without draws.
    #[error(
        "the sampler should have 1 or more {what}, but has 0; set them by NutsConfig::with_{what}"
    )]
    NothingToSample {
        /// Chains or draws.
        what: &'static str,
    },
    /// Another number of starts than of chains.
    #[error("{chains} chains should have a start each, but there are {found} starts")]
    Starts {
        /// The chains.
        chains: usize,
        /// The starts.
        found: usize,
    },
    /// A start of another length than the density takes.
    #[error("the start of chain {chain} should have {dim} numbers, one at least, but has {found}")]
    StartLength {
        /// The chain.
        chain: usize,
        /// The numbers that the density takes.
        dim: usize,
        /// The numbers of the start.
        found: usize,
    },
    /// A rate of acceptance that no step size has.
    #[error("the rate of acceptance should be above 0 and below 1, but is {found}; 0.8 is usual")]
    TargetAccept {
        /// The rate.
        found: f64,
    },
    /// The density failed.
    #[error("the log density failed in chain {chain}: {source}")]
    Density {
        /// The chain.
        chain: usize,
        /// What the density said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A start from which the density cannot be followed.
    #[error(
        "chain {chain} cannot be followed from its start ({source}); start it where the log density and its derivatives are finite and no derivative is 0"
    )]
    Start {
        /// The chain.
        chain: usize,
        /// What the sampler said.
        source: Box<dyn Error + Send + Sync>,
    },
}
