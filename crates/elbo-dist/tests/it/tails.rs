//! Tails: survival functions, and what is cut off or recorded there.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    Cdf, Censored, Distribution, Exponential, Gamma, HalfNormal, Noise, Normal, Poisson, Quantile,
    Truncated, TruncatedNormal,
};
use elbo_testkit::{assert_close, autodiff_gradient};

use crate::event_densities::gradients;
use crate::{double, host, row, single};

/// At the ends it is the mass that counts, and beyond them there is none.
#[test]
fn readings_at_an_end_have_the_gradient_of_its_mass() {
    let log_prob = |a: Tensor<2>, x: &[f64]| {
        let base = Gamma::new(a, 1.0);
        Censored::new(base, 0.5, 3.0).log_prob(row(&double(), x)).sum()
    };
    gradients([1, 1], &[2.0], row(&double(), &[0.5, 1.0, 3.0]), |a| {
        Censored::new(Gamma::new(a, 1.0), 0.5, 3.0)
    });
    let gradient = autodiff_gradient(&Device::flex(), [1, 1], &[2.0], |a| log_prob(a, &[0.5, 1.0]));
    let parts = [[0.5], [1.0]]
        .map(|x| autodiff_gradient(&Device::flex(), [1, 1], &[2.0], |a| log_prob(a, &x))[0]);
    assert_close(&gradient, &[parts[0] + parts[1]], 1e-13, 0.0);
    let beyond = Censored::new(Normal::new(0.0, 1.0), -1.0, 1.0);
    let log_prob = host(beyond.log_prob(row(&double(), &[-1.5, 1.5])));
    assert_eq!(log_prob, [f64::NEG_INFINITY; 2]);
    assert_eq!(host(beyond.cdf(row(&double(), &[-1.5, 1.0]))), [0.0, 1.0]);
}

/// Upper tails keep their digits, and logarithms hold where probabilities underflow.
#[test]
fn survival_functions_are_right_in_the_upper_tail() {
    let x = |x: f64| row(&double(), &[x]);
    let at = |tensor: Tensor<2>| host(tensor)[0];
    // P(Z > 10) and log P(Z > 50), by mpmath.
    let z = Normal::<2>::new(0.0, 1.0);
    assert_close(&[at(z.sf(x(10.0)))], &[7.619_853_024_160_525e-24], 1e-12, 0.0);
    assert_close(&[at(z.log_sf(x(50.0)))], &[-1_254.831_361_139_484_5], 1e-13, 0.0);
    assert_close(&[at(z.log_cdf(x(-50.0)))], &[-1_254.831_361_139_484_5], 1e-13, 0.0);
    assert_eq!(at(Exponential::<2>::new(2.0).log_sf(x(1e4))), -2e4);
    assert_close(&[at(Gamma::<2>::new(1.0, 1.0).sf(x(60.0)))], &[(-60.0_f64).exp()], 1e-12, 0.0);
    let logistic = elbo_dist::Logistic::<2>::new(0.0, 1.0);
    assert_close(&[at(logistic.log_sf(x(900.0)))], &[-900.0], 1e-14, 0.0);
    assert_close(
        &[at(elbo_dist::Weibull::<2>::new(2.0, 1.5).log_sf(x(800.0)))],
        &[-8000.0],
        1e-12,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Cauchy::<2>::new(0.0, 1.0).sf(x(1e12)))],
        &[1e-12 / std::f64::consts::PI],
        1e-12,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Pareto::<2>::new(1.0, 3.0).log_sf(x(1e200)))],
        &[-600.0 * 10.0_f64.ln()],
        1e-13,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Laplace::<2>::new(0.0, 1.0).sf(x(90.0)))],
        &[0.5 * (-90.0_f64).exp()],
        1e-13,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Gumbel::<2>::new(0.0, 1.0).sf(x(90.0)))],
        &[(-90.0_f64).exp()],
        1e-13,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Gumbel::<2>::new(0.0, 1.0).log_cdf(x(-7.0)))],
        &[-7.0_f64.exp()],
        1e-13,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::HalfNormal::<2>::new(1.0).sf(x(10.0)))],
        &[2.0 * 7.619_853_024_160_525e-24],
        1e-12,
        0.0,
    );
    let half_cauchy = elbo_dist::HalfCauchy::<2>::new(1.0);
    assert_close(&[at(half_cauchy.sf(x(1e12)))], &[2e-12 / std::f64::consts::PI], 1e-12, 0.0);
    let log_normal = elbo_dist::LogNormal::<2>::new(0.0, 1.0);
    assert_close(
        &[at(log_normal.log_sf(x(50.0_f64.exp())))],
        &[-1_254.831_361_139_484_5],
        1e-12,
        0.0,
    );
    // Of 3 degrees of freedom and t = 1e6: 2 √3 / π t³ to 1e-11.
    let tail = 2.0 * 3.0_f64.sqrt() / std::f64::consts::PI * 1e-18;
    assert_close(
        &[at(elbo_dist::StudentT::<2>::new(3.0, 0.0, 1.0).sf(x(1e6)))],
        &[tail],
        1e-10,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Chi2::<2>::new(2.0).sf(x(120.0)))],
        &[(-60.0_f64).exp()],
        1e-12,
        0.0,
    );
    // Without a form of its own: 1 - F.
    assert_close(
        &[at(elbo_dist::Kumaraswamy::<2>::new(1.0, 1.0).sf(x(0.75)))],
        &[0.25],
        1e-14,
        0.0,
    );
    assert_close(
        &[at(elbo_dist::Kumaraswamy::<2>::new(1.0, 1.0).log_sf(x(0.75)))],
        &[0.25_f64.ln()],
        1e-14,
        0.0,
    );
}

/// Next to a width of 0 the mass of an interval is its width times the density, in both precisions.
#[test]
fn a_normal_on_a_narrow_interval_keeps_its_density() {
    for place in [single(), double()] {
        for width in [1e-6, 1e-3, 0.04, 0.1] {
            let (low, high) = (0.5, 0.5 + width);
            let normal = TruncatedNormal::new(place.tensor::<2>(vec![0.0], [1, 1]), 1.0, low, high);
            let x = place.tensor::<2>(vec![0.5 + 0.5 * width], [1, 1]);
            let found = host(normal.log_prob(x))[0];
            // The density is exp(-m (x - m)) there to 1 / 24 of the square of the width.
            let expected = -f64::ln(width);
            // In single precision the ends themselves are rounded to 3e-8.
            let rounding = if place == single() { 1e-7 / width } else { 1e-15 / width };
            assert!(
                (found - expected).abs() < width * width / 24.0 + rounding + 2e-6,
                "{width}: {found}"
            );
        }
    }
}

/// In the upper tail, where the base's distribution function is 1 to rounding, there are as many draws as elsewhere.
#[test]
fn truncated_tails_are_drawn_and_scored_to_the_last_digit() {
    for place in [single(), double()] {
        for low in [2.0, 5.0, 9.0] {
            let noise = &mut Noise::new(1, &place);
            let tail = Truncated::new(Normal::<2>::new(0.0, 1.0), low, f64::INFINITY);
            let draws = host(tail.clone().iid([1, 50]).sample(400, noise).unwrap());
            assert!(draws.iter().all(|x| x.is_finite() && *x >= low), "{low}");
            let exact = TruncatedNormal::<2>::new(0.0, 1.0, low, f64::INFINITY);
            let u = host(exact.cdf(row(&double(), &draws)));
            let p = elbo_testkit::ks_test(&u, |u| u);
            assert!(p > 1e-3, "{low}: p = {p}");
            let x = place.tensor::<2>(vec![low + 0.1, low + 1.0], [1, 2]);
            let tolerance = if place == single() { 1e-5 } else { 1e-11 };
            let expected = host(exact.log_prob(x.clone()));
            assert_close(&host(tail.log_prob(x.clone())), &expected, tolerance, 0.0);
            assert_close(&host(tail.cdf(x.clone())), &host(exact.cdf(x)), 0.0, 10.0 * tolerance);
        }
    }
    let far = Truncated::new(Normal::<2>::new(0.0, 1.0), 50.0, 60.0);
    let exact = TruncatedNormal::<2>::new(0.0, 1.0, 50.0, 60.0);
    let x = row(&double(), &[50.5]);
    assert_close(&host(far.log_prob(x.clone())), &host(exact.log_prob(x)), 1e-11, 0.0);
}

/// Readings far out in a tail, in single precision: their probabilities are logarithms.
#[test]
fn censored_readings_in_a_tail_keep_their_probability() {
    let at = |p: &dyn Fn(Tensor<2>) -> Tensor<2>, x: f64| {
        let single = host(p(single().tensor(vec![x], [1, 1])))[0];
        let double = host(p(row(&double(), &[x])))[0];
        assert!(double < -15.0 && double.is_finite(), "{double}");
        assert_close(&[single], &[double], 2e-5, 0.0);
        double
    };
    let low = f64::NEG_INFINITY;
    let counts = at(&|x| Censored::new(Poisson::new(1.0), low, 12.0).log_prob(x), 12.0);
    // Σ e⁻¹ / k! from 12 on.
    let term = |k: i32| (-1.0 - (1..=k).map(|j| f64::from(j).ln()).sum::<f64>()).exp();
    assert_close(&[counts], &[(12..40).map(term).sum::<f64>().ln()], 1e-12, 0.0);
    at(&|x| Censored::new(HalfNormal::new(1.0), low, 20.0).log_prob(x), 20.0);
    at(&|x| Censored::new(Gamma::new(2.0, 1.0), low, 300.0).log_prob(x), 300.0);
    at(&|x| Censored::new(elbo_dist::InverseGamma::new(8.0, 0.1), low, 3.0).log_prob(x), 3.0);
    at(&|x| Censored::new(elbo_dist::Laplace::new(0.0, 1.0), low, 200.0).log_prob(x), 200.0);
    let skewed =
        |x| Censored::new(elbo_dist::AsymmetricLaplace::new(0.0, 1.0, 2.0), low, 200.0).log_prob(x);
    at(&skewed, 200.0);
    at(&|x| Censored::new(elbo_dist::Geometric::logits(0.0), low, 90.0).log_prob(x), 90.0);
}

/// Nothing is cut off where the base ends by itself, and no slope of a logarithm of 0 comes in.
#[test]
fn truncation_at_the_end_of_the_base_has_its_gradients() {
    use elbo_dist::{InverseGamma, Kumaraswamy, LogNormal, Weibull};
    let x = || row(&double(), &[0.3, 0.7]);
    gradients([1, 1], &[1.3], x(), |s| Truncated::new(InverseGamma::new(3.0, s), 0.0, 5.0));
    gradients([1, 1], &[0.3], x(), |m| Truncated::new(LogNormal::new(m, 0.8), 0.0, 5.0));
    gradients([1, 1], &[1.3], x(), |k| Truncated::new(Weibull::new(1.2, k), 0.0, 5.0));
    gradients([1, 1], &[1.3], x(), |a| Truncated::new(Kumaraswamy::new(a, 2.0), 0.0, 0.9));
    let at_zero = |p: &dyn Fn(Tensor<2>) -> Tensor<2>| {
        autodiff_gradient(&Device::flex(), [1, 1], &[1.3], |s| p(s).sum())
    };
    let zero = || row(&double(), &[0.0]);
    assert_eq!(at_zero(&|s| InverseGamma::new(3.0, s).cdf(zero())), [0.0]);
    assert_eq!(at_zero(&|s| LogNormal::new(s, 50.0).cdf(zero())), [0.0]);
    assert_eq!(host(LogNormal::<2>::new(0.0, 50.0).cdf(zero())), [0.0]);
    assert_eq!(at_zero(&|s| Weibull::new(1.0, s).sf(zero())), [0.0]);
    let nan = Truncated::new(Normal::<2>::new(0.0, 1.0), f64::NAN, 2.0);
    assert!(nan.shape().is_err());
}

/// The tails of counts, mixtures and inflated counts, in single precision.
#[test]
fn tails_of_counts_and_mixtures_keep_their_digits() {
    use elbo_dist::{Binomial, Categorical, Mixture, NegativeBinomial, ZeroInflated};
    let x = |x: f64| single().tensor::<2>(vec![x], [1, 1]);
    let at = |tensor: Tensor<2>| host(tensor)[0];
    let rare = Binomial::<2>::probs(1e6, 1e-6);
    // (1 - 10⁻⁶)^10⁶
    let none = (1e6 * (-1e-6_f64).ln_1p()).exp();
    assert_close(&[at(rare.cdf(x(0.0))), at(rare.sf(x(0.0)))], &[none, 1.0 - none], 2e-6, 0.0);
    let many = NegativeBinomial::<2>::by_mean(1e6, 2.0);
    let (found, all) = (at(many.sf(x(3e6))), at(many.cdf(x(3e6))));
    // About a Γ(2, 2 10⁻⁶): (1 + y) e⁻ʸ at y = 6, to 10⁻⁵.
    assert_close(&[found, all], &[7.0 * (-6.0_f64).exp(), 1.0 - 7.0 * (-6.0_f64).exp()], 1e-4, 0.0);
    let weights = Categorical::logits(single().tensor::<2>(vec![0.1, 0.2, 0.3], [1, 3]));
    let locs = single().tensor::<2>(vec![-1.0, 0.0, 1.0], [1, 3]);
    let mixture = Mixture::new(weights, Normal::new(locs, 1.0));
    // Of the rightmost component all but e⁻²⁰ of it.
    let share = 0.3_f64.exp() / (0.1_f64.exp() + 0.2_f64.exp() + 0.3_f64.exp());
    let tail = at(Normal::<2>::new(0.0, 1.0).log_sf(row(&double(), &[20.0]))) + share.ln();
    assert_close(&[at(mixture.log_sf(x(21.0)))], &[tail], 1e-6, 0.0);
    let inflated = ZeroInflated::<_, 2>::probs(0.25, Poisson::new(1.0));
    let alone = at(Poisson::<2>::new(1.0).sf(x(14.0)));
    assert_close(&[at(inflated.sf(x(14.0)))], &[0.75 * alone], 1e-6, 0.0);
}

/// In the lower half of a normal that is cut off far below, too.
#[test]
fn quantiles_of_cut_off_normals_keep_small_probabilities() {
    let x = |p: f64| single().tensor::<2>(vec![p], [1, 1]);
    let one_end = TruncatedNormal::<2>::new(10.0, 1.0, 0.0, f64::INFINITY);
    let expected = host(Normal::<2>::new(10.0, 1.0).icdf(row(&double(), &[1e-8])));
    assert_close(&host(one_end.icdf(x(1e-8))), &expected, 1e-6, 0.0);
    let two_ends = TruncatedNormal::<2>::new(0.0, 1.0, -10.0, 1.0);
    let mass = host(elbo_dist::ndtr(row(&double(), &[1.0])))[0];
    let expected = host(Normal::<2>::new(0.0, 1.0).icdf(row(&double(), &[1e-9 * mass])));
    assert_close(&host(two_ends.icdf(x(1e-9))), &expected, 2e-6, 0.0);
}
