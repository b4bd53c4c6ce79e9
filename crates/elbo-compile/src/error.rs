use burn::tensor::DType;
use elbo_guide::GuideError;
use elbo_model::ModelError;

/// Why a density was not compiled, or a compiled one not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The density uses an operation for which there is no code.
    #[error(
        "the operation {operation} is not covered: run the density uncompiled, or write it without"
    )]
    Operation {
        /// Its name in Burn's graph.
        operation: String,
    },
    /// A tensor of another type than `F32`.
    #[error("a tensor of type {found:?} was recorded, and F32 alone is covered")]
    DType {
        /// Its type.
        found: DType,
    },
    /// The recording did not come to an end.
    #[error("the density cannot be recorded: {reason}; one that reads values on the host cannot")]
    Recording {
        /// What ended it.
        reason: String,
    },
    /// The density does not have a number a row.
    #[error("expected a density of shape {expected:?} or [1, 1], found {found:?}")]
    Output {
        /// A number a row.
        expected: Vec<usize>,
        /// What came.
        found: Vec<usize>,
    },
    /// The point does not have as many numbers as the density was compiled for.
    #[error("expected {expected} numbers, found {found}")]
    Input {
        /// Rows times columns.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// The estimate of a step's bound is not finite.
    #[error(
        "the bound is {bound} at step {step}, and it or its gradient is not finite: run the step uncompiled to learn which site is at fault"
    )]
    NonFinite {
        /// The step.
        step: u64,
        /// The estimate.
        bound: f64,
    },
    /// The run of the program.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The latents do not fit into a flat vector.
    #[error(transparent)]
    Guide(#[from] GuideError),
}
