//! Inference by optima in closed form: coordinate ascent, with expectation-maximization as its special case, and stochastic steps towards the
//! optima of minibatches.

mod coordinate_ascent;
mod coordinates;
mod error;
mod robbins_monro;

pub use coordinate_ascent::{CoordinateAscent, CoordinateEnd, CoordinateInfo};
pub use coordinates::Coordinates;
pub use error::CoordinateError;
pub use robbins_monro::{RobbinsMonro, RobbinsMonroError};
