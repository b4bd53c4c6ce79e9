//! Weights of features and pairs, and what is believed of them.

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

    /// The sum over the features of a word, `Σ_f w_f`: the scores of its tags.
    pub fn sum(&self, features: &[u32]) -> Row<f32> {
        self.sum_of(features, |w| w)
    }

    /// The sum of squares over the features of a word, `Σ_f w_f²`: the variances of its scores, where weights are standard deviations.
    pub fn sum_of_squares(&self, features: &[u32]) -> Row<f32> {
        self.sum_of(features, |w| w * w)
    }

    fn sum_of(&self, features: &[u32], term: impl Fn(f32) -> f32) -> Row<f32> {
        let mut sum = [0.0; TAGS];
        for feature in features {
            let row = &self.features[*feature as usize];
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += term(*w));
        }
        sum
    }

    fn each(&self) -> impl Iterator<Item = f64> {
        self.features.iter().chain(&self.transitions).flatten().map(|w| f64::from(*w))
    }
}

impl Posterior {
    /// The Kullback-Leibler divergence from a prior `N(0, prior²)` of each weight, in nats; infinite for points.
    ///
    /// `Σ log(prior / scale) + (scale² + loc²) / (2 prior²) - ½`
    ///
    /// # Example
    /// ```
    /// use tagger::{Posterior, Weights};
    ///
    /// let posterior = Posterior { loc: Weights::all(0.0, 1), scale: Weights::all(0.5, 1) };
    /// let weights = 19.0 * 17.0; // one feature, and pairs with one of 17 tags or the start before
    /// let one = 2.0_f64.ln() + 0.125 - 0.5;
    /// assert!((posterior.divergence(1.0) - weights * one).abs() < 1e-9);
    /// ```
    pub fn divergence(&self, prior: f64) -> f64 {
        let term = |(loc, scale): (f64, f64)| {
            (prior / scale).ln() + (scale * scale + loc * loc) / (2.0 * prior * prior) - 0.5
        };
        self.loc.each().zip(self.scale.each()).map(term).sum()
    }
}
