//! A latent factor model of documents, small enough to tell all its states.
//!
//! `z_j ~ Bernoulli(α)` for `K = 3` factors, `x_i | z ~ Categorical(softmax(z W + b))` for `N = 4` words of 5.
//! The guide is an independent bit for each factor, or a linear map of the document's counts that serves all documents.
//! As there are 8 states, posterior, evidence and the gradient of the bound are known, and every estimator can be held
//! against them.

mod exact;

use elbo::prelude::*;
use elbo::{ControlVariate, Controls, Dependencies, Estimator, InferError, logsumexp};

pub use exact::{Exact, exact};

/// The factors.
pub const FACTORS: usize = 3;

/// The words that there are.
pub const VOCABULARY: usize = 5;

/// The chance of a factor.
pub const ALPHA: f64 = 0.3;

/// The weight of each factor on each word.
pub const WEIGHTS: [[f64; VOCABULARY]; FACTORS] =
    [[2.0, 0.5, -1.0, 0.0, -0.5], [-1.0, 1.5, 1.0, -0.5, 0.0], [0.0, -1.0, 0.5, 2.0, 1.0]];

/// Without factors, the log-weights of the words.
pub const BIAS: [f64; VOCABULARY] = [0.2, 0.0, -0.3, -0.2, 0.1];

/// A document of four words.
pub const DOCUMENT: [usize; 4] = [0, 3, 3, 1];

/// The counts of the words of documents, `[1, D, V]`.
pub type Counts = Tensor<3>;

/// The counts of `documents`.
pub fn counts(documents: &[Vec<usize>], place: &Place) -> Counts {
    let mut counts = vec![0.0; documents.len() * VOCABULARY];
    for (document, words) in documents.iter().enumerate() {
        for word in words {
            counts[document * VOCABULARY + word] += 1.0;
        }
    }
    place.tensor(counts, [1, documents.len(), VOCABULARY])
}

/// The model: documents are one plate, factors another inside it.
pub fn model(t: &mut Trace, x: &Counts) {
    let place = t.place().clone();
    let weights: Tensor<2> = place.tensor(WEIGHTS.concat(), [FACTORS, VOCABULARY]);
    let bias: Tensor<3> = place.tensor(BIAS.to_vec(), [1, 1, VOCABULARY]);
    t.plate("documents", x.dims()[1], |t| {
        let z = t.plate("factors", FACTORS, |t| t.sample("z", Bernoulli::<3>::probs(ALPHA)));
        let logits = z.matmul(weights.unsqueeze_dim(0)) + bias; // [S, D, V]
        let log_probs = logits.clone() - logsumexp(logits, 2);
        t.factor("words", log_probs * x.clone());
    });
}

/// A guide with log-odds of its own for each factor of the one document.
#[derive(Module, Debug)]
pub struct Own {
    /// `[1, 1, K]`
    pub logits: Param<Tensor<3>>,
}

impl Own {
    /// Factors with these log-odds.
    pub fn new(logits: [f64; FACTORS], place: &Place) -> Self {
        Self {
            logits: elbo::named_param("own.logits", place.tensor(logits.to_vec(), [1, 1, FACTORS])),
        }
    }
}

impl Program<Counts> for Own {
    fn run(&self, t: &mut Trace, x: &Counts) {
        t.plate("documents", x.dims()[1], |t| {
            t.plate("factors", FACTORS, |t| t.sample("z", Bernoulli::logits(self.logits.val())));
        });
    }
}

/// A guide for all documents: the log-odds are a linear map of the counts.
#[derive(Module, Debug)]
pub struct Amortizing {
    weights: Param<Tensor<2>>,
    bias: Param<Tensor<3>>,
}

impl Amortizing {
    /// A map of zeros.
    pub fn new(place: &Place) -> Self {
        Self {
            weights: elbo::named_param("weights", place.zeros([VOCABULARY, FACTORS])),
            bias: elbo::named_param("bias", place.zeros([1, 1, FACTORS])),
        }
    }

    /// The log-odds of the factors, `[1, D, K]`.
    pub fn logits(&self, x: &Counts) -> Tensor<3> {
        x.clone().matmul(self.weights.val().unsqueeze_dim(0)) + self.bias.val()
    }
}

impl Program<Counts> for Amortizing {
    fn run(&self, t: &mut Trace, x: &Counts) {
        t.plate("documents", x.dims()[1], |t| {
            t.plate("factors", FACTORS, |t| t.sample("z", Bernoulli::logits(self.logits(x))));
        });
    }
}

/// A trained number for each factor.
#[derive(Module, Debug)]
pub struct Level {
    /// `[1, K]`
    pub level: Param<Tensor<2>>,
}

impl Controls<Counts> for Level {
    fn baseline(&self, _: &str, _: &Counts) -> Option<Tensor<2>> {
        Some(self.level.val())
    }
}

/// How a gradient was estimated, and how that went.
#[derive(Clone, Debug)]
pub struct Row {
    /// The method.
    pub name: &'static str,
    /// The mean of the estimates of the gradient of the loss.
    pub mean: Vec<f64>,
    /// The standard error of each element.
    pub error: Vec<f64>,
    /// The sum of the variances of one estimate.
    pub variance: f64,
}

/// The log-odds at which gradients are compared.
pub const START: [f64; FACTORS] = [1.5, -0.5, 2.0];

/// The gradient at [`START`] by `draws` estimates of each method, four particles each.
///
/// # Errors
/// An [`InferError`].
pub fn compare(place: &Place, draws: usize) -> Result<Vec<Row>, InferError> {
    let score = Estimator::ScoreFunction;
    let plain = score(ControlVariate::None);
    let average = score(ControlVariate::MovingAverage { decay: 0.9 });
    Ok(vec![
        row("score function", plain, true, place, draws)?,
        row("Rao-Blackwellized", plain, false, place, draws)?,
        row("+ moving average", average, false, place, draws)?,
        row("+ trained baseline", score(ControlVariate::Baseline), false, place, draws)?,
        row("+ leave-one-out", Estimator::LEAVE_ONE_OUT, false, place, draws)?,
        row(
            "+ optimal coefficient",
            score(ControlVariate::OptimalCoefficient),
            false,
            place,
            draws,
        )?,
        row("DisARM", Estimator::Disarm, false, place, draws)?,
        row("REBAR", Estimator::Rebar { temperature: 0.5 }, false, place, draws)?,
    ])
}

fn row(
    name: &'static str,
    estimator: Estimator,
    whole: bool,
    place: &Place,
    draws: usize,
) -> Result<Row, InferError> {
    let x = counts(&[DOCUMENT.to_vec()], place);
    let guide = Amortized::new(Own::new(START, place));
    let level = elbo::named_param("level", place.tensor(vec![-6.0; FACTORS], [1, FACTORS]));
    let mut svi = Svi::new(
        Model::new(model),
        guide,
        Elbo.with_estimator("z", estimator),
        Noise::new(1, place),
    )
    .with_controls(Level { level })
    .with_particles(4)
    .with_learning_rate(0.0);
    if whole {
        svi = svi.with_dependencies(Dependencies::everything());
    }
    svi.run(200, &x, &mut ())?; // what is averaged over steps
    let moments = svi.gradient_moments(&x, draws)?;
    let of_guide = moments.iter().find(|moments| moments.parameter.starts_with("1."));
    let of_guide = of_guide.expect("the guide has one parameter");
    Ok(Row {
        name,
        mean: of_guide.mean.clone(),
        error: of_guide.standard_error(),
        variance: of_guide.total_variance(),
    })
}

/// Fits `guide` to `documents` by leave-one-out; the bound and the fitted guide.
///
/// # Errors
/// An [`InferError`].
pub fn fit<P: Program<Counts> + Module + burn::module::ModuleDisplay>(
    guide: P,
    documents: &[Vec<usize>],
    steps: usize,
    place: &Place,
) -> Result<(f64, P), InferError> {
    let x = counts(documents, place);
    let schedule = burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig::new(
        0.05,
        0.01_f64.powf((steps as f64).recip()),
    );
    let schedule = schedule.init().expect("a rate and a factor from 0 to 1");
    let mut svi = Svi::new(Model::new(model), Amortized::new(guide), Elbo, Noise::new(2, place))
        .with_particles(8)
        .with_schedule(schedule);
    svi.run(steps, &x, &mut ())?;
    let bound = svi.posterior().bound(&x, 20_000)?.mean;
    Ok((bound, svi.into_parts().1.program().clone()))
}

/// Documents drawn from the model.
pub fn documents(count: usize, noise: &Noise) -> Vec<Vec<usize>> {
    let uniform = |name: &str, n: usize| -> Vec<f64> {
        noise.site(name).uniform([count, n]).into_data().iter().collect()
    };
    let (factors, words) = (uniform("factors", FACTORS), uniform("words", DOCUMENT.len()));
    let document = |d: usize| {
        let z: [f64; FACTORS] =
            std::array::from_fn(|j| f64::from(u8::from(factors[d * FACTORS + j] < ALPHA)));
        let chances = exact::words(z);
        let word = |u: &f64| {
            let mut below = 0.0;
            let passed = chances.iter().take_while(|chance| {
                below += **chance;
                below < *u
            });
            passed.count().min(VOCABULARY - 1)
        };
        words[d * DOCUMENT.len()..(d + 1) * DOCUMENT.len()].iter().map(word).collect()
    };
    (0..count).map(document).collect()
}
