//! Fits by stochastic variational inference.

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use elbo::prelude::*;
use elbo::{Guide, Layout, Objective, Shuffled};

use crate::{
    Batch, Estimate, FeatureIndex, Features, FitError, Options, Posterior, Sentence, Tagger,
};

/// The standard deviation of all weights at the start.
const SCALE: f64 = 0.1;

/// Fits weights, or normal distributions of them, to tagged sentences by the features of `index`, with [`Svi`] and Adam at a learning rate that falls as a cosine to 0;
/// `observer` sees the number of each pass, from 1, and the mean bound of a word during it, in nats, and with the temperature for a posterior:
///
/// `E log p(y | x, w) - temperature KL(q, N(0, prior²))`
///
/// # Errors
/// A [`FitError`].
pub fn fit(
    sentences: &[Sentence],
    index: &FeatureIndex,
    options: &Options,
    place: &Place,
    observer: impl FnMut(usize, f64),
) -> Result<Posterior, FitError> {
    options.check()?;
    check(sentences)?;
    let features = index.encode(sentences);
    let mut fitting = Fitting { sentences, features, options, place, observer };
    let mut noise = Noise::new(options.seed, place);
    let program = Tagger::new(options.model, index.len(), options.prior);
    let first = fitting.batch(&[0]);
    let layout = Layout::discover(&program, &first, &noise)?;
    match options.estimate {
        Estimate::Point => {
            let guide = DeltaGuide::new(&layout, &program, &first, &mut noise)?;
            let guide = fitting.run(program, guide, Elbo, noise)?;
            Ok(Posterior::at(guide.loc().map_or(Vec::new(), on_host)))
        }
        Estimate::Posterior => {
            let config = MeanFieldConfig::new().with_scale(SCALE);
            let guide = config.init(&layout, &program, &first, &mut noise)?;
            let objective = Tempered::new(Schedule::Constant(options.temperature));
            let guide = fitting.run(program, guide, objective, noise)?;
            Ok(Posterior::new(on_host(guide.loc()), on_host(guide.scale())))
        }
    }
}

fn on_host(numbers: Tensor<2>) -> Vec<f32> {
    numbers.into_data().iter().collect()
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

struct Fitting<'a, F> {
    sentences: &'a [Sentence],
    features: Features,
    options: &'a Options,
    place: &'a Place,
    observer: F,
}

impl<F: FnMut(usize, f64)> Fitting<'_, F> {
    fn batch(&self, rows: &[usize]) -> Batch {
        Batch::of(&self.features, self.sentences, rows, self.sentences.len(), self.place)
    }

    fn run<G, O>(
        &mut self,
        program: Tagger,
        guide: G,
        objective: O,
        mut noise: Noise,
    ) -> Result<G, FitError>
    where
        G: Guide<Batch>,
        O: Objective,
    {
        let Options { passes, batch, rate, .. } = *self.options;
        let steps = passes * self.sentences.len().div_ceil(batch);
        let schedule = CosineAnnealingLrSchedulerConfig::new(rate, steps).init();
        let expected = "more than 0 and at most 1";
        let schedule =
            schedule.map_err(|_| FitError::Setting { setting: "rate", value: rate, expected })?;
        let mut svi = Svi::new(program, guide, objective, noise.split()).with_schedule(schedule);
        let lengths: Vec<_> = self.sentences.iter().map(|sentence| sentence.words.len()).collect();
        let mut order = Shuffled::bucketed(&lengths, batch, &noise)?;
        for pass in 1..=passes {
            let batches = order.pass(pass as u64);
            let info = svi.epoch(batches.iter().map(|rows| self.batch(rows)), &mut ())?;
            (self.observer)(pass, info.bound / self.features.words() as f64);
        }
        Ok(svi.into_parts().1)
    }
}
