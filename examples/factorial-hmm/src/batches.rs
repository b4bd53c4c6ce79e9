//! Sequences of different lengths as arrays.

use rand::Rng;
use rand::seq::SliceRandom;

use crate::HmmError;
use crate::error::check_length;

/// Batches of sequences of different lengths, padded to the longest of each batch, with masks that say which steps there are.
///
/// Sequences are sorted by length before they are cut into batches, so that those of a batch are about as long and little is padded. What a
/// network computes of a batch, [`Batch::unpad`] cuts back into sequences; sums over steps are to be multiplied by the mask.
///
/// # Example
/// Sequences of 3, 1 and 2 steps of one number, two in a batch: the shortest two come first, one step of them padded.
/// ```
/// use factorial_hmm::Batches;
///
/// let sequences = [vec![vec![1.0], vec![2.0], vec![3.0]], vec![vec![4.0]], vec![vec![5.0], vec![6.0]]];
/// let batches = Batches::new(&sequences, 1, 2).unwrap();
/// let first = &batches.batches()[0];
/// assert_eq!((first.indices.as_slice(), first.steps), (&[1, 2][..], 2));
/// assert_eq!(first.inputs, [4.0, 0.0, 5.0, 6.0]);
/// assert_eq!(first.mask, [1.0, 0.0, 1.0, 1.0]);
/// assert_eq!(batches.padding(), 1.0 / 7.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Batches {
    batches: Vec<Batch>,
}

/// Sequences side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Which sequences they are, `[B]`
    pub indices: Vec<usize>,
    /// Their lengths, `[B]`
    pub lengths: Vec<usize>,
    /// `T`, the longest length.
    pub steps: usize,
    /// `D`, the numbers of a step.
    pub width: usize,
    /// What is observed, and 0 beyond the end, `[B, T, D]`
    pub inputs: Vec<f32>,
    /// 1 for steps that there are, 0 beyond the end, `[B, T]`
    pub mask: Vec<f32>,
}

impl Batches {
    /// Batches of at most `size` sequences `[T][D]`.
    ///
    /// # Errors
    /// [`HmmError::Setting`] for batches of nothing, [`HmmError::NoSteps`], and [`HmmError::Length`] for a step that does not have `width` numbers.
    pub fn new(sequences: &[Vec<Vec<f64>>], width: usize, size: usize) -> Result<Self, HmmError> {
        if size == 0 {
            let (setting, expected) = ("the size of a batch", "at least 1");
            return Err(HmmError::Setting { setting, value: size, expected });
        }
        for steps in sequences {
            if steps.is_empty() {
                return Err(HmmError::NoSteps);
            }
            let check = |step: &Vec<f64>| check_length("a step", "dimensions", step.len(), width);
            steps.iter().try_for_each(check)?;
        }
        let mut order = Vec::from_iter(0..sequences.len());
        order.sort_by_key(|index| sequences[*index].len());
        let batch = |indices: &[usize]| Batch::new(sequences, indices, width);
        Ok(Self { batches: order.chunks(size).map(batch).collect() })
    }

    /// The batches, the shortest sequences first.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Puts the batches into a random order, as a pass of stochastic optimization wants them.
    pub fn shuffle(&mut self, rng: &mut impl Rng) {
        self.batches.shuffle(rng);
    }

    /// The share of all steps that are padding.
    pub fn padding(&self) -> f64 {
        let masks = self.batches.iter().flat_map(|batch| &batch.mask);
        let count = masks.clone().count();
        masks.map(|mask| 1.0 - f64::from(*mask)).sum::<f64>() / count.max(1) as f64
    }
}

impl Batch {
    fn new(sequences: &[Vec<Vec<f64>>], indices: &[usize], width: usize) -> Self {
        let lengths = Vec::from_iter(indices.iter().map(|index| sequences[*index].len()));
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let mut inputs = vec![0.0; indices.len() * steps * width];
        let mut mask = vec![0.0; indices.len() * steps];
        for (row, index) in indices.iter().enumerate() {
            let own = &sequences[*index];
            mask[row * steps..][..own.len()].fill(1.0);
            let numbers = own.iter().flatten().map(|x| *x as f32);
            inputs[row * steps * width..].iter_mut().zip(numbers).for_each(|(into, x)| *into = x);
        }
        Self { indices: indices.to_vec(), lengths, steps, width, inputs, mask }
    }

    /// Cuts what was computed of the batch, `[B, T, F]`, back into its sequences, each with its index and its own `[T, F]`.
    ///
    /// # Errors
    /// [`HmmError::Length`] unless there are `B T F` numbers.
    pub fn unpad(&self, values: &[f32], width: usize) -> Result<Vec<(usize, Vec<f64>)>, HmmError> {
        let expected = self.mask.len() * width;
        check_length("the batch", "sequences x steps x numbers", values.len(), expected)?;
        let own = |(row, (index, length)): (usize, (&usize, &usize))| {
            let own = &values[row * self.steps * width..][..length * width];
            (*index, own.iter().map(|x| f64::from(*x)).collect())
        };
        Ok(self.indices.iter().zip(&self.lengths).enumerate().map(own).collect())
    }
}

/// Steps that list what is on, as rows of 0 and 1.
///
/// # Example
/// ```
/// assert_eq!(factorial_hmm::dense(&[vec![0, 2], vec![]], 3), [[1.0, 0.0, 1.0], [0.0; 3]]);
/// ```
///
/// Keys that are not below `keys` are left out.
pub fn dense(steps: &[Vec<usize>], keys: usize) -> Vec<Vec<f64>> {
    let row = |on: &Vec<usize>| {
        let mut row = vec![0.0; keys];
        on.iter().filter(|key| **key < keys).for_each(|key| row[*key] = 1.0);
        row
    };
    steps.iter().map(row).collect()
}
