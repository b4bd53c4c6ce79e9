//! An amortized topic model.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{log_softmax, softmax};
use elbo::prelude::*;
use elbo::{Adam, Shuffled, softplus};
use vae::linear;

use crate::{Corpus, Document, FitError, Halves, LdaError, Options, by_relevance};

/// A topic model whose words come from a product of experts, and whose documents are inferred by a network:
///
/// `z_d ~ N(0, (1 - 1/K) / α)`, `θ_d = softmax(z_d)`, `w ~ softmax(b + normalized(θ_d W))`
///
/// The prior has the moments that a symmetric Dirichlet has on the logits. Three things keep topics apart: scores of words are normalized over the documents of a minibatch;
/// `b`, the logarithms of how often words occur, leave to topics what is more frequent in them than elsewhere (Eisenstein, Ahmed & Xing 2011); and of `θ_d` seven tenths
/// are dropped at each step.
///
/// # References
/// Srivastava & Sutton (2017), *Autoencoding variational inference for topic models*, equations 2 and 7, sections 3.3 and 4; Eisenstein, Ahmed & Xing (2011), *Sparse
/// additive generative models of text*, equation 1.
#[derive(Module, Debug)]
pub struct ProdLda {
    /// `W` `[K, V]`
    weights: Param<Tensor<2>>,
    /// `b` `[V]`
    #[module(skip)]
    background: Vec<f64>,
    #[module(skip)]
    scale: f64,
}

/// The share of a document's topics that is dropped at a step.
const DROPPED: f64 = 0.7;

/// `log (n_w + 1)`, which the softmax divides by their sum.
fn background(corpus: &Corpus) -> Vec<f64> {
    let mut counts = vec![1.0; corpus.vocabulary().len()];
    let terms = corpus.documents().iter().flat_map(|document| &document.terms);
    terms.for_each(|term| counts[term.word] += f64::from(term.count));
    counts.into_iter().map(f64::ln).collect()
}

/// A perceptron from the counts of a document to the means and scales of `z`.
#[derive(Module, Debug)]
pub struct Encoder {
    first: Linear,
    second: Linear,
    loc: Linear,
    log_scale: Linear,
}

/// Documents of a minibatch as rows of counts.
#[derive(Clone, Debug)]
pub struct Counts {
    /// `[1, D, V]`
    counts: Tensor<3>,
    total: usize,
}

impl Counts {
    /// Of some documents of `total`.
    pub fn of(documents: &[&Document], words: usize, total: usize, place: &Place) -> Self {
        let mut counts = vec![0.0; documents.len() * words];
        for (row, document) in documents.iter().enumerate() {
            for term in &document.terms {
                counts[row * words + term.word] = f64::from(term.count);
            }
        }
        Self { counts: place.tensor(counts, [1, documents.len(), words]), total }
    }

    fn size(&self) -> Subsample {
        Subsample { total: self.total, batch: self.counts.dims()[1] }
    }
}

/// Numbers that have the mean 0 and the variance 1 over the documents of a minibatch.
///
/// # Shapes
/// `[S, D, n]`.
fn normalized(x: Tensor<3>) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + 1e-3).sqrt()
}

impl Program<Counts> for ProdLda {
    fn run(&self, t: &mut Trace, d: &Counts) {
        let ([k, _], [_, documents, _]) = (self.weights.val().dims(), d.counts.dims());
        t.plate("documents", d.size(), |t| {
            let z = t.sample("z", Normal::new(0.0, self.scale).iid([1, documents, k])); // [S, D, K]
            let kept = t.noise("kept").uniform(z.dims()).greater_elem(DROPPED).float();
            let theta = softmax(z, 2) * kept.cast(t.place().dtype()) / (1.0 - DROPPED);
            t.factor("words", self.log_words(theta) * d.counts.clone());
        });
    }
}

impl ProdLda {
    /// `Σ_d θ_dk p(w | d)` `[K, V]`, with the network's means.
    fn expected_counts(
        &self,
        encoder: &Encoder,
        batches: impl Iterator<Item = Counts>,
        topics: usize,
    ) -> Vec<f64> {
        let mut sums = vec![0.0; topics * self.background.len()];
        for batch in batches {
            let [loc, _] = encoder.moments(batch.counts);
            let theta = softmax(loc, 2);
            let counts = theta.clone().swap_dims(1, 2).matmul(self.log_words(theta).exp());
            let counts = counts.inner().into_data();
            sums.iter_mut().zip(counts.iter::<f64>()).for_each(|(sum, count)| *sum += count);
        }
        sums
    }

    /// The log-probabilities of words `[S, D, V]`, for weights of topics `[S, D, K]`.
    fn log_words(&self, theta: Tensor<3>) -> Tensor<3> {
        let scores = normalized(theta.matmul(self.weights.val().unsqueeze::<3>()));
        let background =
            Tensor::<1>::from_data(self.background.as_slice(), (&scores.device(), scores.dtype()));
        log_softmax(scores + background.unsqueeze::<3>(), 2)
    }
}

impl Encoder {
    fn new(words: usize, topics: usize, noise: &Noise) -> Self {
        Self {
            first: linear("encoder.first", [words, HIDDEN], noise),
            second: linear("encoder.second", [HIDDEN, HIDDEN], noise),
            loc: linear("encoder.loc", [HIDDEN, topics], noise),
            log_scale: linear("encoder.log_scale", [HIDDEN, topics], noise),
        }
    }

    /// Means and scales, `[1, D, K]`.
    fn moments(&self, counts: Tensor<3>) -> [Tensor<3>; 2] {
        let hidden = softplus(self.first.forward(counts));
        let hidden = softplus(self.second.forward(hidden));
        let log_scale = normalized(self.log_scale.forward(hidden.clone()));
        [normalized(self.loc.forward(hidden)), (log_scale * 0.5).exp()]
    }
}

impl Program<Counts> for Encoder {
    fn run(&self, t: &mut Trace, d: &Counts) {
        let [loc, scale] = self.moments(d.counts.clone());
        t.plate("documents", d.size(), |t| drop(t.sample("z", Normal::new(loc, scale))));
    }
}

/// The width of the network's layers.
const HIDDEN: usize = 100;

/// A topic model that was fitted, with its network.
#[derive(Clone, Debug)]
pub struct ProdLdaFit {
    model: ProdLda,
    encoder: Encoder,
    /// Of each topic, by relevance.
    words: Vec<Vec<usize>>,
    batch: usize,
}

impl Options {
    /// The amortized topic model, by [`Svi`] with Adam at a constant learning rate; `observer` sees the number of each pass, from 1, and the mean bound of its
    /// minibatches.
    ///
    /// # Errors
    /// A [`FitError`], also for fewer than two topics.
    pub fn fit_prod_lda(
        &self,
        corpus: &Corpus,
        place: &Place,
        learning_rate: f64,
        mut observer: impl FnMut(usize, f64),
    ) -> Result<ProdLdaFit, FitError> {
        if self.topics < 2 {
            let (what, found) = ("topics of a product of experts", self.topics);
            return Err(LdaError::Size { what, expected: 2, found }.into());
        }
        let (words, documents) = (corpus.vocabulary().len(), corpus.documents());
        let mut noise = Noise::new(self.seed, place);
        let k = self.topics as f64;
        let weights = noise.site("weights").normal([self.topics, words]) * k.recip().sqrt();
        let scale = ((1.0 - 1.0 / k) / self.alpha).sqrt();
        let weights = named_param("prod_lda.weights", weights);
        let model = ProdLda { weights, background: background(corpus), scale };
        let encoder = Amortized::new(Encoder::new(words, self.topics, &noise));
        let mut svi = Svi::new(model, encoder, AnalyticKl, noise.split())
            .with_optimizer(Adam::new().with_betas(0.99, 0.999)?)
            .with_learning_rate(learning_rate);
        let mut order = Shuffled::new(documents.len(), self.batch, &noise)?;
        let batch = |rows: Vec<usize>| {
            let some: Vec<_> = rows.iter().map(|row| &documents[*row]).collect();
            Counts::of(&some, words, documents.len(), place)
        };
        for pass in 1..=self.passes {
            let info = svi.epoch(order.pass(pass as u64).into_iter().map(batch), &mut ())?;
            observer(pass, info.bound);
        }
        let (model, guide) = svi.into_parts();
        let encoder = guide.program().clone();
        let batches = order.pass(0).into_iter().map(batch);
        let counts = model.expected_counts(&encoder, batches, self.topics);
        Ok(ProdLdaFit { model, encoder, words: by_relevance(&counts, words), batch: self.batch })
    }
}

impl ProdLdaFit {
    /// The `count` words of each topic that are the most relevant, the first the most, as [`by_relevance`] says.
    pub fn top_words(&self, count: usize) -> Vec<Vec<usize>> {
        self.words.iter().map(|words| words.iter().take(count).copied().collect()).collect()
    }

    /// The perplexity of second halves given the first, per token, at the network's mean of `z` and with scores normalized over as many documents as in a minibatch.
    ///
    /// # Errors
    /// [`LdaError::Size`] if second halves have no tokens.
    pub fn perplexity(&self, halves: &[Halves], place: &Place) -> Result<f64, LdaError> {
        let (mut log_p, mut tokens) = (0.0, 0.0);
        for part in halves.chunks(self.batch.max(1)) {
            let counts = |of: fn(&Halves) -> &Document| {
                let some: Vec<_> = part.iter().map(of).collect();
                Counts::of(&some, self.model.background.len(), part.len(), place).counts
            };
            let [loc, _] = self.encoder.moments(counts(|halves| &halves.first));
            let second = counts(|halves| &halves.second);
            log_p +=
                (self.model.log_words(softmax(loc, 2)) * second.clone()).sum().into_scalar::<f64>();
            tokens += second.sum().into_scalar::<f64>();
        }
        match tokens > 0.0 {
            true => Ok((-log_p / tokens).exp()),
            false => Err(LdaError::Size { what: "tokens of second halves", expected: 1, found: 0 }),
        }
    }
}
