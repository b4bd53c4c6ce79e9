//! Weights of features and pairs, and what is believed of them.

use elbo::Noise;

use crate::{Row, TAGS, Transitions};

/// One number for each weight: of features and tags, and of pairs of tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// By feature, one for each tag.
    pub features: Vec<Row<f32>>,
    /// By pair of tags.
    pub transitions: Transitions<f32>,
}

/// Independent normal distributions of weights, `w ~ N(loc, scale²)`; points have the scale 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    /// The means.
    pub loc: Weights,
    /// The standard deviations.
    pub scale: Weights,
}

impl Weights {
    /// The same number for all.
    pub fn all(value: f32, features: usize) -> Self {
        Self { features: vec![[value; TAGS]; features], transitions: [[value; TAGS]; TAGS + 1] }
    }

    /// Features, one number for each tag, and then pairs.
    fn from_numbers(numbers: &[f32]) -> Self {
        let (rows, _) = numbers.as_chunks::<TAGS>();
        let (features, pairs) = rows.split_at(rows.len() - (TAGS + 1));
        Self { features: features.to_vec(), transitions: std::array::from_fn(|row| pairs[row]) }
    }

    /// The sum over the features of a word, `Σ_f w_f`: the scores of its tags.
    pub fn sum(&self, features: &[u32]) -> Row<f32> {
        let mut sum = [0.0; TAGS];
        for feature in features {
            let row = &self.features[*feature as usize];
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += w);
        }
        sum
    }

    fn numbers(&self) -> Vec<f32> {
        self.features.iter().chain(&self.transitions).flatten().copied().collect()
    }
}

impl Posterior {
    /// The means and standard deviations of features, one for each tag, and then of pairs.
    ///
    /// # Panics
    /// If the numbers are not those of whole features and all pairs.
    pub(crate) fn new(loc: Vec<f32>, scale: Vec<f32>) -> Self {
        Self { loc: Weights::from_numbers(&loc), scale: Weights::from_numbers(&scale) }
    }

    /// Weights that are held to be known.
    pub(crate) fn at(loc: Vec<f32>) -> Self {
        let scale = vec![0.0; loc.len()];
        Self::new(loc, scale)
    }

    /// Weights drawn from the distribution, `loc + scale ε`.
    pub(crate) fn draw(&self, noise: &mut Noise) -> Weights {
        let (loc, scale) = (self.loc.numbers(), self.scale.numbers());
        let noise: Vec<f32> = noise.normal::<1>([loc.len()]).into_data().iter().collect();
        let numbers = loc.iter().zip(&scale).zip(noise).map(|((loc, scale), e)| loc + scale * e);
        Weights::from_numbers(&numbers.collect::<Vec<_>>())
    }
}
