//! What can be wrong with a fit.

use elbo_guide::GuideError;
use elbo_model::ModelError;

/// An error of a fit: what was expected, what came and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferError {
    /// The model is at fault.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The guide is at fault.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// A site's draws carry no gradient, and the objective has no other estimator.
    #[error(
        "the draws of \"{site}\" carry no gradient, so {objective} would be biased without a word; draw the site from a reparameterized distribution, or sum it out of the model"
    )]
    NoEstimator {
        /// The site of the guide.
        site: String,
        /// The objective.
        objective: &'static str,
    },
    /// A term of the bound is not finite.
    #[error("step {step}: {source} (the parameters are still those of the last good step)")]
    NonFinite {
        /// The step at fault.
        step: u64,
        /// The site and the element.
        source: ModelError,
    },
    /// All terms are finite, but their sum is not.
    #[error(
        "step {step}: every term is finite, but the bound is {bound}; rescale the data or compute in f64 (the parameters are still those of the last good step)"
    )]
    Overflow {
        /// The step at fault.
        step: u64,
        /// ±∞ or NaN.
        bound: f64,
    },
    /// A gradient is not finite.
    #[error(
        "step {step}: the bound is finite, but the gradient of parameter {parameter} is {value} at {index:?}; look for a square root, logarithm or division at a boundary (the parameters are still those of the last good step)"
    )]
    NonFiniteGradient {
        /// The step at fault.
        step: u64,
        /// The parameter's path in the pair (model, guide).
        parameter: String,
        /// NaN or ±∞.
        value: f64,
        /// The index in the parameter.
        index: Vec<usize>,
    },
    /// The bound depends on no parameter.
    #[error(
        "the bound depends on no trainable parameter; give the guide or the model at least one that is not frozen"
    )]
    NothingToTrain,
    /// Two parameters have one identity.
    #[error(
        "the parameters {first} and {second} of the pair (model, guide) have one identity, so they \
         would share gradients and optimizer state; give them different names"
    )]
    SharedParameter {
        /// The path of one.
        first: String,
        /// The path of the other.
        second: String,
    },
    /// A latent lies in other plates in the guide than in the model.
    #[error(
        "\"{site}\" lies in other plates in the guide than in the model, so its terms would be \
         scaled differently; put it in the same plates, of the same sizes, in both"
    )]
    PlateMismatch {
        /// The site.
        site: String,
    },
    /// A step would take a parameter out of the finite numbers.
    #[error(
        "step {step}: a step at the learning rate {rate} would take parameter {parameter} out of the \
         finite numbers; lower the rate (the parameters are still those of the last good step)"
    )]
    Diverged {
        /// The step at fault.
        step: u64,
        /// The parameter's path in the pair (model, guide).
        parameter: String,
        /// The learning rate.
        rate: f64,
    },
    /// A learning rate is not a number that can be stepped by.
    #[error("step {step}: the learning rate is {rate}, but it must be finite and not negative")]
    LearningRate {
        /// The step at fault.
        step: u64,
        /// The rate.
        rate: f64,
    },
    /// The longest allowed gradient is not positive.
    #[error("the maximal gradient norm is {0}, but it must be positive")]
    MaxGradientNorm(f64),
    /// Data came in batches, but no plate scales them.
    #[error(
        "the data came in more than one batch, but no site lies in a plate of which a batch is a part, so the likelihood of a batch would count as that of all data; put it in t.plate(name, Subsample {{ total, batch }}, ..)"
    )]
    MinibatchWithoutPlate,
    /// A fit without particles.
    #[error("a step needs at least one particle, but 0 were asked for")]
    NoParticles,
    /// An estimate of a bound without draws.
    #[error("a bound is estimated by at least one draw, but 0 were asked for")]
    NoDraws,
    /// All terms are finite, but their sum is not.
    #[error("every term is finite, but the bound is {bound}; rescale the data or compute in f64")]
    InfiniteBound {
        /// ±∞ or NaN.
        bound: f64,
    },
    /// The data iterator failed.
    #[error("batch {batch} could not be read: {source}")]
    Data {
        /// The batch's position in its epoch.
        batch: usize,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An epoch without data.
    #[error(
        "the epoch has no batch; check that the data set is not empty and the iterator is fresh"
    )]
    EmptyEpoch,
}
