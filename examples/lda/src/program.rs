//! Latent Dirichlet allocation as a program, for [`Svi`].

use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use burn::module::{Module, Param};
use elbo::Shuffled;
use elbo::prelude::*;

use crate::{Batch, Corpus, FitError, Lda, Options, Table, Topics};

/// The model with the topic of each token summed out:
///
/// `β_k ~ Dirichlet(η)`, `θ_d ~ Dirichlet(α)`, `log p(w | θ, β) = Σ_dw n_dw log Σ_k θ_dk β_kw`
#[derive(Module, Debug)]
pub struct LdaProgram {
    #[module(skip)]
    alpha: Vec<f64>,
    #[module(skip)]
    eta: f64,
    #[module(skip)]
    words: usize,
}

impl Program<Batch> for LdaProgram {
    fn run(&self, t: &mut Trace, d: &Batch) {
        let (k, [documents, longest]) = (self.alpha.len(), d.dims());
        let eta = t.place().zeros::<3>([1, k, self.words]) + self.eta;
        let beta = t.sample("topics", Dirichlet::new(eta)); // [S, K, V]
        t.plate("documents", Subsample { total: d.total, batch: documents }, |t| {
            let alpha = t.place().tensor::<3>(self.alpha.clone(), [1, 1, k]);
            let theta: Tensor<3> = t.sample("theta", Dirichlet::new(alpha).iid([1, documents, k])); // [S, D, K]
            let by_word = beta.clone().swap_dims(1, 2).select(1, d.words.clone()); // [S, D L, K]
            let s = by_word.dims()[0];
            let by_word = by_word.reshape([s, documents, longest, k]);
            let theta = theta.expand([s, documents, k]).reshape([s, documents, k, 1]);
            let chance: Tensor<3> = by_word.matmul(theta).squeeze_dim(3); // [S, D, L]
            t.factor("words", (chance + LEAST).log() * d.counts.clone());
        });
    }
}

/// What keeps the logarithm of a chance finite in single precision.
const LEAST: f64 = 1e-30;

/// A Dirichlet distribution of each topic, and one of each document of the corpus.
#[derive(Module, Debug)]
pub struct LdaGuide {
    /// `log λ` `[K, V]`
    topics: Param<Tensor<2>>,
    /// `log γ` `[D, K]`
    documents: Param<Tensor<2>>,
}

impl Program<Batch> for LdaGuide {
    fn run(&self, t: &mut Trace, d: &Batch) {
        let lambda = self.topics.val().exp().unsqueeze::<3>();
        t.sample("topics", Dirichlet::new(lambda));
        t.plate("documents", Subsample { total: d.total, batch: d.dims()[0] }, |t| {
            let gamma = self.documents.val().select(0, d.rows.clone()).exp();
            t.sample("theta", Dirichlet::new(gamma.unsqueeze::<3>()));
        });
    }
}

impl Options {
    /// [`Svi`] with Adam on the program, with the divergences of topics and documents in closed form and a learning rate that falls to a hundredth;
    /// `observer` sees the number of each pass, from 1, and the model after it.
    ///
    /// # Errors
    /// A [`FitError`].
    pub fn fit_svi(
        &self,
        corpus: &Corpus,
        place: &Place,
        learning_rate: f64,
        mut observer: impl FnMut(usize, &Lda),
    ) -> Result<Lda, FitError> {
        let start = self.model(corpus)?;
        let mut noise = Noise::new(self.seed, place);
        let mut svi = self.svi(&start, corpus, place, learning_rate, noise.split())?;
        let documents = corpus.documents();
        let lengths: Vec<_> = documents.iter().map(|document| document.terms.len()).collect();
        let mut order = Shuffled::bucketed(&lengths, self.batch, &noise)?;
        for pass in 1..=self.passes {
            let batches = order.pass(pass as u64);
            svi.epoch(batches.iter().map(|rows| Batch::of(documents, rows, place)), &mut ())?;
            let posterior = svi.posterior();
            observer(pass, &start.with_topics(posterior.guide().program().topics()));
        }
        Ok(start.with_topics(svi.posterior().guide().program().topics()))
    }

    fn svi(
        &self,
        start: &Lda,
        corpus: &Corpus,
        place: &Place,
        learning_rate: f64,
        noise: Noise,
    ) -> Result<Svi<LdaProgram, Amortized<LdaGuide>, AnalyticKl>, FitError> {
        let words = corpus.vocabulary().len();
        let program = LdaProgram { alpha: start.alpha().to_vec(), eta: start.eta(), words };
        let guide = Amortized::new(LdaGuide::of(start, corpus, place));
        let steps = self.passes * corpus.documents().len().div_ceil(self.batch.max(1));
        let fall = 0.01_f64.powf((steps.max(1) as f64).recip());
        let schedule = ExponentialLrSchedulerConfig::new(learning_rate, fall).init();
        let schedule = schedule.map_err(|_| FitError::LearningRate(learning_rate))?;
        Ok(Svi::new(program, guide, AnalyticKl, noise).with_schedule(schedule))
    }
}

impl LdaGuide {
    /// The concentrations of topics at those of `lda`, and of each document at an equal share of its tokens.
    fn of(lda: &Lda, corpus: &Corpus, place: &Place) -> Self {
        let (table, k) = (lda.topics().table(), lda.alpha().len());
        let topics = (0..k).flat_map(|topic| table.column(topic)).map(f64::ln).collect();
        let gamma = |document: &crate::Document| {
            let share = document.tokens() as f64 / k as f64;
            lda.alpha().iter().map(move |alpha| (alpha + share).ln()).collect::<Vec<_>>()
        };
        let documents = corpus.documents().iter().flat_map(gamma).collect();
        let size = corpus.documents().len();
        Self {
            topics: named_param("lda.topics", place.tensor(topics, [k, table.words()])),
            documents: named_param("lda.documents", place.tensor(documents, [size, k])),
        }
    }

    /// What is believed of topics.
    fn topics(&self) -> Topics {
        let log = self.topics.val().inner();
        let topics = log.dims()[0];
        let rows = log.swap_dims(0, 1).into_data().iter::<f64>().map(f64::exp).collect();
        Topics::Inferred(Table::from_rows(topics, rows))
    }
}
