//! What steps did.

/// What one step did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInfo {
    /// The step's number, from 0.
    pub step: u64,
    /// The estimate of the bound, before the step.
    pub bound: f64,
    /// The norm of the gradient of all parameters, before clipping.
    pub gradient_norm: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// The part of the data at hand: `batch / total`, and 1 for all of it.
    pub fraction: f64,
}

/// What a run of steps did.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// The estimate of the bound at each step.
    pub bounds: Vec<f64>,
}

/// What one pass over the data did.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochInfo {
    /// The batches.
    pub batches: usize,
    /// The mean of the batches' estimates of the bound, each weighted by its part of the data.
    pub bound: f64,
}
