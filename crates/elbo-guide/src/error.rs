//! What can be wrong with a guide.

use elbo_dist::Support;
use elbo_model::ModelError;

/// An error of a guide: what was expected, what came and what to do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GuideError {
    /// A program is at fault: the model's, or the guide's own.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A flat guide over a site that has no map to the real line.
    #[error(
        "\"{site}\" has the discrete support {support}, which has no map from the real line; draw it in a guide program (Amortized), or sum it out of the model"
    )]
    Discrete {
        /// The site.
        site: String,
        /// Its support.
        support: Support,
    },
    /// A flat guide over a latent of which only a batch is at hand.
    #[error(
        "\"{site}\" is local to plate \"{plate}\", of which a batch holds {batch} of {total} elements; a guide with one parameter a latent cannot follow the batches, use a guide program of the batch (Amortized)"
    )]
    SubsampledLocal {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
        /// The elements at hand.
        batch: usize,
        /// The elements there are.
        total: usize,
    },
    /// A guide without latents.
    #[error(
        "the program has no latent site, so there is nothing to infer; sample at least one, or maximize the likelihood of its parameters directly"
    )]
    NoLatents,
    /// A site of a guide program is not a draw.
    #[error(
        "\"{site}\" is {role} in the guide program; a guide only samples (data and factors belong in the model)"
    )]
    NotADraw {
        /// The site.
        site: String,
        /// Its role.
        role: String,
    },
    /// The noise is at another place than the guide.
    #[error("the guide is on {guide:?}, but the noise draws on {noise:?}; make both for one place")]
    Place {
        /// Where the guide is.
        guide: Box<elbo_dist::Place>,
        /// Where the noise draws.
        noise: Box<elbo_dist::Place>,
    },
    /// Initial values that are not one particle.
    #[error("the initial values hold {particles} particles; give one value of each latent")]
    NoStart {
        /// The particles that they hold.
        particles: usize,
    },
    /// A site whose shape a flat vector cannot hold.
    #[error(
        "\"{site}\" has shape {shape:?}, but a flat guide takes ranks 1 to 6, with 1 on axis 0, the sizes of the site's plates on theirs, and no empty axis; correct the layout"
    )]
    Shape {
        /// The site.
        site: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// No starting point has a finite density.
    #[error("no finite log-density in {tries} starting points; at the last one: {source}")]
    NeverFinite {
        /// The starting points tried.
        tries: usize,
        /// The site that was not finite at the last one.
        source: ModelError,
    },
    /// The starting scale of a guide is not positive.
    #[error("the initial scale is {0}, but it must be a positive number")]
    Scale(f64),
}
