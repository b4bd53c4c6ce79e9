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

impl Weights {
    /// The same number for all.
    pub fn all(value: f32, features: usize) -> Self {
        Self { features: vec![[value; TAGS]; features], transitions: [[value; TAGS]; TAGS + 1] }
    }

    /// The scores of the tags of a word, `Σ_f w_f`.
    pub fn score(&self, features: &[u32]) -> Row<f32> {
        let mut sum = [0.0; TAGS];
        for feature in features {
            let row = &self.features[*feature as usize];
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += w);
        }
        sum
    }

    /// `Σ_f w_f²`
    pub fn sum_of_squares(&self, features: &[u32]) -> Row<f32> {
        let mut sum = [0.0; TAGS];
        for feature in features {
            let row = &self.features[*feature as usize];
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += w * w);
        }
        sum
    }
}

/// Independent normal distributions of weights, `w ~ N(loc, scale²)`; points have the scale 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    /// The means.
    pub loc: Weights,
    /// The standard deviations.
    pub scale: Weights,
}
