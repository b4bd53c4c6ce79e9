//! Mean field against posteriors known in closed form.

use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Distribution, Gamma, Normal, Uniform};
use elbo_guide::MeanField;
use elbo_infer::{Posterior, StickingTheLanding, Svi, summarize};
use elbo_model::{Model, Program, Trace};
use elbo_testkit::{BetaBernoulli, GammaRate, LinearRegression, NormalMean, assert_close};

use crate::{f64_on_flex, guide};

/// 3000 steps of 8 particles at a rate that falls from 0.05 to 5e-5. Where the posterior lies in the
/// family, sticking the landing has no gradient noise, and the parameters settle to about the last rate.
fn fit<P: Program<Tensor<2>> + Fn(&mut Trace, &Tensor<2>) + Clone + Send + Sync + 'static>(
    program: P,
    data: &Tensor<2>,
) -> Posterior<Model<P>, MeanField> {
    let (start, noise) = guide(&program, data, &f64_on_flex(), 0);
    let schedule = ExponentialLrSchedulerConfig::new(0.05, 1e-3_f64.powf(1.0 / 3000.0));
    let mut svi = Svi::new(Model::new(program), start, StickingTheLanding, noise)
        .with_particles(8)
        .with_schedule(schedule.init().unwrap());
    svi.run(3000, data, &mut ()).unwrap();
    svi.posterior()
}

fn host(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

const Y: [f64; 5] = [1.2, -0.4, 2.5, 0.9, 3.3];

/// The posterior lies in the family.
#[test]
fn the_mean_of_normal_data_has_its_posterior_and_evidence() {
    fn model(t: &mut Trace, y: &Tensor<2>) {
        let mu = t.sample("mu", Normal::new(-1.0, 2.0));
        t.observe("y", Normal::new(mu, 0.7), y.clone());
    }
    let y = f64_on_flex().tensor(Y.to_vec(), [1, 5]);
    let posterior = fit(model, &y);
    let exact = NormalMean::posterior((-1.0, 2.0), 0.7, &Y);
    assert_close(&host(posterior.guide().loc()), &[exact.mean], 0.0, 1e-3);
    assert_close(&host(posterior.guide().scale()), &[exact.variance.sqrt()], 0.0, 1e-3);
    let bound = posterior.bound(&y, 1000).unwrap().mean;
    assert_close(&[bound], &[exact.log_evidence], 0.0, 1e-4);
}

/// Of a normal posterior with precision `Λ` the best independent normals have the exact means and the
/// variances `1 / Λᵢᵢ` (Bishop 2006, section 10.1.2).
#[test]
fn regression_has_the_exact_means_and_the_conditional_variances() {
    const X: [[f64; 5]; 2] = [[1.0, 1.0, 1.0, 1.0, 1.0], [-0.5, 0.3, 1.1, 0.4, 1.6]];
    fn model(t: &mut Trace, y: &Tensor<2>) {
        let x = t.place().tensor(X.concat(), [2, 5]);
        let w = t.sample("w", Normal::new(0.0, 1.5).iid([1, 2])); // [S, 2]
        t.observe("y", Normal::new(w.matmul(x), 0.8), y.clone());
    }
    let posterior = fit(model, &f64_on_flex().tensor(Y.to_vec(), [1, 5]));
    let rows: Vec<Vec<f64>> = (0..5).map(|i| vec![X[0][i], X[1][i]]).collect();
    let exact = LinearRegression::posterior(1.5, 0.8, &rows, &Y);
    assert_close(&host(posterior.guide().loc()), &exact.mean, 0.0, 2e-3);
    let v = &exact.covariance;
    let determinant = v[0][0] * v[1][1] - v[0][1] * v[1][0];
    // Λ₁₁ = V₂₂ / |V|
    let scales = [(determinant / v[1][1]).sqrt(), (determinant / v[0][0]).sqrt()];
    assert_close(&host(posterior.guide().scale()), &scales, 0.0, 2e-3);
}

/// Of `Γ(α, β)` the best log-normal has `σ² = 1/α` and `μ = log(α/β) - 1/2α`: the derivatives of
/// `αμ - β e^(μ + σ²/2) + log σ` vanish there. Its mean is the exact one.
///
/// The posterior is not in the family, so gradients stay noisy: with deviation `√(α/8)` and curvature `α`
/// about `μ`. Adam at the rate `r` then wanders with variance `r √(α/8) / 2α`, until the rate falls below
/// what moves it within the 434 steps of a decay, `r = √(α/8) / 434 α = 3.3e-4`: with a deviation of 0.005,
/// a quarter of what is allowed.
#[test]
fn a_rate_of_waits_has_the_best_log_normal() {
    fn model(t: &mut Trace, waits: &Tensor<2>) {
        let rate = t.sample("rate", Gamma::new(2.0, 3.0));
        t.observe("wait", elbo_dist::Exponential::new(rate), waits.clone());
    }
    let waits = [0.3, 1.4, 0.2, 0.8];
    let posterior = fit(model, &f64_on_flex().tensor(waits.to_vec(), [1, 4]));
    let exact = GammaRate::from_waits((2.0, 3.0), &waits);
    let (a, b) = (exact.concentration, exact.rate);
    assert_close(&host(posterior.guide().scale()), &[a.sqrt().recip()], 0.0, 0.02);
    assert_close(&host(posterior.guide().loc()), &[(a / b).ln() - 0.5 / a], 0.0, 0.02);
}

/// A logit-normal is nearly the Beta posterior of 14 heads in 20: its mean is off by less than a
/// twentieth of a standard deviation, beside 4 standard errors of 20,000 draws, a thirtieth.
#[test]
fn a_chance_of_heads_nearly_has_its_beta_posterior() {
    fn model(t: &mut Trace, flips: &Tensor<2>) {
        let p = t.sample("p", Uniform::new(0.0, 1.0));
        t.observe("flip", Bernoulli::probs(p), flips.clone());
    }
    let flips: Vec<bool> = (0..20).map(|i| i < 14).collect();
    let numbers = flips.iter().map(|heads| f64::from(u8::from(*heads))).collect();
    let data = f64_on_flex().tensor(numbers, [1, 20]);
    let posterior = fit(model, &data);
    let exact = BetaBernoulli::posterior((1.0, 1.0), &flips);
    let found = summarize(&posterior.draws(&data, 20_000).unwrap());
    let (p, sd) = (found.get("p").unwrap(), exact.variance().sqrt());
    assert!((p.mean - exact.mean()).abs() < (1.0 / 20.0 + 1.0 / 30.0) * sd, "{p:?}");
}

/// A correlation under a uniform prior, and pairs of unit variance: on the real line, `z = atanh r`, the posterior
/// of 200 pairs is normal but for a skewness of about 0.1, which moves the best normal by a twentieth of a
/// deviation at most. Its exact mean and deviation are by the trapezoid rule.
#[test]
fn a_correlation_under_an_lkj_prior_has_its_posterior() {
    use elbo_dist::{LkjCholesky, MultivariateNormal};
    const N: usize = 200;
    fn model(t: &mut Trace, y: &Tensor<2>) {
        let l = t.sample("l", LkjCholesky::<3>::new(2, 1.0)); // [S, 2, 2]
        let pairs = y.clone().reshape([1, N, 2]);
        t.plate("pairs", N, |t| {
            t.observe("y", MultivariateNormal::scale_tril(0.0, l.unsqueeze_dim::<4>(1)), pairs);
        });
    }
    let place = f64_on_flex();
    let noise: Tensor<2> = elbo_dist::Noise::new(5, &place).normal([N, 2]);
    let mix = place.tensor(vec![1.0, 0.6, 0.0, 0.8], [2, 2]);
    let y = noise.matmul(mix).reshape([1, 2 * N]);
    let posterior = fit(model, &y);
    let numbers = host(y);
    let sum = |f: fn(f64, f64) -> f64| numbers.chunks(2).map(|p| f(p[0], p[1])).sum::<f64>();
    let (squares, products) = (sum(|a, b| a * a + b * b), sum(|a, b| a * b));
    // With dr/dz = 1 - r².
    let log_density = |z: f64| {
        let (r, rest) = (z.tanh(), 1.0 - z.tanh().powi(2));
        (1.0 - 0.5 * N as f64) * rest.ln() - (0.5 * squares - r * products) / rest
    };
    let grid: Vec<f64> = (0..4000).map(|i| f64::from(i) * 5e-4).collect();
    let top = grid.iter().map(|z| log_density(*z)).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = grid.iter().map(|z| (log_density(*z) - top).exp()).collect();
    let mean_of = |f: &dyn Fn(f64) -> f64| {
        let sum: f64 = grid.iter().zip(&weights).map(|(z, w)| w * f(*z)).sum();
        sum / weights.iter().sum::<f64>()
    };
    let mean = mean_of(&|z| z);
    let deviation = mean_of(&|z| (z - mean).powi(2)).sqrt();
    assert_close(&host(posterior.guide().loc()), &[mean], 0.0, 0.05 * deviation);
    assert_close(&host(posterior.guide().scale()), &[deviation], 0.03, 0.0);
}
