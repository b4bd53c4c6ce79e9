//! What can be wrong with a guide.

use std::fmt;

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
        "\"{site}\" has the support {support}, which has no map from the real line; draw it in a guide program (Amortized), or sum it out of the model"
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
    StartParticles {
        /// The particles that they hold.
        particles: usize,
    },
    /// A site whose shape a flat vector cannot hold.
    #[error(
        "\"{site}\" has shape {shape:?}, but a flat guide takes ranks 1 to 6, with 1 on axis 0, no empty axis, and one event of the support along the last axes; correct the layout"
    )]
    Shape {
        /// The site.
        site: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// No starting point has a finite density.
    #[error(
        "no finite log-density in {tries} starting points: the first site that was not finite is \
         {sites}; check its parameters, or start elsewhere (Init::Value)"
    )]
    NeverFinite {
        /// The starting points tried.
        tries: usize,
        /// At how many of them which site was the first that was not finite.
        sites: Tally,
    },
    /// The starting scale of a guide is not positive.
    #[error("the initial scale is {0}, but it must be a positive number of single precision")]
    Scale(f64),
}

/// How often which site was at fault, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally(pub Vec<(String, usize)>);

impl Tally {
    pub(crate) fn of(sites: Vec<String>) -> Self {
        let mut tally: Vec<(String, usize)> = Vec::new();
        for site in sites {
            match tally.iter_mut().find(|(known, _)| *known == site) {
                Some((_, count)) => *count += 1,
                None => tally.push((site, 1)),
            }
        }
        tally.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self(tally)
    }
}

/// `"rate" (98 times), "mu" (2 times)`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sites: Vec<_> =
            self.0.iter().map(|(site, n)| format!("\"{site}\" ({n} times)")).collect();
        f.write_str(&sites.join(", "))
    }
}
