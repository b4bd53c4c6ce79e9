//! Training by stochastic steps.

use rand::seq::SliceRandom;

use crate::adagrad::Adagrad;
use crate::normal::Normals;
use crate::predict::widened;
use crate::touched::{OfFeature, Touched};
use crate::{
    Chain, Estimate, FeatureIndex, Features, FitError, Model, Options, Posterior, Row, Sentence,
    TAGS, Transitions, Weights,
};

/// What a weight of a feature is taken to know from one word before the first step: `p (1 - p)` of a tag that is hardly in doubt.
const CURVATURE: f32 = 0.05;

/// Fits weights, or normal distributions of them, to tagged sentences by the features of `index`; `observer` sees the number of each pass, from
/// 1, the mean log-likelihood of a word during it, and what is believed after it.
///
/// For a posterior the scores of a word are drawn in place of the weights (local reparameterization), and the bound is, with the prior's
/// divergence in closed form,
///
/// `E log p(y | s) - temperature KL(q, N(0, prior²))`, `s_t ~ N(Σ_f loc_f, Σ_f scale_f²)`
///
/// Each step has the share of a feature's divergence that its words in the batch are of all that have it: its mean over batches is right, and
/// weights that a batch has nothing to do with stay where they are.
///
/// # Errors
/// A [`FitError`].
///
/// # References
/// Kingma, Salimans & Welling (2015), *Variational dropout and the local reparameterization trick*, equations 6 and 7.
pub fn fit(
    sentences: &[Sentence],
    index: &FeatureIndex,
    options: &Options,
    mut observer: impl FnMut(usize, f64, &Posterior),
) -> Result<Posterior, FitError> {
    options.check()?;
    check(sentences)?;
    let mut training = Training::new(sentences, index, options);
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let steps = (options.passes * sentences.len().div_ceil(options.batch)) as f32;
    let mut done = 0.0;
    for pass in 1..=options.passes {
        order.shuffle(training.noise.generator());
        let mut sum = 0.0;
        for batch in order.chunks(options.batch) {
            sum += training.step(batch, options.rate * (1.0 - done / steps));
            done += 1.0;
        }
        let log_likelihood = sum / training.features.words() as f64;
        if !log_likelihood.is_finite() {
            return Err(FitError::NotFinite { pass, log_likelihood });
        }
        observer(pass, log_likelihood, &training.posterior);
    }
    Ok(training.posterior)
}

fn check(sentences: &[Sentence]) -> Result<(), FitError> {
    if sentences.iter().all(|sentence| sentence.words.is_empty()) {
        return Err(FitError::NoSentences);
    }
    for (sentence, Sentence { words, tags }) in sentences.iter().enumerate() {
        let (words, tags) = (words.len(), tags.len());
        if words != tags {
            return Err(FitError::Lengths { sentence, words, tags });
        }
    }
    Ok(())
}

struct Training<'a> {
    sentences: &'a [Sentence],
    features: Features,
    /// How many words have each feature.
    counts: &'a [u32],
    options: Options,
    posterior: Posterior,
    noise: Normals,
    touched: Touched,
    loc: Adagrad,
    scale: Adagrad,
}

/// The scores of pairs in a step, and their noise.
struct Pairs {
    scores: Transitions<f64>,
    noise: Transitions<f32>,
}

/// The scores of a word, and `ε / √v` of their noise `√v ε`.
type Drawn = (Row<f64>, Option<Row<f32>>);

impl<'a> Training<'a> {
    fn new(sentences: &'a [Sentence], index: &'a FeatureIndex, options: &Options) -> Self {
        let features = index.encode(sentences);
        let posterior = start(&features, index.counts(), options);
        let count = index.len();
        Self {
            sentences,
            features,
            counts: index.counts(),
            options: *options,
            posterior,
            noise: Normals::new(options.seed),
            touched: Touched::new(count),
            loc: Adagrad::new(count),
            scale: Adagrad::new(count),
        }
    }

    /// One step on some sentences; returns their log-likelihood before it.
    fn step(&mut self, batch: &[usize], rate: f32) -> f64 {
        let pairs = self.draw_pairs();
        let (mut log_prob, mut words) = (0.0, 0);
        let mut by_pairs = [[0.0; TAGS]; TAGS + 1];
        for sentence in batch {
            log_prob += self.learn(*sentence, &pairs.scores, &mut by_pairs);
            words += self.sentences[*sentence].words.len();
        }
        for row in self.touched.take() {
            self.step_feature(&row, rate);
        }
        if self.options.model != Model::Independent {
            let share = words as f32 / self.features.words() as f32;
            self.step_pairs(&by_pairs, &pairs.noise, share, rate);
        }
        log_prob
    }

    fn is_posterior(&self) -> bool {
        self.options.estimate == Estimate::Posterior
    }

    fn draw_pairs(&mut self) -> Pairs {
        let mut scores = widened(&self.posterior.loc.transitions);
        let mut noise = [[0.0; TAGS]; TAGS + 1];
        if self.is_posterior() && self.options.model != Model::Independent {
            let scales = self.posterior.scale.transitions.iter().flatten();
            let places = scores.iter_mut().flatten().zip(noise.iter_mut().flatten());
            for ((score, noise), scale) in places.zip(scales) {
                *noise = self.noise.draw();
                *score += f64::from(scale * *noise);
            }
        }
        Pairs { scores, noise }
    }

    fn draw_words(&mut self, sentence: usize) -> Vec<Drawn> {
        let (posterior, noise) = (&self.posterior, &mut self.noise);
        let is_posterior = self.options.estimate == Estimate::Posterior;
        let draw = |word: &[u32]| {
            let mut scores = posterior.loc.sum(word);
            if !is_posterior {
                return (scores.map(f64::from), None);
            }
            let deviations = posterior.scale.sum_of_squares(word).map(f32::sqrt);
            let drawn: Row<f32> = std::array::from_fn(|_| noise.draw());
            (0..TAGS).for_each(|k| scores[k] += deviations[k] * drawn[k]);
            (scores.map(f64::from), Some(std::array::from_fn(|k| drawn[k] / deviations[k])))
        };
        self.features.of(sentence).map(draw).collect()
    }

    /// Adds the derivatives of the negative log-likelihood of a sentence, which is returned.
    fn learn(
        &mut self,
        sentence: usize,
        transitions: &Transitions<f64>,
        by_pairs: &mut Transitions<f32>,
    ) -> f64 {
        let drawn = self.draw_words(sentence);
        let scores: Vec<Row<f64>> = drawn.iter().map(|(scores, _)| *scores).collect();
        let chain = Chain { scores: &scores, transitions };
        let found = self.options.model.likelihood(chain, &self.sentences[sentence].tags);
        let words = self.features.of(sentence).zip(&found.scores).zip(&drawn);
        for ((word, slope), (_, noise)) in words {
            let slope = slope.map(|d| -d as f32);
            let noise = noise.map(|noise| std::array::from_fn(|k| slope[k] * noise[k]));
            self.touched.add(word, &slope, noise.as_ref());
        }
        let pairs = by_pairs.iter_mut().flatten().zip(found.transitions.iter().flatten());
        pairs.for_each(|(sum, d)| *sum -= *d as f32);
        found.log_prob
    }

    fn step_feature(&mut self, row: &OfFeature, rate: f32) {
        let feature = row.feature;
        let share = row.words as f32 / self.counts[feature] as f32;
        let prior = Prior::new(&self.options, share);
        let loc = &mut self.posterior.loc.features[feature];
        let step = self.loc.of_feature(feature, &prior.loc_slope(loc, &row.loc), rate);
        add(loc, &step);
        if self.options.estimate == Estimate::Posterior {
            let scale = &mut self.posterior.scale.features[feature];
            let slope = std::array::from_fn(|k| scale[k] * scale[k] * row.noise[k]);
            let step = self.scale.of_feature(feature, &prior.scale_slope(scale, &slope), rate);
            multiply(scale, &step);
        }
    }

    fn step_pairs(
        &mut self,
        by_pairs: &Transitions<f32>,
        noise: &Transitions<f32>,
        share: f32,
        rate: f32,
    ) {
        let prior = Prior::new(&self.options, share);
        for (before, (slope, noise)) in by_pairs.iter().zip(noise).enumerate() {
            let loc = &mut self.posterior.loc.transitions[before];
            let step = self.loc.of_pairs(before, &prior.loc_slope(loc, slope), rate);
            add(loc, &step);
            if self.options.estimate == Estimate::Posterior {
                let scale = &mut self.posterior.scale.transitions[before];
                let slope = std::array::from_fn(|k| slope[k] * noise[k] * scale[k]);
                let step = self.scale.of_pairs(before, &prior.scale_slope(scale, &slope), rate);
                multiply(scale, &step);
            }
        }
    }
}

/// What a step has of the divergence from the prior.
struct Prior {
    share: f32,
    precision: f32,
}

impl Prior {
    fn new(options: &Options, share: f32) -> Self {
        Self { share: share * options.temperature, precision: options.prior.powi(-2) }
    }

    /// With `∂KL / ∂loc = loc / prior²`.
    fn loc_slope(&self, loc: &Row<f32>, slope: &Row<f32>) -> Row<f32> {
        std::array::from_fn(|k| slope[k] + self.share * self.precision * loc[k])
    }

    /// With `∂KL / ∂log scale = scale² / prior² - 1`.
    fn scale_slope(&self, scale: &Row<f32>, slope: &Row<f32>) -> Row<f32> {
        let divergence = |k: usize| scale[k] * scale[k] * self.precision - 1.0;
        std::array::from_fn(|k| slope[k] + self.share * divergence(k))
    }
}

fn add(loc: &mut Row<f32>, step: &Row<f32>) {
    loc.iter_mut().zip(step).for_each(|(loc, step)| *loc += step);
}

/// A step of logarithms.
fn multiply(scale: &mut Row<f32>, step: &Row<f32>) {
    scale.iter_mut().zip(step).for_each(|(scale, step)| *scale *= step.exp());
}

/// Means of 0, and scales as if each word told the same of all tags.
fn start(features: &Features, counts: &[u32], options: &Options) -> Posterior {
    let loc = Weights::all(0.0, counts.len());
    let mut scale = loc.clone();
    if options.estimate == Estimate::Posterior {
        let known = |words: f32| {
            let told = CURVATURE * words / options.temperature;
            [(options.prior.powi(-2) + told).powf(-0.5); TAGS]
        };
        let rows = scale.features.iter_mut().zip(counts);
        rows.for_each(|(row, count)| *row = known(*count as f32));
        scale.transitions = [known(features.words() as f32 / TAGS as f32); TAGS + 1];
    }
    Posterior { loc, scale }
}
