//! The order of rows in minibatches.

use elbo_dist::Noise;

use crate::InferError;
use crate::renyi::setting;

/// Minibatches of the rows of a data set in random order, another one in each pass.
///
/// The rows of step `k` are a function of the seed and of `k` alone, as all noise is: a fit that goes on from a record takes the rows that it
/// would have taken, and the step is all that has to be kept.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::Noise;
/// use elbo_infer::Shuffled;
///
/// let mut order = Shuffled::new(10, 4, &Noise::new(0, &Device::flex())).unwrap();
/// assert_eq!((order.total(), order.batches()), (10, 3));
/// let mut pass: Vec<usize> = (3..6).flat_map(|step| order.rows(step).to_vec()).collect();
/// assert_ne!(pass, Vec::from_iter(0..10));
/// pass.sort_unstable();
/// assert_eq!(pass, Vec::from_iter(0..10)); // each row once in a pass, two of them in its last batch
/// ```
#[derive(Clone, Debug)]
pub struct Shuffled {
    batch: usize,
    noise: Noise,
    pass: Option<u64>,
    rows: Vec<usize>,
}

impl Shuffled {
    /// Batches of `batch` of `total` rows, the last of a pass of what is left.
    ///
    /// # Errors
    /// [`InferError::EmptyEpoch`] without rows, and [`InferError::Setting`] for batches of none.
    pub fn new(total: usize, batch: usize, noise: &Noise) -> Result<Self, InferError> {
        if total == 0 {
            return Err(InferError::EmptyEpoch);
        }
        if batch == 0 {
            return Err(setting("Shuffled", "rows in a batch", 0.0, "at least 1"));
        }
        let noise = noise.site("order of rows");
        Ok(Self { batch, noise, pass: None, rows: (0..total).collect() })
    }

    /// The rows of a pass.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// The batches of a pass.
    pub fn batches(&self) -> u64 {
        self.rows.len().div_ceil(self.batch) as u64
    }

    /// The rows of a step.
    pub fn rows(&mut self, step: u64) -> &[usize] {
        let (pass, position) = (step / self.batches(), (step % self.batches()) as usize);
        if self.pass != Some(pass) {
            self.rows = self.noise.at_step(pass).permutation(self.rows.len());
            self.pass = Some(pass);
        }
        let first = position * self.batch;
        &self.rows[first..self.rows.len().min(first + self.batch)]
    }
}
