//! Marginals of tags under what is believed of the weights.

use elbo::Noise;

use crate::{Chain, Features, Model, Posterior, Row, Weights};

/// `p(y_t)` at each place of each sentence, the mean over draws of all weights; at their means for no draws.
pub fn predict(
    posterior: &Posterior,
    model: Model,
    features: &Features,
    draws: usize,
    noise: &mut Noise,
) -> Vec<Vec<Row<f64>>> {
    if draws == 0 {
        return marginals(&posterior.loc, model, features);
    }
    let mut mean = marginals(&posterior.draw(noise), model, features);
    for _ in 1..draws {
        let next = marginals(&posterior.draw(noise), model, features);
        let all = mean.iter_mut().flatten().flatten();
        all.zip(next.iter().flatten().flatten()).for_each(|(sum, p)| *sum += p);
    }
    mean.iter_mut().flatten().flatten().for_each(|sum| *sum /= draws as f64);
    mean
}

fn marginals(weights: &Weights, model: Model, features: &Features) -> Vec<Vec<Row<f64>>> {
    let transitions = weights.transitions.map(|row| row.map(f64::from));
    let of_sentence = |sentence| {
        let scores = features.of(sentence).map(|word| weights.sum(word).map(f64::from));
        model.marginals(Chain { scores: &scores.collect::<Vec<_>>(), transitions: &transitions })
    };
    (0..features.sentences()).map(of_sentence).collect()
}
