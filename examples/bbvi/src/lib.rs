//! Black-box variational inference on a model without any reparameterization (Ranganath, Gerrish & Blei 2014): counts
//! of photons seen through a noisy detector.
//!
//! `λ ~ Gamma(2, 0.5)`, `n_i ~ Poisson(λ)`, `x_i ~ N(n_i, 2.5²)` for ten exposures. The guide is a Gamma for the rate
//! and a Poisson for each count, and no draw of it carries a gradient: the Gamma's could, but the score function is
//! asked for there too.

use elbo::prelude::*;
use elbo::{ControlVariate, Controls, Dependencies, Estimator, InferError, Sites, lgamma_scalar};

/// What the detector showed.
pub const SEEN: [f64; 10] = [3.1, 4.6, 1.2, 5.9, 3.8, 2.2, 7.4, 4.1, 3.3, 2.7];

/// The deviation of the detector's noise.
pub const NOISE: f64 = 2.5;

/// The model.
pub fn photons(t: &mut Trace, x: &Tensor<2>) {
    let rate = t.sample("rate", Gamma::new(2.0, 0.5)); // [S, 1]
    t.plate("exposures", x.dims()[1], |t| {
        let n = t.sample("n", Poisson::new(rate)); // [S, N]
        t.observe("x", Normal::new(n, NOISE), x.clone());
    });
}

/// The guide: positive numbers by their logarithms.
#[derive(Module, Debug)]
pub struct Counts {
    /// The logarithms of concentration and inverse scale of the rate, `[1, 2]`.
    gamma: Param<Tensor<2>>,
    /// The logarithm of the mean of each count, `[1, N]`.
    means: Param<Tensor<2>>,
}

impl Counts {
    /// A rate of about 3 with its deviation, and counts of about 3.
    pub fn new(exposures: usize, place: &Place) -> Self {
        let gamma = place.tensor(vec![6.0_f64.ln(), 2.0_f64.ln()], [1, 2]);
        let means = place.tensor(vec![3.0_f64.ln(); exposures], [1, exposures]);
        Self {
            gamma: elbo::named_param("counts.gamma", gamma),
            means: elbo::named_param("counts.means", means),
        }
    }

    /// Concentration and inverse scale of the rate.
    pub fn rate(&self) -> [f64; 2] {
        let numbers: Vec<f64> = self.gamma.val().inner().exp().into_data().iter().collect();
        [numbers[0], numbers[1]]
    }
}

impl Program<Tensor<2>> for Counts {
    fn run(&self, t: &mut Trace, x: &Tensor<2>) {
        let gamma = self.gamma.val().exp();
        let rate = Gamma::new(gamma.clone().narrow(1, 0, 1), gamma.narrow(1, 1, 1));
        t.sample_with("rate", rate, Estimator::LEAVE_ONE_OUT);
        t.plate("exposures", x.dims()[1], |t| {
            t.sample("n", Poisson::new(self.means.val().exp()));
        });
    }
}

/// A trained number for each score.
#[derive(Module, Debug)]
pub struct Levels {
    rate: Param<Tensor<2>>,
    counts: Param<Tensor<2>>,
}

impl Levels {
    /// Numbers near what draws cost at the start.
    pub fn new(exposures: usize, place: &Place) -> Self {
        let level = |size: usize, x: f64| place.tensor::<2>(vec![x; size], [1, size]);
        Self {
            rate: elbo::named_param("levels.rate", level(1, -15.0)),
            counts: elbo::named_param("levels.counts", level(exposures, -2.0)),
        }
    }
}

impl Controls<Tensor<2>> for Levels {
    fn baseline(&self, site: &str, _: &Tensor<2>) -> Option<Tensor<2>> {
        Some(if site == "rate" { self.rate.val() } else { self.counts.val() })
    }
}

/// The data, `[1, 10]`.
pub fn seen(place: &Place) -> Tensor<2> {
    place.tensor(SEEN.to_vec(), [1, SEEN.len()])
}

/// How much is known of what a draw can influence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: the plain estimate.
    Nothing,
    /// The order of the program and its plates.
    Order,
    /// The edges of the programs' graphs.
    Graph,
}

/// A row of the table of variances.
#[derive(Clone, Debug)]
pub struct Row {
    /// The method.
    pub name: &'static str,
    /// The mean of the estimates of the gradient of the loss, by the logarithms of the guide's numbers.
    pub mean: Vec<f64>,
    /// The standard error of each element.
    pub error: Vec<f64>,
    /// The sum of the variances of one estimate.
    pub variance: f64,
}

type BbviSvi<O> = Svi<Model<fn(&mut Trace, &Tensor<2>)>, Amortized<Counts>, O, Levels>;

fn svi(
    control: ControlVariate,
    known: Known,
    place: &Place,
) -> Result<BbviSvi<impl Objective>, InferError> {
    let estimator = Estimator::ScoreFunction(control);
    let objective = Elbo.with_estimator("rate", estimator).and_estimator("n", estimator);
    let guide = Counts::new(SEEN.len(), place);
    let noise = Noise::new(1, place);
    let x = seen(place);
    let dependencies = match known {
        Known::Nothing => Some(Dependencies::everything()),
        Known::Order => None,
        Known::Graph => {
            let of_model = Graph::discover(&photons, &x, &noise)?;
            let of_guide = Graph::discover(&guide, &x, &noise)?;
            Some(Dependencies::new(&of_model, Some(&of_guide)))
        }
    };
    let levels = Levels::new(SEEN.len(), place);
    let model = Model::new(photons as fn(&mut Trace, &Tensor<2>));
    let svi = Svi::new(model, Amortized::new(guide), objective, noise).with_controls(levels);
    Ok(match dependencies {
        Some(dependencies) => svi.with_dependencies(dependencies),
        None => svi,
    })
}

/// The variance of the gradient at the start by each method, of ten particles, over `draws` estimates each.
///
/// # Errors
/// An [`InferError`].
pub fn compare(place: &Place, draws: usize) -> Result<Vec<Row>, InferError> {
    let average = ControlVariate::MovingAverage { decay: 0.9 };
    let methods = [
        ("plain", ControlVariate::None, Known::Nothing),
        ("Rao-Blackwellized by order and plate", ControlVariate::None, Known::Order),
        ("Rao-Blackwellized by graph", ControlVariate::None, Known::Graph),
        ("+ moving average", average, Known::Graph),
        ("+ trained baseline", ControlVariate::Baseline, Known::Graph),
        ("+ leave-one-out", ControlVariate::LeaveOneOut, Known::Graph),
        ("+ optimal coefficient", ControlVariate::OptimalCoefficient, Known::Graph),
    ];
    let row = |(name, control, known)| {
        let mut svi = svi(control, known, place)?.with_particles(10).with_learning_rate(0.0);
        let x = seen(place);
        svi.run(100, &x, &mut ())?; // what is averaged over steps
        let moments = svi.gradient_moments(&x, draws)?;
        Ok(Row {
            name,
            mean: moments.iter().flat_map(|moments| moments.mean.clone()).collect(),
            error: moments.iter().flat_map(|moments| moments.standard_error()).collect(),
            variance: moments.iter().map(|moments| moments.total_variance()).sum(),
        })
    };
    methods.into_iter().map(row).collect()
}

/// A fit.
pub struct Fit {
    /// The fitted guide.
    pub guide: Counts,
    /// The bound, by 20,000 draws.
    pub bound: f64,
    /// The sites at the end, with their noise.
    pub sites: Sites,
}

/// Fits the guide by `steps` steps of 50 particles.
///
/// # Errors
/// An [`InferError`].
pub fn fit(steps: usize, place: &Place) -> Result<Fit, InferError> {
    let schedule = burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig::new(
        0.05,
        0.01_f64.powf((steps as f64).recip()),
    );
    let schedule = schedule.init().expect("a rate and a factor from 0 to 1");
    let mut svi = svi(ControlVariate::LeaveOneOut, Known::Graph, place)?
        .with_particles(50)
        .with_schedule(schedule);
    let x = seen(place);
    svi.run(steps, &x, &mut ())?;
    let bound = svi.posterior().bound(&x, 20_000)?.mean;
    let sites = svi.measured_sites(&x, 100)?;
    Ok(Fit { guide: svi.into_parts().1.program().clone(), bound, sites })
}

/// `log p(x)` and the posterior mean and deviation of the rate, by sums over counts and quadrature over the rate.
pub fn exact() -> [f64; 3] {
    let log_poisson = |n: f64, rate: f64| n * rate.ln() - rate - lgamma_scalar(n + 1.0);
    let normal =
        |x: f64, n: f64| -0.5 * ((x - n) / NOISE).powi(2) - NOISE.ln() - elbo::HALF_LN_TWO_PI;
    let log_joint = |rate: f64| {
        // Gamma(2, 0.5): 0.25 λ e^{-λ / 2}.
        let prior = 0.25_f64.ln() + rate.ln() - 0.5 * rate;
        let of = |x: &f64| -> f64 {
            let of_count =
                |n: i32| (log_poisson(f64::from(n), rate) + normal(*x, f64::from(n))).exp();
            (0..60).map(of_count).sum::<f64>().ln()
        };
        prior + SEEN.iter().map(of).sum::<f64>()
    };
    let step = 0.005;
    let grid: Vec<(f64, f64)> = (1..4000)
        .map(|i| f64::from(i) * step)
        .map(|rate| (rate, log_joint(rate).exp() * step))
        .collect();
    let evidence: f64 = grid.iter().map(|(_, p)| p).sum();
    let mean = grid.iter().map(|(rate, p)| rate * p).sum::<f64>() / evidence;
    let square = grid.iter().map(|(rate, p)| rate * rate * p).sum::<f64>() / evidence;
    [evidence.ln(), mean, (square - mean * mean).sqrt()]
}
