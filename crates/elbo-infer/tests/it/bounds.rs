//! Objectives by hand, and against enumeration and quadrature.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Cauchy, Laplace, Noise, Normal};
use elbo_guide::{Amortized, Guide};
use elbo_infer::{
    AnalyticKl, Closed, Controls, Cubo, DoublyReparameterizedIwae, Elbo, Estimate, ForwardKl,
    GradientMoments, InferError, Iwae, LogVariance, NoControls, Objective, Renyi,
    ReweightedWakeSleep, Schedule, StickingTheLanding, Svi, Tempered, Terms, Vimco,
};
use elbo_model::{
    ControlVariate, Estimator, Latents, Layout, LogJoint, LogTerms, Model, ModelError, Plate,
    Program, Role, Subsample, Term, Trace,
};
use elbo_testkit::{assert_close, slopes};

use crate::{chain, f64_on_flex, one};

/// 2 of 6 elements: sums count threefold.
fn plate() -> Plate {
    Plate { name: "rows".into(), axis: 1, total: 6, batch: 2 }
}

/// `log w = log p - log q` has the weights 1, 2, 3 and 2, 4, 6; a factor of 0.7 stands beside.
fn by_hand() -> Terms<'static> {
    let place = f64_on_flex();
    let rows = |site: &str, role: Role, values: [f64; 6]| {
        Term::new::<2>(site, role, vec![plate()], place.tensor(values.to_vec(), [3, 2]))
    };
    let mut log_p = LogTerms::default();
    log_p.push(Term::new::<2>("f", Role::Factor, vec![], place.tensor(vec![0.7], [1, 1])));
    let q = [0.1, -0.2, 0.3, 0.4, -0.5, 0.6];
    let w = [1.0_f64, 2.0, 2.0, 4.0, 3.0, 6.0];
    log_p.push(rows("z", Role::Latent, std::array::from_fn(|i| w[i].ln() + q[i])));
    let mut log_q = LogTerms::default();
    log_q.push(rows("z", Role::Latent, q));
    Terms::new(log_p, log_q)
}

fn value(estimate: &Estimate) -> [f64; 2] {
    [estimate.bound.clone().into_scalar(), estimate.loss.clone().into_scalar()]
}

#[track_caller]
fn assert_by_hand(objective: &impl Objective, bound: f64, loss: f64) {
    let found = value(&objective.estimate(&by_hand()).unwrap());
    assert_close(&found, &[bound, loss], 1e-12, 1e-12);
}

/// Of the weights 1, 2, 3 and 2, 4, 6, in a plate that counts threefold, and a factor of 0.7.
#[test]
fn every_objective_of_three_particles_and_a_plate_of_two_is_what_one_gets_by_hand() {
    let (ln, third) = (f64::ln, 1.0 / 3.0);
    // The geometric means are ∛6 and ∛48.
    let elbo = 0.7 + 3.0 * third * (ln(6.0) + ln(48.0));
    assert_by_hand(&Elbo, elbo, -elbo);
    assert_by_hand(&AnalyticKl, elbo, -elbo);
    // The means are 2 and 4.
    let iwae = 0.7 + 3.0 * (ln(2.0) + ln(4.0));
    assert_by_hand(&Iwae, iwae, -iwae);
    assert_by_hand(&Renyi { alpha: 0.0 }, iwae, -iwae);
    assert_by_hand(&Renyi { alpha: 1.0 }, elbo, -elbo);
    // The harmonic means are 3 / (1 + 1/2 + 1/3) = 18/11 and 36/11.
    let harmonic = 0.7 + 3.0 * (ln(18.0 / 11.0) + ln(36.0 / 11.0));
    assert_by_hand(&Renyi { alpha: 2.0 }, harmonic, -harmonic);
    // The mean squares are 14/3 and 56/3; the upper bound is minimized.
    let upper = 0.7 + 3.0 * 0.5 * (ln(14.0 / 3.0) + ln(56.0 / 3.0));
    assert_by_hand(&Cubo { order: 2.0 }, upper, upper);
    // The normalized weights are 1/6, 2/6 and 3/6 in both columns.
    let q = [[0.1, 0.3, -0.5], [-0.2, 0.4, 0.6]];
    let mean = |x: [f64; 3]| (x[0] + 2.0 * x[1] + 3.0 * x[2]) / 6.0;
    let log_q = mean(q[0]) + mean(q[1]);
    let log_w = mean([0.0, ln(2.0), ln(3.0)]) + mean([ln(2.0), ln(4.0), ln(6.0)]);
    assert_by_hand(&ForwardKl, iwae, -3.0 * log_q);
    assert_by_hand(&ReweightedWakeSleep, iwae, -(0.7 + 3.0 * (log_w + 2.0 * log_q)));
    // The columns of log w differ by a constant, so their variances are equal.
    let logs = [0.0, ln(2.0), ln(3.0)];
    let centre = logs.iter().sum::<f64>() / 3.0;
    let variance = logs.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / 2.0;
    let log_p = elbo + (0.1 + 0.3 - 0.5) + (-0.2 + 0.4 + 0.6);
    assert_by_hand(&LogVariance, elbo, 3.0 * 0.5 * 2.0 * variance - log_p);
    // Half of the divergence, which is all of the bound but the factor.
    let half = Tempered::new(Schedule::Constant(0.5));
    assert_by_hand(&half, 0.7 + 0.5 * (elbo - 0.7), -(0.7 + 0.5 * (elbo - 0.7)));
    let twice_half = half.with_weight("z", 2.0);
    assert_by_hand(&twice_half, elbo, -elbo);
    assert_by_hand(&StickingTheLanding, elbo, -elbo);
    // Weighed by 1/6, 2/6, 3/6 for the model, and by their squares for the draws.
    let square = |x: [f64; 3]| (x[0] + 4.0 * x[1] + 9.0 * x[2]) / 36.0;
    let of_draws = square([0.0, ln(2.0), ln(3.0)]) + square([ln(2.0), ln(4.0), ln(6.0)]);
    let split = by_hand();
    let same = split.log_p.clone();
    let estimate = DoublyReparameterizedIwae.estimate(&split.with_log_p_of_draws(same));
    let loss = -(0.7 + 3.0 * log_w + 3.0 * of_draws);
    assert_close(&value(&estimate.unwrap()), &[iwae, loss], 1e-12, 1e-12);
}

/// In the plate that counts threefold: the bound, and three times the signals with `log q`. Without the first particle of
/// weights 1, 2, 3 the bound is `log (√6 + 5) / 3`; the second column has twice the weights, and so the same signals.
#[test]
fn vimco_in_a_plate_is_what_one_gets_by_hand() {
    let terms = by_hand();
    let in_force = Vimco.plan().estimator("z", false, 3);
    let log_q = terms.log_q.map(|term| term.drawn_by(in_force, elbo_model::Aid::None));
    let found = value(&Vimco.estimate(&Terms::new(terms.log_p, log_q)).unwrap());
    let without = |others: [f64; 2]| ((others[0] * others[1]).sqrt() + others[0] + others[1]) / 3.0;
    let signals =
        [[2.0, 3.0], [1.0, 3.0], [1.0, 2.0]].map(|others| 2.0_f64.ln() - without(others).ln());
    let score: f64 =
        signals.iter().zip([0.1 - 0.2, 0.3 + 0.4, -0.5 + 0.6]).map(|(s, q)| s * q).sum();
    let bound = 0.7 + 3.0 * (2.0_f64.ln() + 4.0_f64.ln());
    assert_close(&found, &[bound, -(bound + 3.0 * score)], 1e-12, 1e-12);
}

/// `KL(N(m, s²) ‖ N(0, 1)) = ½ (m² + s² - 1) - log s` for m = 1 and 2 and s = ½, in a plate that counts threefold, and
/// three particles that are all alike for it.
#[test]
fn a_closed_divergence_in_a_plate_is_what_one_gets_by_hand() {
    fn prior(t: &mut Trace, _: &Tensor<2>) {
        t.plate("rows", Subsample { total: 6, batch: 2 }, |t| {
            t.sample("z", Normal::<2>::new(0.0, 1.0));
        });
    }
    #[derive(Module, Debug)]
    struct Locs {
        loc: Param<Tensor<2>>,
    }
    impl Program<Tensor<2>> for Locs {
        fn run(&self, t: &mut Trace, _: &Tensor<2>) {
            t.plate("rows", Subsample { total: 6, batch: 2 }, |t| {
                t.sample("z", Normal::new(self.loc.val(), 0.5));
            });
        }
    }
    let place = f64_on_flex();
    let loc = Param::from_tensor(place.tensor(vec![1.0, 2.0], [1, 2]));
    let guide = Amortized::new(Locs { loc });
    let svi = Svi::new(Model::new(prior), guide, AnalyticKl, Noise::new(0, &place));
    let bound = svi.with_particles(3).step(&x()).unwrap().bound;
    let kl = |m: f64| 0.5 * (m * m + 0.25 - 1.0) + 2.0_f64.ln();
    assert_close(&[bound], &[-3.0 * (kl(1.0) + kl(2.0))], 1e-12, 1e-12);
}

/// By VIMCO the signal of a particle is the bound less what it is with the geometric mean of the others in its place:
/// for weights 1, 2, 3 it is `log 2 - log (√6 + 5) / 3` for the first. `log q` is made of the parameters themselves, so
/// that the gradient shows signal and path together.
#[test]
fn the_signal_of_vimco_is_what_one_gets_by_hand() {
    let place = f64_on_flex();
    let q = place.tensor::<2>(vec![0.0; 3], [3, 1]);
    let q = Tensor::from_inner(q).require_grad();
    let w: Tensor<2> = place.tensor(vec![1.0, 2.0, 3.0], [3, 1]);
    let term = |x: Tensor<2>| Term::new("z", Role::Latent, vec![], x);
    let mut log_p = LogTerms::default();
    log_p.push(term(w.log()));
    let mut log_q = LogTerms::default();
    let plan = Vimco.plan();
    log_q.push(term(q.clone()).drawn_by(plan.estimator("z", false, 3), elbo_model::Aid::None));
    let loss = Vimco.estimate(&Terms::new(log_p, log_q)).unwrap().loss;
    let gradient: Vec<f64> = q.grad(&loss.backward()).unwrap().into_data().iter().collect();
    let without = |others: [f64; 2]| ((others[0] * others[1]).sqrt() + others[0] + others[1]) / 3.0;
    let signal = |others| 2.0_f64.ln() - without(others).ln();
    // Through the path, log w falls as log q rises: - w̃.
    let expected = [
        -(signal([2.0, 3.0]) - 1.0 / 6.0),
        -(signal([1.0, 3.0]) - 2.0 / 6.0),
        -(signal([1.0, 2.0]) - 3.0 / 6.0),
    ];
    assert_close(&gradient, &expected, 1e-12, 1e-12);
}

const X: [f64; 2] = [0.4, 1.9];
const LOGITS: [f64; 2] = [-0.3, 0.8];
const SHIFT: f64 = 0.25;

/// `z_n ~ Bernoulli(0.3)`, `x_n ~ N(θ + 2 z_n, 1)`, in a plate of 6 of which 2 are at hand.
#[derive(Module, Debug)]
struct Shifted {
    shift: Param<Tensor<2>>,
}

impl Program<Tensor<2>> for Shifted {
    fn run(&self, t: &mut Trace, x: &Tensor<2>) {
        t.plate("rows", Subsample { total: 6, batch: 2 }, |t| {
            let z = t.sample("z", Bernoulli::<2>::probs(0.3));
            t.observe("x", Normal::new(z * 2.0 + self.shift.val(), 1.0), x.clone());
        });
    }
}

#[derive(Module, Debug)]
struct Bits {
    logits: Param<Tensor<2>>,
}

impl Program<Tensor<2>> for Bits {
    fn run(&self, t: &mut Trace, _: &Tensor<2>) {
        t.plate("rows", Subsample { total: 6, batch: 2 }, |t| {
            t.sample("z", Bernoulli::logits(self.logits.val()));
        });
    }
}

type BitsSvi<O, C = NoControls> = Svi<Shifted, Amortized<Bits>, O, C>;

fn bits<O: Objective>(objective: O, particles: usize) -> BitsSvi<O> {
    bits_at(objective, particles, 3)
}

fn bits_at<O: Objective>(objective: O, particles: usize, seed: u64) -> BitsSvi<O> {
    let place = f64_on_flex();
    let param = |x: &[f64]| Param::from_tensor(place.tensor(x.to_vec(), [1, x.len()]));
    let guide = Amortized::new(Bits { logits: param(&LOGITS) });
    let model = Shifted { shift: param(&[SHIFT]) };
    Svi::new(model, guide, objective, Noise::new(seed, &place)).with_particles(particles)
}

fn x() -> Tensor<2> {
    f64_on_flex().tensor(X.to_vec(), [1, 2])
}

fn bernoulli(z: f64, logit: f64) -> f64 {
    z * logit - logit.exp().ln_1p()
}

/// `log p(x_n, z)` and `log q(z)` at `(θ, b_n)`.
fn densities(n: usize, z: f64, shift: f64, logit: f64) -> [f64; 2] {
    let off = X[n] - shift - 2.0 * z;
    let log_p = bernoulli(z, (0.3_f64 / 0.7).ln()) - 0.5 * off * off - elbo_dist::HALF_LN_TWO_PI;
    [log_p, bernoulli(z, logit)]
}

/// `Σ_n 3 E[f(log w₁, log w₂)]` over both draws of each row, at `(θ, b₁, b₂)`.
fn expected(at: &[f64], f: impl Fn([f64; 2]) -> f64) -> f64 {
    let mut sum = 0.0;
    for n in 0..2 {
        for (first, second) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            let [p1, q1] = densities(n, first, at[0], at[1 + n]);
            let [p2, q2] = densities(n, second, at[0], at[1 + n]);
            sum += 3.0 * (q1 + q2).exp() * f([p1 - q1, p2 - q2]);
        }
    }
    sum
}

fn at() -> [f64; 3] {
    [SHIFT, LOGITS[0], LOGITS[1]]
}

fn power_mean(log_w: [f64; 2], power: f64) -> f64 {
    if power == 0.0 {
        return (log_w[0] + log_w[1]) / 2.0;
    }
    (((power * log_w[0]).exp() + (power * log_w[1]).exp()) / 2.0).ln() / power
}

/// The mean of 4,000 draws in each of three coordinates lies within 4 standard errors of `exact`; the total variance.
#[track_caller]
fn assert_unbiased<O: Objective, C: Controls<Tensor<2>>>(
    name: &str,
    svi: &BitsSvi<O, C>,
    exact: &[f64],
) -> f64 {
    let moments = svi.gradient_moments(&x(), 4000).unwrap();
    let mean: Vec<f64> = moments.iter().flat_map(|m| m.mean.clone()).collect();
    let error: Vec<f64> = moments.iter().flat_map(GradientMoments::standard_error).collect();
    for i in 0..3 {
        let off = (mean[i] - exact[i]).abs();
        assert!(off < 4.0 * error[i] + 1e-9, "{name}: {mean:?} for {exact:?}, {error:?}");
    }
    moments[1..].iter().map(GradientMoments::total_variance).sum()
}

fn score(control: ControlVariate) -> Estimator {
    Estimator::ScoreFunction(control)
}

#[test]
fn bounds_of_several_particles_have_unbiased_gradients_at_discrete_sites() {
    let exact = |power: f64| slopes(|at| -expected(at, |w| power_mean(w, power)), &at());
    assert_unbiased("IWAE", &bits(Iwae, 2), &exact(1.0));
    let plain = Iwae.with_estimator("z", score(ControlVariate::None));
    let plain = assert_unbiased("IWAE, plain", &bits(plain, 2), &exact(1.0));
    let vimco = assert_unbiased("VIMCO", &bits(Vimco, 2), &exact(1.0));
    assert!(vimco < 0.5 * plain, "{vimco} for {plain}");
    let average = score(ControlVariate::MovingAverage { decay: 0.9 });
    let mut averaged = bits(Iwae.with_estimator("z", average), 2).with_learning_rate(0.0);
    averaged.run(30, &x(), &mut ()).unwrap();
    assert_unbiased("IWAE, moving average", &averaged, &exact(1.0));
    assert_unbiased("Rényi ½", &bits(Renyi { alpha: 0.5 }, 2), &exact(0.5));
    assert_unbiased("Rényi 2", &bits(Renyi { alpha: 2.0 }, 2), &exact(-1.0));
    assert_unbiased("Rényi 1", &bits(Renyi { alpha: 1.0 }, 2), &exact(0.0));
    let minimized: Vec<f64> = exact(2.0).iter().map(|slope| -slope).collect();
    assert_unbiased("CUBO", &bits(Cubo { order: 2.0 }, 2), &minimized);
}

/// Its gradient in the guide is that of the evidence lower bound, and in the model that of `E[log p]`, which is the same.
#[test]
fn the_log_variance_has_the_gradient_of_the_evidence_lower_bound() {
    let exact = slopes(|at| -expected(at, |w| power_mean(w, 0.0)), &at());
    assert_unbiased("log-variance", &bits(LogVariance, 2), &exact);
    assert_unbiased("analytic KL", &bits(AnalyticKl, 2), &exact);
}

/// `KL(Bernoulli ‖ Bernoulli)` is in the list, `KL(Laplace ‖ Cauchy)` is not, and a Laplace has an entropy.
#[test]
fn the_table_of_sites_says_what_is_known_in_closed_form() {
    let sites = bits(AnalyticKl, 2).sites(&x()).unwrap();
    assert_eq!(sites.get("z").unwrap().closed, Closed::Divergence);
    fn model(t: &mut Trace, _: &()) {
        t.sample("z", Cauchy::<2>::new(0.0, 1.0));
    }
    fn guide(t: &mut Trace, _: &()) {
        t.sample("z", Laplace::<2>::new(0.0, 1.0));
    }
    let noise = Noise::new(0, f64_on_flex());
    let svi = Svi::new(Model::new(model), Amortized::new(Model::new(guide)), AnalyticKl, noise);
    let sites = svi.sites(&()).unwrap();
    assert_eq!(sites.get("z").unwrap().closed, Closed::Entropy);
    assert_eq!(sites.get("z").unwrap().distribution, Some("Laplace"));
}

/// `E[- Σ_s w̃_s ∂ log q(z_s)]` over both draws, and for the model the gradient of the importance-weighted bound.
#[test]
fn wake_phases_follow_the_self_normalized_weights() {
    let bound = slopes(|at| -expected(at, |w| power_mean(w, 1.0)), &at());
    let mut exact = vec![bound[0]];
    for (n, logit) in LOGITS.iter().enumerate() {
        let mut slope = 0.0;
        for (z1, z2) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            let [p1, q1] = densities(n, z1, SHIFT, *logit);
            let [p2, q2] = densities(n, z2, SHIFT, *logit);
            let (w1, w2) = ((p1 - q1).exp(), (p2 - q2).exp());
            let mean = (w1 * z1 + w2 * z2) / (w1 + w2) - 1.0 / (1.0 + (-logit).exp());
            slope -= 3.0 * (q1 + q2).exp() * mean;
        }
        exact.push(slope);
    }
    assert_unbiased("reweighted wake-sleep", &bits(ReweightedWakeSleep, 2), &exact);
    exact[0] = 0.0; // only the guide learns
    assert_unbiased("forward KL", &bits(ForwardKl, 2), &exact);
}

/// Halves the divergence: `E[log p(x | z)] - ½ KL`.
#[test]
fn a_tempered_bound_has_unbiased_gradients() {
    let tempered = |at: &[f64]| {
        let mut sum = 0.0;
        for n in 0..2 {
            for z in [0.0, 1.0] {
                let [log_p, log_q] = densities(n, z, at[0], at[1 + n]);
                let prior = bernoulli(z, (0.3_f64 / 0.7).ln());
                sum += 3.0 * log_q.exp() * (log_p - prior + 0.5 * (prior - log_q));
            }
        }
        -sum
    };
    let objective = Tempered::new(Schedule::Constant(0.25)).with_weight("z", 2.0);
    assert_unbiased("tempered", &bits(objective, 2), &slopes(tempered, &at()));
}

/// Five particles, a baseline that is right for the bound of each row: what VIMCO gains is the others' help.
#[test]
fn vimco_has_less_noise_than_a_trained_baseline() {
    #[derive(Module, Debug)]
    struct Level {
        level: Param<Tensor<2>>,
    }
    impl Controls<Tensor<2>> for Level {
        fn baseline(&self, _: &str, _: &Tensor<2>) -> Option<Tensor<2>> {
            Some(self.level.val())
        }
    }
    let start = f64_on_flex().tensor(vec![-1.5, -1.5], [1, 2]);
    let nvil = Iwae.with_estimator("z", score(ControlVariate::Baseline));
    let mut nvil = bits(nvil, 5).with_controls(Level { level: Param::from_tensor(start) });
    nvil = nvil.with_learning_rate(0.01);
    nvil.run(1000, &x(), &mut ()).unwrap();
    // At the start again, with the baseline that was learnt on the way.
    let level = nvil.controls();
    let nvil_at = |level: Level, seed| {
        let objective = Iwae.with_estimator("z", score(ControlVariate::Baseline));
        bits_at(objective, 5, seed).with_controls(level)
    };
    let nvil = measured(|seed| nvil_at(level.clone(), seed).gradient_moments(&x(), DRAWS), 1);
    let vimco = measured(|seed| bits_at(Vimco, 5, seed).gradient_moments(&x(), DRAWS), 1);
    assert_below(vimco, nvil);
}

/// The draws by which a variance is measured, eight times over.
const DRAWS: usize = 250;

/// A variance with its standard error, from eight independent measurements.
fn measured(
    moments: impl Fn(u64) -> Result<Vec<GradientMoments>, InferError>,
    parameter: usize,
) -> [f64; 2] {
    let of = |seed| {
        moments(seed).unwrap()[parameter..].iter().map(GradientMoments::total_variance).sum()
    };
    let values: Vec<f64> = (0..8).map(of).collect();
    let mean = values.iter().sum::<f64>() / 8.0;
    let spread = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 7.0;
    [mean, (spread / 8.0).sqrt()]
}

/// One variance is below another by more than 4 standard errors of their difference.
#[track_caller]
fn assert_below([one, error]: [f64; 2], [other, its_error]: [f64; 2]) {
    let margin = 4.0 * (error * error + its_error * its_error).sqrt();
    assert!(one + margin < other, "{one} ± {error} for {other} ± {its_error}");
}

#[derive(Module, Debug)]
struct OneNormal {
    loc: Param<Tensor<2>>,
    log_scale: Param<Tensor<2>>,
}

impl Program<Tensor<2>> for OneNormal {
    fn run(&self, t: &mut Trace, _: &Tensor<2>) {
        t.sample("z", Normal::new(self.loc.val(), self.log_scale.val().exp()));
    }
}

const START: [f64; 2] = [-0.3, -0.2];

type NormalSvi<O> = Svi<Model<fn(&mut Trace, &Tensor<2>)>, Amortized<OneNormal>, O>;

fn one_normal<O: Objective>(objective: O, particles: usize) -> NormalSvi<O> {
    one_normal_at(objective, particles, 5)
}

fn one_normal_at<O: Objective>(objective: O, particles: usize, seed: u64) -> NormalSvi<O> {
    let place = f64_on_flex();
    let param = |x: f64| Param::from_tensor(place.tensor(vec![x], [1, 1]));
    let guide = Amortized::new(OneNormal { loc: param(START[0]), log_scale: param(START[1]) });
    let model = Model::new(chain as fn(&mut Trace, &Tensor<2>));
    Svi::new(model, guide, objective, Noise::new(seed, &place)).with_particles(particles)
}

/// The mean of a bound of two particles of the chain, by the trapezoid rule, which is exact to rounding here.
fn by_quadrature(at: &[f64], power: f64) -> f64 {
    let log_w = |eps: f64| {
        let z = at[0] + at[1].exp() * eps;
        let log_p = -0.5 * z * z - 0.5 * (1.0 - z) * (1.0 - z) - 2.0 * elbo_dist::HALF_LN_TWO_PI;
        log_p + 0.5 * eps * eps + at[1] + elbo_dist::HALF_LN_TWO_PI
    };
    let grid: Vec<(f64, f64)> = (-70..=70)
        .map(|i| f64::from(i) * 0.1)
        .map(|eps| (0.1 * (-0.5 * eps * eps - elbo_dist::HALF_LN_TWO_PI).exp(), log_w(eps)))
        .collect();
    let mut sum = 0.0;
    for (mass, first) in &grid {
        for (other, second) in &grid {
            sum += mass * other * power_mean([*first, *second], power);
        }
    }
    sum
}

#[test]
fn bounds_of_several_particles_have_unbiased_gradients_along_the_path() {
    fn check(name: &str, objective: impl Objective, power: f64, sign: f64) {
        let exact = slopes(|at| -sign * by_quadrature(at, power), &START);
        let moments = one_normal(objective, 2).gradient_moments(&one(&f64_on_flex()), 4000);
        for (i, moments) in moments.unwrap().iter().enumerate() {
            let (mean, error) = (moments.mean[0], moments.standard_error()[0]);
            assert!((mean - exact[i]).abs() < 4.0 * error, "{name}: {mean} for {exact:?}, {error}");
        }
    }
    let scored = |control| Elbo.with_estimator("z", score(control));
    check("score", scored(ControlVariate::LeaveOneOut), 0.0, 1.0);
    check("score, optimal", scored(ControlVariate::OptimalCoefficient), 0.0, 1.0);
    check("IWAE", Iwae, 1.0, 1.0);
    check("DReG", DoublyReparameterizedIwae, 1.0, 1.0);
    check("VIMCO", Vimco, 1.0, 1.0);
    check("Rényi", Renyi { alpha: 0.5 }, 0.5, 1.0);
    check("CUBO", Cubo { order: 2.0 }, 2.0, -1.0);
    check("log-variance", LogVariance, 0.0, 1.0);
    check("analytic", AnalyticKl, 0.0, 1.0);
}

/// The noise of the doubly reparameterized gradient is below the plain one's at 64 particles, and below its own at 8.
#[test]
fn doubly_reparameterized_gradients_have_little_noise() {
    let x = one(&f64_on_flex());
    let plain = measured(|seed| one_normal_at(Iwae, 64, seed).gradient_moments(&x, DRAWS), 0);
    let double = |k| {
        let at = |seed| one_normal_at(DoublyReparameterizedIwae, k, seed);
        measured(|seed| at(seed).gradient_moments(&x, DRAWS), 0)
    };
    let at_64 = double(64);
    assert_below(at_64, plain);
    assert_below(at_64, double(8));
}

/// The bound of a batch is three times the sum of what each datum has, computed on the host from its own columns.
#[test]
fn the_importance_weighted_bound_of_a_minibatch_is_the_sum_over_its_data() {
    let svi = bits(Iwae, 5);
    let (model, guide) = svi.into_parts();
    let mut noise = Noise::new(11, f64_on_flex());
    let draw = guide.draw(&x(), 5, &Iwae.plan(), &mut noise).unwrap();
    let log_p = model.log_joint(&draw.latents, &x()).unwrap();
    let z: Vec<f64> = draw.latents.value("z").unwrap().to_vec();
    let estimate = Iwae.estimate(&Terms::new(log_p, draw.log_q)).unwrap();
    let mut by_hand = 0.0;
    for (n, logit) in LOGITS.iter().enumerate() {
        let weight = |s: usize| {
            let [log_p, log_q] = densities(n, z[2 * s + n], SHIFT, *logit);
            (log_p - log_q).exp()
        };
        by_hand += 3.0 * ((0..5).map(weight).sum::<f64>() / 5.0).ln();
    }
    assert_close(&[estimate.bound.into_scalar()], &[by_hand], 1e-12, 1e-12);
}

/// Priors alone, so that the divergence is all and has no noise: three batches of two add up to three times the whole.
#[test]
fn the_mean_over_minibatches_of_closed_divergences_is_the_full_gradient() {
    fn model(t: &mut Trace, x: &Tensor<2>) {
        t.plate("rows", Subsample { total: 6, batch: x.dims()[1] }, |t| {
            t.sample("z", Normal::new(x.clone(), 1.0));
        });
    }
    #[derive(Module, Debug)]
    struct Encoder {
        slope: Param<Tensor<2>>,
    }
    impl Program<Tensor<2>> for Encoder {
        fn run(&self, t: &mut Trace, x: &Tensor<2>) {
            t.plate("rows", Subsample { total: 6, batch: x.dims()[1] }, |t| {
                t.sample("z", Normal::new(x.clone() * self.slope.val(), 0.5));
            });
        }
    }
    let place = f64_on_flex();
    let gradient = |x: &[f64]| {
        let slope = Param::from_tensor(place.tensor(vec![0.4], [1, 1]));
        let guide = Amortized::new(Encoder { slope });
        let svi = Svi::new(Model::new(model), guide, AnalyticKl, Noise::new(0, &place));
        let x = place.tensor::<2>(x.to_vec(), [1, x.len()]);
        let moments = svi.gradient_moments(&x, 2).unwrap();
        assert_eq!(moments[0].variance[0], 0.0);
        moments[0].mean[0]
    };
    let six: [f64; 6] = [0.3, 1.7, 3.2, -1.0, 0.8, 2.2];
    let whole = gradient(&six);
    // KL = ½ (0.4 x - x)² + .., so its slope is -0.6 Σ x².
    assert_close(&[whole], &[-0.6 * six.iter().map(|x| x * x).sum::<f64>()], 1e-12, 1e-12);
    let mean = six.chunks(2).map(gradient).sum::<f64>() / 3.0;
    assert_close(&[mean], &[whole], 1e-12, 1e-12);
}

/// `x ~ N(z, 1)`, `z ~ N(0, 1)` by hand: one term, of which it is not known what is prior and what likelihood.
struct ByHand;

impl LogJoint<Tensor<2>> for ByHand {
    fn log_joint(&self, latents: &Latents, x: &Tensor<2>) -> Result<LogTerms, ModelError> {
        let z = latents.get::<2>("z")?;
        let log_p = z.clone().square() * -0.5 - (x.clone() - z).square() * 0.5;
        let mut terms = LogTerms::default();
        terms.push(Term::new("all", Role::Factor, vec![], log_p));
        Ok(terms)
    }
}

#[test]
fn every_objective_runs_on_a_density_by_hand() {
    fn bound(objective: impl Objective) -> f64 {
        let (_, guide) = one_normal(Elbo, 2).into_parts();
        let x = one(&f64_on_flex());
        let mut noise = Noise::new(1, f64_on_flex());
        let plan = objective.plan();
        let draw = guide.draw(&x, 2000, &plan, &mut noise).unwrap();
        let log_p = ByHand.log_joint(&draw.latents, &x).unwrap();
        let terms = Terms::new(log_p.clone(), draw.log_q).with_log_p_of_draws(log_p);
        objective.estimate(&terms).unwrap().bound.into_scalar()
    }
    // `½ log 2π · 2` more than the evidence of the normalized chain, less the divergence for the first ones.
    let evidence = crate::CHAIN_EVIDENCE + 2.0 * elbo_dist::HALF_LN_TWO_PI;
    let (m, s2) = (START[0], (2.0 * START[1]).exp());
    let divergence = 0.5 * (s2 / 0.5 + (m - 0.5) * (m - 0.5) / 0.5 - 1.0 - (s2 / 0.5).ln());
    for found in [
        bound(Elbo),
        bound(StickingTheLanding),
        bound(AnalyticKl),
        bound(LogVariance),
        bound(Renyi { alpha: 1.0 }),
        bound(Tempered::new(Schedule::Constant(1.0))),
    ] {
        // The deviation of log w is about 1.4.
        assert!((found - (evidence - divergence)).abs() < 4.0 * 1.4 / 2000.0_f64.sqrt(), "{found}");
    }
    for found in [
        bound(Iwae),
        bound(DoublyReparameterizedIwae),
        bound(Vimco),
        bound(ReweightedWakeSleep),
        bound(ForwardKl),
    ] {
        assert!((found - evidence).abs() < 0.1, "{found} for {evidence}");
    }
}

/// `½ log E_q[w²]` of the density by hand, by the trapezoid rule, from 20,000 draws whose squared weights are bounded by
/// their tails: `q` is wider than the posterior.
#[test]
fn the_chi_bound_of_a_density_by_hand_is_above_its_evidence() {
    let (m, s) = (START[0], START[1].exp());
    let mut square = 0.0;
    for i in -800..=800 {
        let eps = f64::from(i) * 0.01;
        let z = m + s * eps;
        let log_q = -0.5 * eps * eps - elbo_dist::HALF_LN_TWO_PI - s.ln();
        let log_p = -0.5 * z * z - 0.5 * (1.0 - z) * (1.0 - z);
        square += 0.01 * s * (2.0 * log_p - log_q).exp();
    }
    let exact = 0.5 * square.ln();
    let (_, guide) = one_normal(Elbo, 2).into_parts();
    let x = one(&f64_on_flex());
    let mut noise = Noise::new(1, f64_on_flex());
    let draw = guide.draw(&x, 20_000, &Cubo { order: 2.0 }.plan(), &mut noise).unwrap();
    let log_p = ByHand.log_joint(&draw.latents, &x).unwrap();
    let estimate = Cubo { order: 2.0 }.estimate(&Terms::new(log_p, draw.log_q)).unwrap();
    let found: f64 = estimate.bound.into_scalar();
    // The squared weights have a deviation of about twice their mean: ½ · 2 / √20,000 is 0.007.
    assert!((found - exact).abs() < 0.03, "{found} for {exact}");
    assert!(exact > crate::CHAIN_EVIDENCE + 2.0 * elbo_dist::HALF_LN_TWO_PI);
}

/// By hand and in one term, the plates are not known: the bound of each datum cannot be told apart, and the error says so.
#[test]
fn a_density_by_hand_that_does_not_tell_its_plates_has_no_bound_a_datum() {
    struct Lumped;
    impl LogJoint<Tensor<2>> for Lumped {
        fn log_joint(&self, latents: &Latents, x: &Tensor<2>) -> Result<LogTerms, ModelError> {
            let z = latents.get::<2>("z")?;
            let rows = (x.clone() - z * 2.0).square() * -0.5; // [S, 2]
            let mut terms = LogTerms::default();
            terms.push(Term::new("all", Role::Factor, vec![], rows.sum_dim(1) * 3.0));
            Ok(terms)
        }
    }
    let (_, guide) = bits(Iwae, 3).into_parts();
    let mut noise = Noise::new(1, f64_on_flex());
    let draw = guide.draw(&x(), 3, &Iwae.plan(), &mut noise).unwrap();
    let terms = || {
        let log_p = Lumped.log_joint(&draw.latents, &x()).unwrap();
        Terms::new(log_p, draw.log_q.clone())
    };
    for error in [
        Iwae.estimate(&terms()).unwrap_err(),
        Renyi { alpha: 0.5 }.estimate(&terms()).unwrap_err(),
        Cubo { order: 2.0 }.estimate(&terms()).unwrap_err(),
    ] {
        let text = "the term of \"all\" differs between particles and lies outside plate \"rows\", of which only a part";
        assert!(error.to_string().starts_with(text), "{error}");
    }
    assert!(Elbo.estimate(&terms()).is_ok());
}

#[test]
fn an_importance_weight_that_would_hold_a_scale_is_refused() {
    fn global(t: &mut Trace, x: &Tensor<2>) {
        let mu = t.sample("mu", Normal::new(0.0, 1.0));
        t.plate("rows", Subsample { total: 6, batch: 2 }, |t| {
            t.observe("x", Normal::new(mu, 1.0), x.clone());
        });
    }
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let layout = Layout::discover(&global, &x(), &noise).unwrap();
    let guide = elbo_guide::MeanField::new(&layout, &global, &x(), &mut noise).unwrap();
    let mut svi = Svi::new(Model::new(global), guide, Iwae, noise).with_particles(3);
    let error = svi.step(&x()).unwrap_err();
    assert!(
        matches!(&error, InferError::ScaleInside { site, plate } if site == "mu" && plate == "rows")
    );
    assert!(error.to_string().contains("make \"mu\" a param"), "{error}");
}

/// In the guide, `b` is drawn from `a`; in the model it is the other way round.
#[test]
fn a_closed_divergence_given_a_parent_that_follows_is_refused() {
    fn model(t: &mut Trace, _: &()) {
        let b = t.sample("b", Normal::<2>::new(0.0, 1.0));
        t.sample("a", Normal::new(b, 1.0));
    }
    #[derive(Module, Debug)]
    struct Reversed {
        loc: Param<Tensor<2>>,
    }
    impl Program for Reversed {
        fn run(&self, t: &mut Trace, _: &()) {
            let a = t.sample("a", Normal::new(self.loc.val(), 1.0));
            t.sample("b", Normal::new(a, 1.0));
        }
    }
    let place = f64_on_flex();
    let loc = || Param::from_tensor(place.tensor(vec![0.0], [1, 1]));
    let svi = |objective| {
        Svi::new(
            Model::new(model),
            Amortized::new(Reversed { loc: loc() }),
            objective,
            Noise::new(0, &place),
        )
    };
    let error = svi(AnalyticKl).step(&()).unwrap_err();
    let named =
        matches!(&error, InferError::MeanField { site, parent } if site == "a" && parent == "b");
    assert!(named, "{error}");
}

#[test]
fn settings_out_of_range_are_refused() {
    fn refused(objective: impl Objective, text: &str) {
        let error = objective.estimate(&by_hand()).expect_err(text);
        assert!(error.to_string().contains(text), "{error}");
    }
    refused(Renyi { alpha: f64::NAN }, "alpha is NaN, but must be a finite number");
    refused(Cubo { order: 0.5 }, "order is 0.5, but must be a number of at least 1");
    refused(Tempered::new(Schedule::Constant(-1.0)), "must be a number of at least 0");
    let unknown = Tempered::new(Schedule::Constant(1.0)).with_weight("w", 2.0);
    refused(unknown, "has a weight for \"w\", but the guide draws only \"z\"");
    refused(DoublyReparameterizedIwae, "with Terms::with_log_p_of_draws");
    let error = bits(LogVariance, 1).step(&x()).unwrap_err();
    assert!(error.to_string().contains("at least 2 particles, but there are 1"), "{error}");
}
