//! Every estimator, on a model of which all states can be told.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Noise, Normal};
use elbo_guide::Amortized;
use elbo_infer::{Controls, Elbo, GradientMoments, NoControls, Objective, Svi};
use elbo_model::{ControlVariate, Estimator, Model, Program, Subsample, Trace};
use elbo_testkit::slopes;

use crate::f64_on_flex;

const ROWS: [f64; 3] = [0.3, 1.7, 3.2];

/// A row of numbers `[1, b]`, of 6 in all.
type Rows = Tensor<2>;

/// `g ~ Bernoulli(σ(-0.4))`, `z_n ~ Bernoulli(0.3)`, `x_n ~ N(g + 2 z_n, 1)`, in a plate of 6.
fn bits(t: &mut Trace, x: &Rows) {
    let g = t.sample("g", Bernoulli::<2>::logits(-0.4)); // [S, 1]
    let rows = Subsample { total: 6, batch: x.dims()[1] };
    t.plate("rows", rows, |t| {
        let z = t.sample("z", Bernoulli::probs(0.3)); // [S, N]
        t.observe("x", Normal::new(g + z * 2.0, 1.0), x.clone());
    });
}

/// Independent bits with log-odds `a` and `b_n`.
#[derive(Module, Debug)]
struct Bits {
    global: Param<Tensor<2>>,
    local: Param<Tensor<2>>,
}

const GLOBAL: f64 = 0.5;
const LOCAL: [f64; 3] = [-0.7, 0.2, 1.1];

impl Bits {
    fn new() -> Self {
        let place = f64_on_flex();
        let param = |x: &[f64]| Param::from_tensor(place.tensor(x.to_vec(), [1, x.len()]));
        Self { global: param(&[GLOBAL]), local: param(&LOCAL) }
    }
}

impl Program<Rows> for Bits {
    fn run(&self, t: &mut Trace, x: &Rows) {
        t.sample("g", Bernoulli::logits(self.global.val()));
        let rows = Subsample { total: 6, batch: x.dims()[1] };
        t.plate("rows", rows, |t| {
            t.sample("z", Bernoulli::logits(self.local.val()));
        });
    }
}

fn normal(x: f64, mean: f64) -> f64 {
    -0.5 * (x - mean).powi(2) - elbo_dist::HALF_LN_TWO_PI
}

fn bernoulli(x: f64, logit: f64) -> f64 {
    x * logit - logit.exp().ln_1p()
}

/// The exact bound at log-odds `(a, b₁, b₂, b₃)`, each row counting twice: the sum over 2 · 2³ states.
fn exact_bound(at: &[f64]) -> f64 {
    let prior = (0.3_f64 / 0.7).ln();
    let mut bound = 0.0;
    for g in [0.0, 1.0] {
        let log_q = bernoulli(g, at[0]);
        let mut value = bernoulli(g, -0.4) - log_q;
        for (row, x) in ROWS.iter().enumerate() {
            for z in [0.0, 1.0] {
                let log_q = bernoulli(z, at[1 + row]);
                let local = bernoulli(z, prior) + normal(*x, g + 2.0 * z) - log_q;
                value += 2.0 * log_q.exp() * local;
            }
        }
        bound += log_q.exp() * value;
    }
    bound
}

fn exact_gradient() -> Vec<f64> {
    let at: Vec<f64> = std::iter::once(GLOBAL).chain(LOCAL).collect();
    slopes(|at| -exact_bound(at), &at)
}

fn rows() -> Rows {
    f64_on_flex().tensor(ROWS.to_vec(), [1, 3])
}

type BitsSvi<O, C> = Svi<Model<fn(&mut Trace, &Rows)>, Amortized<Bits>, O, C>;

fn svi<O: Objective>(objective: O, particles: usize) -> BitsSvi<O, NoControls> {
    let noise = Noise::new(7, f64_on_flex());
    let model: Model<fn(&mut Trace, &Rows)> = Model::new(bits as fn(&mut Trace, &Rows));
    Svi::new(model, Amortized::new(Bits::new()), objective, noise).with_particles(particles)
}

fn everywhere(estimator: Estimator) -> impl Objective {
    Elbo.with_estimator("g", estimator).with_estimator("z", estimator)
}

fn flat(moments: &[GradientMoments]) -> (Vec<f64>, Vec<f64>) {
    let mean = moments.iter().flat_map(|m| m.mean.clone()).collect();
    (mean, moments.iter().flat_map(GradientMoments::standard_error).collect())
}

/// Within 4 standard errors of 4,000 draws in each of four coordinates: by chance once in 4,000 times.
fn assert_unbiased<O: Objective, C: Controls<Rows>>(name: &str, svi: &BitsSvi<O, C>) -> f64 {
    let moments = svi.gradient_moments(&rows(), 4000).unwrap();
    let (mean, error) = flat(&moments);
    let exact = exact_gradient();
    for coordinate in 0..4 {
        let off = (mean[coordinate] - exact[coordinate]).abs();
        assert!(off < 4.0 * error[coordinate] + 1e-9, "{name}: {mean:?} for {exact:?}, {error:?}");
    }
    moments.iter().map(GradientMoments::total_variance).sum()
}

fn score(control: ControlVariate) -> Estimator {
    Estimator::ScoreFunction(control)
}

#[test]
fn score_functions_are_unbiased_and_control_variates_lower_their_variance() {
    let variance =
        |control| assert_unbiased(&format!("{control}"), &svi(everywhere(score(control)), 2));
    let plain = variance(ControlVariate::None);
    for control in [ControlVariate::LeaveOneOut, ControlVariate::OptimalCoefficient] {
        let reduced = variance(control);
        assert!(reduced < 0.5 * plain, "{control}: {reduced} for {plain}");
    }
}

/// The average is over steps before the present one, so it lags and yet leaves the mean as it is.
#[test]
fn a_moving_average_is_unbiased() {
    let control = ControlVariate::MovingAverage { decay: 0.9 };
    let plain = assert_unbiased("plain", &svi(everywhere(score(ControlVariate::None)), 1));
    let mut svi = svi(everywhere(score(control)), 1).with_learning_rate(0.0);
    svi.run(50, &rows(), &mut ()).unwrap();
    let reduced = assert_unbiased("moving average", &svi);
    assert!(reduced < 0.5 * plain, "{reduced} for {plain}");
}

/// A guess for each row, by its number, and one for the whole.
#[derive(Module, Debug)]
struct Guess {
    global: Param<Tensor<2>>,
    slope: Param<Tensor<2>>,
}

impl Controls<Rows> for Guess {
    fn baseline(&self, site: &str, x: &Rows) -> Option<Tensor<2>> {
        match site {
            "g" => Some(self.global.val()),
            _ => Some(x.clone() * self.slope.val()),
        }
    }

    /// `c tanh(z)`, added up over the elements.
    fn network(&self, _: &str, _: &Rows, noise: Tensor<2>) -> Option<Tensor<2>> {
        Some(noise.tanh() * self.slope.val())
    }
}

fn guess(global: f64, slope: f64) -> Guess {
    let param = |x: f64| Param::from_tensor(f64_on_flex().tensor(vec![x], [1, 1]));
    Guess { global: param(global), slope: param(slope) }
}

#[test]
fn a_trained_baseline_is_unbiased_and_learns_what_draws_cost() {
    let objective = || everywhere(score(ControlVariate::Baseline));
    let mut svi = svi(objective(), 1).with_controls(guess(-3.0, -1.0)).with_learning_rate(0.05);
    assert_unbiased("baseline", &svi);
    svi.run(2000, &rows(), &mut ()).unwrap();
    let learnt: f64 = svi.controls().global.val().into_scalar();
    // All costs together, about: the whole bound.
    let bound = svi.posterior().bound(&rows(), 4000).unwrap().mean;
    assert!((learnt - bound).abs() < 1.5, "{learnt} for {bound}");
}

#[test]
fn disarm_is_unbiased_and_below_leave_one_out() {
    let disarm = assert_unbiased("DisARM", &svi(everywhere(Estimator::Disarm), 2));
    let leave_one_out = assert_unbiased("LOO", &svi(everywhere(Estimator::LEAVE_ONE_OUT), 2));
    assert!(disarm < leave_one_out, "{disarm} for {leave_one_out}");
}

#[test]
fn rebar_and_relax_are_unbiased_and_far_below_the_plain_score() {
    let plain = assert_unbiased("plain", &svi(everywhere(score(ControlVariate::None)), 1));
    let rebar = Estimator::Rebar { temperature: 0.5 };
    let first = assert_unbiased("REBAR", &svi(everywhere(rebar), 1));
    assert!(first < 0.5 * plain, "{first} for {plain}");
    let mut svi_of_rebar = svi(everywhere(rebar), 1).with_learning_rate(0.0);
    svi_of_rebar.run(100, &rows(), &mut ()).unwrap();
    let fitted = assert_unbiased("REBAR, fitted", &svi_of_rebar);
    assert!(fitted < 0.5 * plain, "{fitted} for {plain}");
    let relax = Estimator::Relax { temperature: 0.5 };
    let relax = svi(everywhere(relax), 1).with_controls(guess(0.0, -0.3));
    assert_unbiased("RELAX", &relax);
}

/// All states are told, so there is no noise at all, and a score function beside is still unbiased.
#[test]
fn enumeration_is_exact() {
    let (mean, error) =
        flat(&svi(everywhere(Estimator::Enumerate), 1).gradient_moments(&rows(), 2).unwrap());
    for (mean, exact) in mean.iter().zip(exact_gradient()) {
        assert!((mean - exact).abs() < 1e-8, "{mean} for {exact}");
    }
    assert!(error.iter().all(|error| *error == 0.0), "{error:?}");
    let mixed = Elbo.with_estimator("z", Estimator::Enumerate);
    let mixed = assert_unbiased("enumeration with a score function", &svi(mixed, 2));
    let all = assert_unbiased("leave-one-out", &svi(Elbo, 2));
    assert!(mixed < all, "{mixed} for {all}");
}

/// The biased ones have the sign of the gradient here, and are no estimates of it.
#[test]
fn relaxed_draws_are_biased() {
    for estimator in [
        Estimator::GumbelSoftmax { temperature: 0.7 },
        Estimator::StraightThrough { temperature: 0.7 },
    ] {
        let moments = svi(everywhere(estimator), 1).gradient_moments(&rows(), 4000).unwrap();
        let (mean, error) = flat(&moments);
        let exact = exact_gradient();
        let apart = |i: usize| (mean[i] - exact[i]).abs() / error[i];
        assert!((0..4).any(|i| apart(i) > 5.0), "{estimator}: {mean:?} for {exact:?}, {error:?}");
        assert!(estimator.is_biased());
    }
}

/// Three minibatches of two rows each, every row in one of them: their gradients add up to three times that of all.
#[test]
fn the_mean_over_all_minibatches_is_the_full_gradient() {
    fn all(t: &mut Trace, x: &Rows) {
        let g = t.sample("g", Bernoulli::<2>::logits(-0.4));
        t.plate("rows", Subsample { total: 6, batch: x.dims()[1] }, |t| {
            let z = t.sample("z", Bernoulli::probs(0.3));
            t.observe("x", Normal::new(g + z * 2.0, 1.0), x.clone());
        });
    }
    #[derive(Module, Debug)]
    struct Encoder {
        global: Param<Tensor<2>>,
        slope: Param<Tensor<2>>,
    }
    impl Program<Rows> for Encoder {
        fn run(&self, t: &mut Trace, x: &Rows) {
            t.sample("g", Bernoulli::logits(self.global.val()));
            t.plate("rows", Subsample { total: 6, batch: x.dims()[1] }, |t| {
                t.sample("z", Bernoulli::logits(x.clone() * self.slope.val()));
            });
        }
    }
    let place = f64_on_flex();
    let param = |x: f64| Param::from_tensor(place.tensor(vec![x], [1, 1]));
    let guide = Amortized::new(Encoder { global: param(0.3), slope: param(0.4) });
    let six = [0.3, 1.7, 3.2, -1.0, 0.8, 2.2];
    let batch = |x: &[f64]| place.tensor::<2>(x.to_vec(), [1, x.len()]);
    // Exact for each batch, so that the mean is, too.
    let gradient = |x: &[f64]| {
        let noise = Noise::new(7, &place);
        let svi = Svi::new(Model::new(all), guide.clone(), everywhere(Estimator::Enumerate), noise);
        flat(&svi.gradient_moments(&batch(x), 2).unwrap()).0
    };
    let whole = gradient(&six);
    let parts: Vec<_> = six.chunks(2).map(gradient).collect();
    for (coordinate, whole) in whole.iter().enumerate() {
        let mean = parts.iter().map(|part| part[coordinate]).sum::<f64>() / 3.0;
        assert!((mean - whole).abs() < 1e-9 * whole.abs().max(1.0), "{mean} for {whole}");
    }
}
