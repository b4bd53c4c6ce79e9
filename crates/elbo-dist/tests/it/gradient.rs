//! Gradients of log-probabilities against central differences, in double precision.

use burn::tensor::{Device, Float, Int, Tensor};
use elbo_dist::{
    AsymmetricLaplace, Bernoulli, Beta, BetaBinomial, Binomial, Categorical, Cauchy, Chi2,
    ContinuousBernoulli, Distribution, Exponential, Gamma, Geometric, Gumbel, HalfCauchy,
    HalfNormal, HalfStudentT, InverseGamma, Kumaraswamy, Laplace, LogNormal, Logistic, LogitNormal,
    Mixture, Moments, NegativeBinomial, Normal, OrderedLogistic, Pareto, Poisson, RelaxedBernoulli,
    SkewNormal, StudentT, TruncatedNormal, Uniform, Weibull, ZeroInflated,
};
use elbo_testkit::{assert_gradient, autodiff_gradient};

use crate::double;

const X: [f64; 6] = [0.03, 0.4, 1.0, 1.7, 5.0, 23.0];
const SHAPE: [usize; 2] = [2, 3];

fn fixed(values: [f64; 6]) -> Tensor<2> {
    double().tensor(values.to_vec(), SHAPE)
}

/// With respect to one parameter an element, one for a row of elements, and one for all.
#[track_caller]
fn parameter<P: Distribution<2, Kind = Float>>(at: [f64; 6], make: impl Fn(Tensor<2>) -> P) {
    for shape in [[2, 3], [2, 1], [1, 3], [1, 1]] {
        let at = &at[..shape[0] * shape[1]];
        assert_gradient(&Device::flex(), shape, at, |p| make(p).log_prob(fixed(X)).sum());
    }
}

#[track_caller]
fn value<P: Distribution<2, Kind = Float>>(at: [f64; 6], distribution: P) {
    assert_gradient(&Device::flex(), SHAPE, &at, |x| distribution.log_prob(x).sum());
}

const LOC: [f64; 6] = [-2.0, 0.1, 1.0, 3.0, 0.5, -0.3];
const SCALE: [f64; 6] = [0.2, 1.0, 3.5, 0.9, 11.0, 2.0];

#[test]
fn normal_has_the_gradient_of_its_log_prob() {
    value(LOC, Normal::new(0.3, fixed(SCALE)));
    parameter(LOC, |loc| Normal::new(loc, fixed(SCALE)));
    parameter(SCALE, |scale| Normal::new(fixed(LOC), scale));
    parameter(SCALE, |scale| Normal::new(0.0, scale));
}

#[test]
fn half_normal_has_the_gradient_of_its_log_prob() {
    value(X, HalfNormal::new(fixed(SCALE)));
    parameter(SCALE, HalfNormal::new);
}

#[test]
fn half_cauchy_has_the_gradient_of_its_log_prob() {
    value(X, HalfCauchy::new(fixed(SCALE)));
    parameter(SCALE, HalfCauchy::new);
}

#[test]
fn log_normal_has_the_gradient_of_its_log_prob() {
    value(X, LogNormal::new(fixed(LOC), fixed(SCALE)));
    parameter(LOC, |loc| LogNormal::new(loc, fixed(SCALE)));
    parameter(SCALE, |scale| LogNormal::new(fixed(LOC), scale));
}

#[test]
fn gamma_has_the_gradient_of_its_log_prob() {
    value(X, Gamma::new(fixed(SCALE), 0.7));
    parameter(SCALE, |concentration| Gamma::new(concentration, fixed(X)));
    parameter(SCALE, |rate| Gamma::new(fixed(X), rate));
    parameter(SCALE, |concentration| Gamma::new(concentration, 2.0));
}

#[test]
fn exponential_has_the_gradient_of_its_log_prob() {
    value(X, Exponential::new(fixed(SCALE)));
    parameter(SCALE, Exponential::new);
}

#[test]
fn densities_of_a_location_and_a_scale_have_their_gradients() {
    value(LOC, Cauchy::new(0.3, fixed(SCALE)));
    parameter(LOC, |loc| Cauchy::new(loc, fixed(SCALE)));
    parameter(SCALE, |scale| Cauchy::new(0.3, scale));
    value(LOC, Laplace::new(0.3, fixed(SCALE)));
    parameter(LOC, |loc| Laplace::new(loc + 0.05, fixed(SCALE)));
    parameter(SCALE, |scale| Laplace::new(0.3, scale));
    value(LOC, Logistic::new(0.3, fixed(SCALE)));
    parameter(LOC, |loc| Logistic::new(loc, fixed(SCALE)));
    parameter(SCALE, |scale| Logistic::new(0.3, scale));
    value(LOC, Gumbel::new(0.3, 1.5));
    parameter(LOC, |loc| Gumbel::new(loc, 1.5));
    parameter(SCALE, |scale| Gumbel::new(0.3, scale));
    value(LOC, StudentT::new(3.0, 0.3, fixed(SCALE)));
    parameter(SCALE, |df| StudentT::new(df, 0.3, fixed(SCALE)));
    parameter(LOC, |loc| StudentT::new(3.0, loc, fixed(SCALE)));
    parameter(SCALE, |scale| StudentT::new(3.0, 0.3, scale));
    value(X, HalfStudentT::new(3.0, fixed(SCALE)));
    parameter(SCALE, |df| HalfStudentT::new(df, fixed(SCALE)));
    parameter(SCALE, |scale| HalfStudentT::new(3.0, scale));
    value(LOC, SkewNormal::new(0.3, fixed(SCALE), 2.0));
    parameter(LOC, |loc| SkewNormal::new(loc, fixed(SCALE), 2.0));
    parameter(SCALE, |scale| SkewNormal::new(0.3, scale, 2.0));
    parameter(LOC, |skewness| SkewNormal::new(0.3, fixed(SCALE), skewness));
    value(LOC, AsymmetricLaplace::new(0.3, fixed(SCALE), 2.0));
    parameter(LOC, |loc| AsymmetricLaplace::new(loc + 0.05, fixed(SCALE), 2.0)); // off the modes
    parameter(SCALE, |scale| AsymmetricLaplace::new(0.3, scale, 2.0));
    parameter(SCALE, |asymmetry| AsymmetricLaplace::new(0.3, 1.5, asymmetry));
}

const UNIT: [f64; 6] = [0.03, 0.4, 0.5, 0.77, 0.9, 0.2];

#[test]
fn densities_on_a_part_of_the_line_have_their_gradients() {
    value(X, Weibull::new(fixed(SCALE), 1.7));
    parameter(SCALE, |scale| Weibull::new(scale, 1.7));
    parameter(SCALE, |concentration| Weibull::new(20.0, concentration));
    value(X, Pareto::new(0.02, fixed(SCALE)));
    parameter(SCALE, |alpha| Pareto::new(0.02, alpha));
    value(X, Chi2::new(fixed(SCALE)));
    parameter(X, Chi2::new);
    value(X, InverseGamma::new(fixed(SCALE), 0.7));
    parameter(SCALE, |concentration| InverseGamma::new(concentration, fixed(X)));
    parameter(SCALE, |scale| InverseGamma::new(fixed(X), scale));
    let on_unit = |f: &dyn Fn(Tensor<2>) -> Tensor<2>| {
        assert_gradient(&Device::flex(), SHAPE, &SCALE, |p| f(p).sum());
    };
    value(UNIT, Beta::new(fixed(SCALE), 2.3));
    on_unit(&|a| Beta::new(a, 2.3).log_prob(fixed(UNIT)));
    on_unit(&|b| Beta::new(2.3, b).log_prob(fixed(UNIT)));
    value(UNIT, Kumaraswamy::new(fixed(SCALE), 2.3));
    on_unit(&|a| Kumaraswamy::new(a, 2.3).log_prob(fixed(UNIT)));
    on_unit(&|b| Kumaraswamy::new(2.3, b).log_prob(fixed(UNIT)));
    value(UNIT, LogitNormal::new(0.3, fixed(SCALE)));
    on_unit(&|scale| LogitNormal::new(0.3, scale).log_prob(fixed(UNIT)));
    value(UNIT, ContinuousBernoulli::logits(fixed(LOC)));
    assert_gradient(&Device::flex(), SHAPE, &[-20.0, -0.05, 0.0, 0.02, 0.3, 9.0], |l| {
        ContinuousBernoulli::logits(l).log_prob(fixed(UNIT)).sum()
    });
    value(UNIT, RelaxedBernoulli::logits(fixed(SCALE), 0.4));
    on_unit(&|temperature| RelaxedBernoulli::logits(temperature, 0.4).log_prob(fixed(UNIT)));
    on_unit(&|logits| RelaxedBernoulli::logits(0.7, logits).log_prob(fixed(UNIT)));
    let inside = [1.1, 1.4, 2.0, 2.7, 3.9, 3.2];
    value(inside, TruncatedNormal::new(0.3, fixed(SCALE), 1.0, 4.0));
    on_unit(&|scale| TruncatedNormal::new(0.3, scale, 1.0, 4.0).log_prob(fixed(inside)));
    on_unit(&|loc| TruncatedNormal::new(loc, 1.2, 1.0, 4.0).log_prob(fixed(inside)));
    on_unit(&|loc| TruncatedNormal::new(loc, 1.2, 1.0, f64::INFINITY).log_prob(fixed(inside)));
    on_unit(&|loc| TruncatedNormal::new(loc, 1.2, f64::NEG_INFINITY, 4.0).log_prob(fixed(inside)));
}

#[test]
fn masses_of_counts_have_the_gradients_of_their_parameters() {
    let counts = [0.0, 1.0, 2.0, 5.0, 9.0, 40.0];
    let mass = |at: [f64; 6], f: &dyn Fn(Tensor<2>) -> Tensor<2>| {
        assert_gradient(&Device::flex(), SHAPE, &at, |p| f(p).sum());
    };
    mass(SCALE, &|rate| Poisson::new(rate).log_prob(fixed(counts)));
    mass(LOC, &|logits| Binomial::logits(50.0, logits).log_prob(fixed(counts)));
    mass(UNIT, &|probs| Binomial::probs(50.0, probs).log_prob(fixed(counts)));
    mass(LOC, &|logits| Geometric::logits(logits).log_prob(fixed(counts)));
    mass(LOC, &|logits| NegativeBinomial::logits(2.5, logits).log_prob(fixed(counts)));
    mass(SCALE, &|r| NegativeBinomial::logits(r, 0.4).log_prob(fixed(counts)));
    mass(SCALE, &|mean| NegativeBinomial::by_mean(mean, 2.5).log_prob(fixed(counts)));
    mass(LOC, &|gate| ZeroInflated::logits(gate, Poisson::new(2.5)).log_prob(fixed(counts)));
    mass(SCALE, &|rate| ZeroInflated::logits(0.4, Poisson::new(rate)).log_prob(fixed(counts)));
    mass(LOC, &|loc| {
        let weights = Categorical::logits(loc.clone() * 0.3);
        Mixture::new(weights, Normal::new(loc, 1.2)).log_prob(fixed(X).narrow(1, 0, 1))
    });
    mass([-2.0, 0.1, 1.0, -3.0, 0.5, 4.0], &|cuts| {
        let value = Tensor::<2, Int>::from_ints([[1], [3]], &Device::flex());
        OrderedLogistic::new(0.4, cuts).log_prob(value)
    });
    mass(SCALE, &|a| BetaBinomial::new(50.0, a, 2.5).log_prob(fixed(counts)));
    mass(SCALE, &|b| BetaBinomial::new(50.0, 2.5, b).log_prob(fixed(counts)));
}

/// The mean over draws of `x` and of `x²` has the gradient of the exact moments, within 4 standard errors
/// of 40 batches.
#[track_caller]
fn pathwise<P: Moments<2> + Distribution<2, Kind = Float>>(
    at: &[f64],
    make: impl Fn(&[Tensor<2>]) -> P,
) {
    use elbo_dist::Noise;
    const BATCHES: u64 = 40;
    let parts =
        |p: &Tensor<2>| (0..at.len()).map(|i| p.clone().narrow(1, i, 1)).collect::<Vec<_>>();
    let shape = [1, at.len()];
    for power in [1, 2] {
        let moment = |p: &P, like: &Tensor<2>| {
            let (mean, variance) = (p.mean().on(like), p.variance().on(like));
            if power == 1 { mean } else { mean.square() + variance }
        };
        let exact =
            autodiff_gradient(&Device::flex(), shape, at, |p| moment(&make(&parts(&p)), &p).sum());
        let batch = |seed: u64| {
            let noise = Noise::new(seed, double());
            autodiff_gradient(&Device::flex(), shape, at, |p| {
                let draws = make(&parts(&p)).sample(1000, &mut noise.clone()).unwrap();
                draws.powi_scalar(power).mean()
            })
        };
        let gradients: Vec<Vec<f64>> = (0..BATCHES).map(batch).collect();
        for (i, exact) in exact.iter().enumerate() {
            let n = BATCHES as f64;
            let mean = gradients.iter().map(|g| g[i]).sum::<f64>() / n;
            let spread = gradients.iter().map(|g| (g[i] - mean).powi(2)).sum::<f64>();
            let error = (spread / (n - 1.0) / n).sqrt();
            let off = (mean - exact).abs();
            assert!(off <= 4.0 * error + 1e-9, "{power}, {i}: {mean} ± {error}, exact {exact}");
        }
    }
}

#[test]
fn draws_made_of_gammas_carry_unbiased_pathwise_gradients() {
    for a in [0.01, 0.3, 1.0, 5.0, 200.0, 1e4] {
        pathwise(&[a, 2.5], |p| Gamma::new(p[0].clone(), p[1].clone()));
        pathwise(&[a], |p| Chi2::new(p[0].clone()));
        pathwise(&[a, 1.7], |p| Beta::new(p[0].clone(), p[1].clone()));
        pathwise(&[2.0, a], |p| Beta::new(p[0].clone(), p[1].clone()));
    }
    for a in [6.0, 40.0] {
        pathwise(&[a, 2.5], |p| InverseGamma::new(p[0].clone(), p[1].clone()));
        pathwise(&[a + 3.0, 0.3, 2.0], |p| StudentT::new(p[0].clone(), p[1].clone(), p[2].clone()));
        pathwise(&[a + 3.0, 2.0], |p| HalfStudentT::new(p[0].clone(), p[1].clone()));
    }
}

#[test]
fn draws_by_quantiles_carry_unbiased_pathwise_gradients() {
    pathwise(&[0.3, 2.0], |p| Laplace::new(p[0].clone(), p[1].clone()));
    pathwise(&[0.3, 2.0], |p| Logistic::new(p[0].clone(), p[1].clone()));
    pathwise(&[0.3, 2.0], |p| Gumbel::new(p[0].clone(), p[1].clone()));
    pathwise(&[2.0, 1.7], |p| Weibull::new(p[0].clone(), p[1].clone()));
    pathwise(&[9.0], |p| Pareto::new(2.0, p[0].clone()));
    pathwise(&[0.7, 2.3], |p| Kumaraswamy::new(p[0].clone(), p[1].clone()));
    pathwise(&[0.3, 2.0, 1.5], |p| SkewNormal::new(p[0].clone(), p[1].clone(), p[2].clone()));
    pathwise(&[0.3, 2.0, 1.5], |p| {
        AsymmetricLaplace::new(p[0].clone(), p[1].clone(), p[2].clone())
    });
}

/// A draw keeps its probability when its concentration moves: `P(a + h, x + h dx/da) = P(a, x)` to order
/// `h²`.
#[test]
fn the_implicit_gradient_of_a_gamma_holds_its_probability() {
    use elbo_dist::{Noise, gammainc_scalar};
    for a in [0.01, 0.1, 0.9, 1.0, 4.0, 77.0, 1e4] {
        for seed in 0..8 {
            let draw = |a: Tensor<2>| {
                Gamma::new(a, 1.0).sample(1, &mut Noise::new(seed, double())).unwrap()
            };
            let x: f64 = draw(double().tensor(vec![a], [1, 1])).into_scalar();
            if x < 1e-290 {
                continue; // its probability says nothing of it
            }
            let slope = autodiff_gradient(&Device::flex(), [1, 1], &[a], |a| draw(a).sum())[0];
            let h = 1e-4 * a;
            // P as a function of log x, which may be as small as -600.
            let held = |h: f64| gammainc_scalar(a + h, (x.ln() + h * slope / x).exp());
            let p = gammainc_scalar(a, x).min(1.0 - gammainc_scalar(a, x));
            let drift = (held(h) - held(-h)).abs();
            assert!(drift < 1e-6 * p + 1e-13, "{a}, {seed}: {drift} of {p}");
        }
    }
}

#[test]
fn uniform_is_flat() {
    let flat = autodiff_gradient(&Device::flex(), [1, 2], &[0.2, 0.9], |x: Tensor<2>| {
        Uniform::new(0.0, 1.0).log_prob(x).sum()
    });
    assert_eq!(flat, [0.0, 0.0]);
}

/// The values are 0, 1 and, as in a relaxed program, between.
#[test]
fn bernoulli_has_the_gradient_of_its_log_prob() {
    let x = [0.0, 1.0, 1.0, 0.0, 0.3, 0.9];
    let logits = [-30.0, -2.0, 0.4, 1.0, 2.5, 17.0];
    for shape in [[2, 3], [2, 1], [1, 3], [1, 1]] {
        let at = &logits[..shape[0] * shape[1]];
        assert_gradient(&Device::flex(), shape, at, |logits| {
            Bernoulli::logits(logits).log_prob(fixed(x)).sum()
        });
    }
    value([0.5, 0.1, 0.9, 0.2, 0.3, 0.7], Bernoulli::logits(fixed(logits)));
    parameter([0.5, 0.1, 0.9, 0.2, 0.3, 0.7], Bernoulli::probs);
}

#[test]
fn value_and_parameters_of_a_bernoulli_get_their_gradients_at_once() {
    assert_gradient(&Device::flex(), [1, 2], &[0.4, -1.5], |both: Tensor<2>| {
        let (x, logits) = (both.clone().slice([0..1, 0..1]), both.slice([0..1, 1..2]));
        Bernoulli::logits(logits).log_prob(x).sum()
    });
}

#[test]
fn categorical_has_the_gradient_of_its_log_prob() {
    let value = Tensor::<2, Int>::from_ints([[2], [0]], &Device::flex());
    for shape in [[2, 3], [1, 3]] {
        let at = &[0.3, -1.0, 2.0, 500.0, 501.0, 499.5][..shape[0] * shape[1]];
        assert_gradient(&Device::flex(), shape, at, |logits| {
            Categorical::logits(logits).log_prob(value.clone()).sum()
        });
    }
}

/// `d x / d loc = 1` and `d x / d scale = z` draw by draw, so the mean draw follows `loc`.
#[test]
fn reparameterized_draws_carry_pathwise_gradients() {
    use elbo_dist::Noise;
    let noise = Noise::new(1, double());
    let mean = |p: Tensor<2>| {
        let (loc, scale) = (p.clone().slice([0..1, 0..1]), p.slice([0..1, 1..2]));
        Normal::new(loc, scale).sample(100, &mut noise.clone()).unwrap().mean()
    };
    let gradient = autodiff_gradient(&Device::flex(), [1, 2], &[0.7, 2.0], mean);
    let z: f64 = noise.clone().normal([100, 1]).mean().into_scalar();
    elbo_testkit::assert_close(&gradient, &[1.0, z], 1e-12, 0.0);
}

#[test]
fn every_reparameterized_draw_has_the_gradient_of_its_path() {
    use elbo_dist::Noise;
    let noise = Noise::new(2, double());
    fn draws<P: Distribution<2, Kind = Float>>(p: P, noise: &Noise) -> Tensor<1> {
        assert!(P::REPARAMETERIZED);
        p.sample(2, &mut noise.clone()).unwrap().sum()
    }
    let check = |f: &dyn Fn(Tensor<2>) -> Tensor<1>| {
        assert_gradient(&Device::flex(), [1, 3], &[0.5, 1.0, 2.5], f);
    };
    check(&|p| draws(HalfNormal::new(p), &noise));
    check(&|p| draws(HalfCauchy::new(p), &noise));
    check(&|p| draws(Exponential::new(p), &noise));
    check(&|p| draws(LogNormal::new(p, 0.5), &noise));
    check(&|p| draws(LogNormal::new(0.5, p), &noise));
    check(&|p| draws(Normal::new(p, 0.5), &noise));
}

#[test]
fn draws_that_are_not_reparameterized_and_detached_parameters_carry_none() {
    use elbo_dist::Noise;
    let p = fixed(SCALE).autodiff().require_grad();
    let noise = &mut Noise::new(3, double());
    assert!(!Poisson::new(p.clone()).sample(2, noise).unwrap().is_tracked());
    assert!(Gamma::new(p.clone(), p.clone()).sample(2, noise).unwrap().is_tracked());
    assert!(!Bernoulli::logits(p.clone()).sample(2, noise).unwrap().is_tracked());
    let (x, normal) = (fixed(X), Normal::new(p.clone(), p.clone()));
    assert!(normal.log_prob(x.clone()).is_tracked());
    assert!(!normal.detach().log_prob(x.clone()).is_tracked());
    assert!(!Gamma::new(p.clone(), p.clone()).detach().log_prob(x.clone()).is_tracked());
    assert!(!LogNormal::new(p.clone(), p.clone()).detach().log_prob(x.clone()).is_tracked());
    assert!(!Bernoulli::logits(p.clone()).detach().log_prob(x).is_tracked());
}
