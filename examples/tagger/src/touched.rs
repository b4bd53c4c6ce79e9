//! Gradients of the few weights that a batch has to do with.

use crate::{Row, TAGS};

/// Gradients by feature; of features that no word has there are none.
pub(crate) struct Touched {
    /// The place of each feature in `rows`, if it is there.
    places: Vec<u32>,
    rows: Vec<OfFeature>,
}

/// What the words that have a feature say of its weights.
pub(crate) struct OfFeature {
    pub(crate) feature: usize,
    /// How many they are.
    pub(crate) words: u32,
    /// `Σ d_t`, where `d_t` is the derivative by the scores of a word.
    pub(crate) loc: Row<f32>,
    /// `Σ d_t ε_t / √v_t`, twice the derivative by the variances.
    pub(crate) noise: Row<f32>,
}

const NOWHERE: u32 = u32::MAX;

impl Touched {
    pub(crate) fn new(features: usize) -> Self {
        Self { places: vec![NOWHERE; features], rows: Vec::new() }
    }

    /// Adds a word: its derivatives, and its noise if it has some.
    pub(crate) fn add(&mut self, features: &[u32], loc: &Row<f32>, noise: Option<&Row<f32>>) {
        for feature in features {
            let row = self.of(*feature as usize);
            row.words += 1;
            row.loc.iter_mut().zip(loc).for_each(|(sum, d)| *sum += d);
            if let Some(noise) = noise {
                row.noise.iter_mut().zip(noise).for_each(|(sum, d)| *sum += d);
            }
        }
    }

    fn of(&mut self, feature: usize) -> &mut OfFeature {
        if self.places[feature] == NOWHERE {
            self.places[feature] = self.rows.len() as u32;
            let (loc, noise) = ([0.0; TAGS], [0.0; TAGS]);
            self.rows.push(OfFeature { feature, words: 0, loc, noise });
        }
        &mut self.rows[self.places[feature] as usize]
    }

    /// Hands out what there is, and forgets it.
    pub(crate) fn take(&mut self) -> Vec<OfFeature> {
        for row in &self.rows {
            self.places[row.feature] = NOWHERE;
        }
        std::mem::take(&mut self.rows)
    }
}
