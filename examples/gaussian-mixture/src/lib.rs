//! A mixture of Gaussians by coordinate ascent, natural gradients, Adam and expectation-maximization, on one program.

mod data;
mod em;
mod fit;
mod model;
mod picture;

pub use data::{Points, PointsError, TRUTH, drawn, read};
pub use em::Em;
pub use fit::{Component, Course, Method, Options, run, starts};
pub use model::GaussianMixture;
pub use picture::ellipses;
