//! Inference by optima in closed form: coordinate ascent, with expectation-maximization as its special case.

mod coordinate_ascent;
mod coordinates;
mod error;

pub use coordinate_ascent::{CoordinateAscent, CoordinateEnd, CoordinateInfo};
pub use coordinates::Coordinates;
pub use error::CoordinateError;
