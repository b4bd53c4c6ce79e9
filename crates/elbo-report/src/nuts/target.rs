//! A density as nuts-rs takes it.

use std::collections::HashMap;
use std::error::Error;

use nuts_rs::{CpuLogpFunc, CpuMathError, HasDims, LogpError};
use rand::Rng;

/// What a density says when it fails.
pub(super) type Fault = Box<dyn Error + Send + Sync>;

/// From a position the logarithm and, into the second argument, its gradient.
pub(super) type Density<'a> = dyn FnMut(&[f64], &mut [f64]) -> Result<f64, Fault> + 'a;

/// A density that leaves its fault behind.
pub(super) struct Target<'a, 'b> {
    pub dim: usize,
    pub density: &'a mut Density<'b>,
    pub fault: &'a mut Option<Fault>,
}

/// Why a density has no value.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoValue {
    #[error("the log density or one of its derivatives is not finite")]
    NotFinite,
    #[error("the log density failed")]
    Failed,
}

impl LogpError for NoValue {
    fn is_recoverable(&self) -> bool {
        matches!(self, Self::NotFinite)
    }
}

impl HasDims for Target<'_, '_> {
    /// Only nuts-rs's files have names of dimensions.
    fn dim_sizes(&self) -> HashMap<String, u64> {
        HashMap::new()
    }
}

impl CpuLogpFunc for Target<'_, '_> {
    type LogpError = NoValue;
    type FlowParameters = ();
    type ExpandedVector = ();

    fn dim(&self) -> usize {
        self.dim
    }

    fn logp(&mut self, position: &[f64], gradient: &mut [f64]) -> Result<f64, NoValue> {
        let value = (self.density)(position, gradient).map_err(|fault| {
            *self.fault = Some(fault);
            NoValue::Failed
        })?;
        let is_finite = value.is_finite() && gradient.iter().all(|x| x.is_finite());
        if is_finite { Ok(value) } else { Err(NoValue::NotFinite) }
    }

    fn expand_vector<R: Rng + ?Sized>(&mut self, _: &mut R, _: &[f64]) -> Result<(), CpuMathError> {
        Ok(())
    }
}
