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
/// let mut pass = order.pass(1).concat();
/// assert_eq!(pass[..4], *order.rows(3)); // of the steps 3 to 5
/// assert_ne!(pass, Vec::from_iter(0..10));
/// pass.sort_unstable();
/// assert_eq!(pass, Vec::from_iter(0..10)); // each row once in a pass, two of them in its last batch
/// ```
#[derive(Clone, Debug)]
pub struct Shuffled {
    /// Of each row, where rows of similar lengths go together.
    lengths: Option<Vec<usize>>,
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
        Ok(Self { lengths: None, batch, noise, pass: None, rows: (0..total).collect() })
    }

    /// Batches of `batch` rows of similar lengths, so that little is added when each is filled up to its longest: the way for documents and sequences.
    ///
    /// Rows are shuffled, buckets of sixteen batches are sorted by length, and the batches that are full are shuffled again.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::Noise;
    /// use elbo_infer::Shuffled;
    ///
    /// let lengths = [3, 9, 4, 8, 3, 9];
    /// let mut order = Shuffled::bucketed(&lengths, 2, &Noise::new(0, &Device::flex())).unwrap();
    /// let spread = |rows: &[usize]| lengths[rows[0]].abs_diff(lengths[rows[1]]);
    /// assert_eq!((0..3).map(|step| spread(order.rows(step))).sum::<usize>(), 4); // 3 3, 4 8, 9 9
    /// ```
    pub fn bucketed(lengths: &[usize], batch: usize, noise: &Noise) -> Result<Self, InferError> {
        let shuffled = Self::new(lengths.len(), batch, noise)?;
        Ok(Self { lengths: Some(lengths.to_vec()), ..shuffled })
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
            self.rows = self.order(pass);
            self.pass = Some(pass);
        }
        let first = position * self.batch;
        &self.rows[first..self.rows.len().min(first + self.batch)]
    }

    /// The rows of the batches of a pass, in order.
    pub fn pass(&mut self, pass: u64) -> Vec<Vec<usize>> {
        let steps = pass * self.batches()..(pass + 1) * self.batches();
        steps.map(|step| self.rows(step).to_vec()).collect()
    }

    fn order(&self, pass: u64) -> Vec<usize> {
        let mut noise = self.noise.at_step(pass);
        let mut rows = noise.permutation(self.rows.len());
        let Some(lengths) = &self.lengths else { return rows };
        for bucket in rows.chunks_mut(BUCKET.saturating_mul(self.batch)) {
            bucket.sort_by_key(|row| lengths[*row]);
        }
        let full = rows.chunks_exact(self.batch);
        let order = noise.permutation(full.len());
        let rest = full.remainder().to_vec();
        let full: Vec<_> = full.collect();
        order.into_iter().flat_map(|batch| full[batch]).copied().chain(rest).collect()
    }
}

/// The batches that are sorted together.
const BUCKET: usize = 16;
