//! Marginals of tags under what is believed of the weights.

use std::f64::consts::PI;

use crate::normal::Normals;
use crate::{Chain, Features, Model, Posterior, Row, TAGS, Transitions};

/// How weights that are not known become marginals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    /// At the means of the weights.
    Mean,
    /// At the means, each score the smaller the less is known of it: `s / √(1 + π v / 8)` (MacKay 1992, equation 11, for two tags).
    Moderated,
    /// The mean over so many draws of the scores, each word's on its own.
    Draws {
        /// How many.
        draws: usize,
        /// Of the noise.
        seed: u64,
    },
}

/// `p(y_t)` at each place of each sentence.
pub fn predict(
    posterior: &Posterior,
    model: Model,
    features: &Features,
    prediction: Prediction,
) -> Vec<Vec<Row<f64>>> {
    match prediction {
        Prediction::Mean => at_means(posterior, model, features, |mean, _| mean),
        Prediction::Moderated => {
            at_means(posterior, model, features, |mean, v| mean / (1.0 + PI * v / 8.0).sqrt())
        }
        Prediction::Draws { draws, seed } => over_draws(posterior, model, features, draws, seed),
    }
}

fn at_means(
    posterior: &Posterior,
    model: Model,
    features: &Features,
    score: fn(f64, f64) -> f64,
) -> Vec<Vec<Row<f64>>> {
    let transitions = widened(&posterior.loc.transitions);
    let of_sentence = |sentence| {
        let scores: Vec<Row<f64>> = features
            .of(sentence)
            .map(|word| {
                let (mean, v) = (posterior.loc.sum(word), posterior.scale.sum_of_squares(word));
                std::array::from_fn(|tag| score(mean[tag].into(), v[tag].into()))
            })
            .collect();
        model.marginals(Chain { scores: &scores, transitions: &transitions })
    };
    (0..features.sentences()).map(of_sentence).collect()
}

fn over_draws(
    posterior: &Posterior,
    model: Model,
    features: &Features,
    draws: usize,
    seed: u64,
) -> Vec<Vec<Row<f64>>> {
    let mut noise = Normals::new(seed);
    let (loc, scale) = (&posterior.loc.transitions, &posterior.scale.transitions);
    let transitions: Vec<_> = (0..draws)
        .map(|_| {
            let mut drawn = widened(loc);
            for (w, scale) in drawn.iter_mut().flatten().zip(scale.iter().flatten()) {
                *w += f64::from(scale * noise.draw());
            }
            drawn
        })
        .collect();
    let of_sentence = |sentence| {
        let words = features.of(sentence);
        let mut mean = vec![[0.0; TAGS]; words.len()];
        let moments: Vec<_> = words
            .map(|word| (posterior.loc.sum(word), posterior.scale.sum_of_squares(word)))
            .collect();
        for transitions in &transitions {
            let scores: Vec<Row<f64>> = moments
                .iter()
                .map(|(m, v)| std::array::from_fn(|k| (m[k] + v[k].sqrt() * noise.draw()).into()))
                .collect();
            let marginals = model.marginals(Chain { scores: &scores, transitions });
            for (sum, p) in mean.iter_mut().flatten().zip(marginals.iter().flatten()) {
                *sum += p / draws as f64;
            }
        }
        mean
    };
    (0..features.sentences()).map(of_sentence).collect()
}

pub(crate) fn widened(transitions: &Transitions<f32>) -> Transitions<f64> {
    transitions.map(|row| row.map(f64::from))
}
