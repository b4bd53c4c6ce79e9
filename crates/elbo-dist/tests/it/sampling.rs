//! Draws against distribution functions and frequencies.
//!
//! Seeds are fixed, so these tests pass or fail for good: each p-value is above 1e-3, as 999 in
//! 1000 seeds give.

use burn::tensor::Float;
use elbo_dist::{
    AsymmetricLaplace, Bernoulli, Beta, BetaBinomial, Binomial, Categorical, Cauchy, Cdf, Chi2,
    ContinuousBernoulli, DiscreteUniform, Distribution, Exponential, Gamma, Geometric, Gumbel,
    HalfCauchy, HalfNormal, HalfStudentT, InverseGamma, Kumaraswamy, Laplace, LogNormal, Logistic,
    LogitNormal, Mixture, NegativeBinomial, Noise, Normal, Pareto, Place, Poisson,
    RelaxedBernoulli, SkewNormal, StudentT, TruncatedNormal, Uniform, Weibull, ZeroInflated,
};
use elbo_testkit::{erf, ks_test, normal_cdf};

use crate::{double, host, row, single};

const DRAWS: usize = 100_000;

/// In both precisions.
#[track_caller]
fn follows<P: Distribution<2, Kind = Float>>(distribution: P, cdf: impl Fn(f64) -> f64) {
    for place in [single(), double()] {
        let mut noise = Noise::new(1, &place).site(distribution.name());
        let draws = host(distribution.sample(DRAWS, &mut noise).unwrap());
        assert!(draws.iter().all(|&x| distribution.support().contains(x)), "outside the support");
        let p = ks_test(&draws, &cdf);
        assert!(p > 1e-3, "p = {p} in {:?}", place.dtype());
    }
}

/// By the distribution's own function, which is the integral of its density.
#[track_caller]
pub fn follows_its_own<P: Cdf<2> + Distribution<2, Kind = Float>>(distribution: P) {
    follows_at(&[single(), double()], distribution);
}

#[track_caller]
fn follows_at<P: Cdf<2> + Distribution<2, Kind = Float>>(places: &[Place], distribution: P) {
    for place in places {
        let mut noise = Noise::new(1, place).site(distribution.name());
        let draws = host(distribution.sample(DRAWS, &mut noise).unwrap());
        assert!(draws.iter().all(|&x| distribution.support().contains(x)), "outside the support");
        let probabilities = host(distribution.cdf(row(&double(), &draws)));
        let p = ks_test(&probabilities, |u| u);
        assert!(p > 1e-3, "p = {p} in {:?}", place.dtype());
    }
}

#[test]
fn draws_by_quantiles_and_sums_follow_their_distribution_functions() {
    for (loc, scale, asymmetry) in [(-1.0, 3.0, 0.4), (0.0, 0.01, 1.0), (40.0, 1e3, 7.0)] {
        follows_its_own(Cauchy::new(loc, scale));
        follows_its_own(Laplace::new(loc, scale));
        follows_its_own(Logistic::new(loc, scale));
        follows_its_own(Gumbel::new(loc, scale));
        follows_its_own(AsymmetricLaplace::new(loc, scale, asymmetry));
    }
    for shape in [0.3, 1.0, 8.0] {
        follows_its_own(Weibull::new(2.0, shape));
        follows_its_own(Pareto::new(2.0, shape));
        follows_its_own(Kumaraswamy::new(shape, 0.7));
    }
    follows_its_own(LogitNormal::new(0.5, 2.0));
    follows_its_own(LogitNormal::new(-2.0, 0.3));
    for logits in [-20.0, 0.0, 0.01, 3.0] {
        follows_its_own(ContinuousBernoulli::logits(logits));
    }
    follows_its_own(RelaxedBernoulli::logits(0.9, 0.4));
    follows_its_own(RelaxedBernoulli::logits(3.0, -1.0));
    let weights = |place: &Place| Categorical::probs(row(place, &[1.0, 3.0]));
    for place in [single(), double()] {
        let normals = Normal::new(row(&place, &[-1.0, 2.0]), row(&place, &[0.7, 0.7]));
        let mixture = Mixture::new(weights(&place), normals);
        let draws = host(mixture.sample(DRAWS, &mut Noise::new(1, &place)).unwrap());
        let p = ks_test(&draws, |x| {
            0.25 * normal_cdf((x + 1.0) / 0.7) + 0.75 * normal_cdf((x - 2.0) / 0.7)
        });
        assert!(p > 1e-3, "p = {p}");
    }
    for loc in [-6.0, 0.0, 2.0, 8.0] {
        follows_its_own(TruncatedNormal::new(loc, 1.5, 1.0, 4.0));
    }
    follows_its_own(TruncatedNormal::new(0.0, 1.5, 4.0, f64::INFINITY));
    follows_its_own(TruncatedNormal::new(5.0, 1.5, f64::NEG_INFINITY, 4.0));
}

#[test]
fn draws_made_of_gammas_follow_their_distribution_functions() {
    for concentration in [0.3, 0.99, 1.0, 7.0, 1e4] {
        follows_its_own(Gamma::new(concentration, 2.5));
        follows_its_own(InverseGamma::new(concentration, 2.5));
        follows_its_own(Chi2::new(concentration));
        follows_its_own(Beta::new(concentration, 1.7));
        // Below 1 single precision is too coarse next to 1, where the draws crowd.
        let places = [double(), if concentration < 1.0 { double() } else { single() }];
        follows_at(&places, Beta::new(2.0, concentration));
    }
    for df in [0.8, 3.0, 50.0] {
        follows_its_own(StudentT::new(df, -1.0, 3.0));
        follows_its_own(HalfStudentT::new(df, 3.0));
    }
}

#[test]
fn skew_normal_draws_follow_their_distribution_function() {
    for (loc, scale, skewness) in [(1.0, 3.0, -2.0), (0.0, 0.1, 0.5), (-5.0, 1.0, 12.0)] {
        follows_its_own(SkewNormal::new(loc, scale, skewness));
    }
}

/// The frequency of each of the first counts is its probability, within 4 standard errors.
#[track_caller]
fn counts<P: Distribution<2, Kind = Float>>(distribution: P, first: i32, most: usize) {
    let mut noise = Noise::new(1, double()).site(distribution.name());
    let draws = host(distribution.sample(DRAWS, &mut noise).unwrap());
    assert!(draws.iter().all(|&x| distribution.support().contains(x)), "outside the support");
    let counts: Vec<f64> = (0..most).map(|k| f64::from(first) + k as f64).collect();
    let masses = host(distribution.log_prob(row(&double(), &counts)).exp());
    for (count, mass) in counts.iter().zip(masses) {
        let hits = draws.iter().filter(|x| *x == count).count();
        frequency(hits as f64 / DRAWS as f64, mass);
    }
}

#[test]
fn frequencies_of_counts_are_their_probabilities() {
    for rate in [0.3, 4.0, 12.0, 300.0] {
        counts(Poisson::new(rate), (rate - 3.0 * f64::sqrt(rate)).max(0.0) as i32, 60);
    }
    for logits in [-6.0, -0.7, 0.0, 3.0] {
        counts(Binomial::logits(7.0, logits), 0, 8);
        counts(Binomial::logits(200.0, logits), 0, 201);
        counts(Geometric::logits(logits), 0, 20);
        counts(NegativeBinomial::logits(2.5, logits), 0, 20);
    }
    counts(BetaBinomial::new(7.0, 0.5, 2.0), 0, 8);
    counts(BetaBinomial::new(40.0, 3.0, 1.0), 0, 41);
    counts(DiscreteUniform::new(-2, 3), -2, 6);
    counts(DiscreteUniform::new(0, 99), 0, 100);
    counts(ZeroInflated::probs(0.25, Poisson::new(4.0)), 0, 12);
    counts(ZeroInflated::logits(-3.0, Geometric::logits(0.4)), 0, 12);
}

#[test]
fn normal_draws_follow_their_distribution_function() {
    follows(Normal::new(0.0, 1.0), normal_cdf);
    follows(Normal::new(-3.0, 0.25), |x| normal_cdf((x + 3.0) / 0.25));
}

#[test]
fn half_normal_draws_follow_their_distribution_function() {
    for scale in [1.0, 40.0] {
        follows(HalfNormal::new(scale), |x| 2.0 * normal_cdf(x / scale) - 1.0);
    }
}

#[test]
fn half_cauchy_draws_follow_their_distribution_function() {
    for scale in [1.0, 5.0] {
        follows(HalfCauchy::new(scale), |x| (x / scale).atan() * std::f64::consts::FRAC_2_PI);
    }
}

#[test]
fn log_normal_draws_follow_their_distribution_function() {
    follows(LogNormal::new(0.0, 1.0), |x| normal_cdf(x.ln()));
    follows(LogNormal::new(2.0, 0.1), |x| normal_cdf((x.ln() - 2.0) / 0.1));
}

#[test]
fn exponential_draws_follow_their_distribution_function() {
    for rate in [1.0, 0.02] {
        follows(Exponential::new(rate), |x| -(-rate * x).exp_m1());
    }
}

#[test]
fn uniform_draws_follow_their_distribution_function() {
    follows(Uniform::new(0.0, 1.0), |x| x);
    follows(Uniform::new(-3.0, 1.0), |x| (x + 3.0) / 4.0);
}

/// `Γ(½, β)` is `χ²₁ / 2β`; with a whole concentration `k`, `1 - e^(-βx) Σ_{j<k} (βx)ʲ / j!`.
#[test]
fn gamma_draws_follow_their_distribution_function() {
    follows(Gamma::new(0.5, 3.0), |x| erf((3.0 * x).sqrt()));
    for (k, rate) in [(1, 1.0), (3, 0.5), (40, 2.0)] {
        follows(Gamma::new(f64::from(k), rate), |x| {
            let mut term = (-rate * x).exp();
            let mut above = term;
            for j in 1..k {
                term *= rate * x / f64::from(j);
                above += term;
            }
            1.0 - above
        });
    }
}

/// Two in five draws of `Γ(0.01, 1)` lie below the smallest single-precision number.
#[test]
fn gamma_draws_of_a_tiny_concentration_stay_in_the_support() {
    for place in [single(), double()] {
        let gamma = Gamma::<2>::new(0.01, 10.0);
        let draws = gamma.sample(2000, &mut Noise::new(1, &place)).unwrap();
        assert!(host(draws.clone()).into_iter().all(|x| gamma.support().contains(x)));
        assert!(host(gamma.log_prob(draws)).into_iter().all(f64::is_finite));
    }
}

#[test]
fn every_element_is_drawn_from_its_own_parameters() {
    let place = double();
    let (concentration, rate) = (row(&place, &[0.5, 30.0]), row(&place, &[2.0, 0.1]));
    let noise = &mut Noise::new(1, &place);
    let mean = Gamma::new(concentration, rate).sample(20_000, noise).unwrap().mean_dim(0);
    // α/β with standard error √α/β / √20000: 0.25 ± 0.0025 and 300 ± 0.39.
    elbo_testkit::assert_close(&host(mean), &[0.25, 300.0], 0.04, 0.0);
    let chances = Bernoulli::probs(row(&place, &[0.1, 0.8])).sample(20_000, noise).unwrap();
    elbo_testkit::assert_close(&host(chances.mean_dim(0)), &[0.1, 0.8], 0.0, 0.012);
}

/// Within 4 standard errors, `4 √(p (1 - p) / n)`, and 4 draws: a few rare ones are not normal.
#[track_caller]
fn frequency(observed: f64, p: f64) {
    let allowed = 4.0 * ((p * (1.0 - p) / DRAWS as f64).sqrt() + 1.0 / DRAWS as f64);
    assert!((observed - p).abs() < allowed, "{observed}, expected {p} ± {allowed}");
}

#[test]
fn bernoulli_frequencies_are_their_probabilities() {
    for p in [0.5, 0.02, 0.9] {
        let draws = Bernoulli::<2>::probs(p).sample(DRAWS, &mut Noise::new(1, single())).unwrap();
        let draws = host(draws);
        assert!(draws.iter().all(|&x| x == 0.0 || x == 1.0));
        frequency(draws.iter().sum::<f64>() / DRAWS as f64, p);
    }
}

#[test]
fn categorical_frequencies_are_their_probabilities() {
    for probs in [vec![0.25; 4], vec![0.7, 0.01, 0.29]] {
        let categorical = Categorical::probs(row(&single(), &probs));
        let draws = categorical.sample(DRAWS, &mut Noise::new(1, single())).unwrap();
        assert_eq!(draws.dims(), [DRAWS, 1]);
        let draws: Vec<i64> = draws.into_data().iter::<i64>().collect();
        for (k, &p) in probs.iter().enumerate() {
            let hits = draws.iter().filter(|&&x| x == k as i64).count();
            frequency(hits as f64 / DRAWS as f64, p);
        }
    }
}

#[test]
fn copies_are_drawn_independently() {
    let base = Categorical::probs(row(&single(), &[0.5, 0.5]).reshape([1, 1, 2]));
    let draws = base.iid([1, 8, 1]).sample(500, &mut Noise::new(1, single())).unwrap();
    assert_eq!(draws.dims(), [500, 8, 1]);
    // All 8 are equal once in 128 times: 3.9 ± 2.0 of 500.
    let heads = host(draws.float().sum_dim(1));
    let equal = heads.iter().filter(|&&heads| heads == 0.0 || heads == 8.0).count();
    assert!(equal < 12, "{equal}");
}
