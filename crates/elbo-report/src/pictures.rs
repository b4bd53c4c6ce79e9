//! Pictures of a report, as SVG.
//!
//! They have no background, and lines and texts are black, which a page may turn into its own colour of text.

mod axis;
mod canvas;
mod heavy;
mod histogram;
mod marginal;
mod pairs;
mod range;
mod replicated;
mod restarts;
mod shares;
mod trace;

pub use heavy::k_hats;
pub use marginal::marginal;
pub use pairs::pairs;
pub use replicated::replicated;
pub use restarts::restarts;
pub use shares::shares;
pub use trace::trace;

/// A picture that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// There is nothing to draw.
    #[error("the picture of {picture} has nothing to draw; give at least one finite value")]
    Empty {
        /// The picture.
        picture: &'static str,
    },
    /// The drawing failed.
    #[error("the picture of {picture} could not be drawn: {message}; this is a bug of elbo-report")]
    Drawing {
        /// The picture.
        picture: &'static str,
        /// What went wrong.
        message: String,
    },
}
