//! The programs against the published names and against another implementation.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod files;
mod fits;
mod gradients;
mod log_joints;
mod point;
mod sites;
