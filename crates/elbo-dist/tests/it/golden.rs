//! Log-probabilities against numbers computed with 60 digits.

use burn::tensor::{Float, Int, Tensor};
use elbo_dist::{
    AsymmetricLaplace, Bernoulli, Beta, BetaBinomial, Binomial, Categorical, Cauchy, Chi2,
    ContinuousBernoulli, Distribution, Exponential, Gamma, Geometric, Gumbel, HalfCauchy,
    HalfNormal, HalfStudentT, InverseGamma, Kumaraswamy, Laplace, LogNormal, Logistic, LogitNormal,
    NegativeBinomial, Normal, Operand, Pareto, Place, Poisson, RelaxedBernoulli, SkewNormal,
    StudentT, TruncatedNormal, Uniform, Weibull,
};
use elbo_testkit::{Golden, other_devices};

use crate::{assert_close_in_units, double, host, read_golden, row, single};

/// What an error is measured in.
#[derive(Clone, Copy)]
enum Unit {
    /// The log-probability itself; in single precision at least 1, since a log-probability is of
    /// use as a summand only.
    Value,
    /// At least 1, and what the file calls `size`: the sum of the summands' magnitudes (and, for the
    /// log-normal, of what the rounding of `log x` becomes). No sum of rounded summands does better.
    Terms,
}

/// About 4 times the worst error: 2e-14 in `f64`, for a soft target at log-odds 20, and 2e-7, two
/// epsilons, in `f32`.
const DOUBLE: f64 = 1e-13;
const SINGLE: f64 = 1e-6;

/// On other devices in single precision; the worst error found, of a Beta with parameters of 0.05, is 5e-6.
const ELSEWHERE: f64 = 1e-5;

impl Unit {
    fn of(self, golden: &Golden, expected: &[f64], floor: f64) -> Vec<f64> {
        match self {
            Self::Value => expected.iter().map(|value| value.abs().max(floor)).collect(),
            Self::Terms => golden.column("size").iter().map(|size| size.max(1.0)).collect(),
        }
    }
}

/// Both precisions, with parameters as numbers and as tensors; on other devices as tensors.
#[track_caller]
fn check<const N: usize, P: Distribution<2, Kind = Float>>(
    name: &str,
    parameters: [&str; N],
    unit: Unit,
    make: impl Fn([Operand<2>; N]) -> P,
) {
    for (place, column, tolerance) in
        [(double(), "log_prob", DOUBLE), (single(), "log_prob_f32", SINGLE)]
    {
        let golden = read_golden(name).with(column);
        let (x, expected) = (golden.column("x"), golden.column(column));
        // Below 1e-300 a double has no digits left to ask for.
        let floor = if column == "log_prob" { 1e-300 } else { 1.0 };
        let units = unit.of(&golden, &expected, floor);
        let columns = parameters.map(|parameter| golden.column(parameter));
        let tensors = columns.each_ref().map(|c| Operand::Tensor(row(&place, c)));
        let by_tensors = host(make(tensors).log_prob(row(&place, &x)));
        let by_numbers: Vec<f64> = (0..x.len())
            .flat_map(|i| {
                let numbers = columns.each_ref().map(|c| Operand::Scalar(rounded(&place, c[i])));
                host(make(numbers).log_prob(row(&place, &x[i..=i])))
            })
            .collect();
        assert_close_in_units(&by_tensors, &expected, &units, tolerance);
        assert_close_in_units(&by_numbers, &expected, &units, tolerance);
        if column == "log_prob" {
            continue;
        }
        for (_, device) in other_devices() {
            let place = Place::f32(&device);
            let tensors = columns.each_ref().map(|c| Operand::Tensor(row(&place, c)));
            let found = host(make(tensors).log_prob(row(&place, &x)));
            assert_close_in_units(&found, &expected, &units, ELSEWHERE);
        }
    }
}

/// The number that a tensor at this place would hold.
fn rounded(place: &Place, x: f64) -> f64 {
    host(row(place, &[x]))[0]
}

#[test]
fn normal_log_prob_is_exact() {
    check("normal", ["loc", "scale"], Unit::Value, |[loc, scale]| Normal::new(loc, scale));
}

#[test]
fn half_normal_log_prob_is_exact() {
    check("half_normal", ["scale"], Unit::Value, |[scale]| HalfNormal::new(scale));
}

#[test]
fn half_cauchy_log_prob_is_exact() {
    check("half_cauchy", ["scale"], Unit::Value, |[scale]| HalfCauchy::new(scale));
}

#[test]
fn log_normal_log_prob_is_exact() {
    check("log_normal", ["loc", "scale"], Unit::Terms, |[loc, scale]| LogNormal::new(loc, scale));
}

/// At concentration 1e6 and near the mode no digits are lost, where summands of 1e7 would cancel to
/// about -7: the unit is the result, and what the rounding of `β x` does to it.
#[test]
fn densities_with_the_gamma_kernel_are_exact() {
    check("gamma", ["concentration", "rate"], Unit::Terms, |[concentration, rate]| {
        Gamma::new(concentration, rate)
    });
    check("chi2", ["df"], Unit::Terms, |[df]| Chi2::new(df));
    check("inverse_gamma", ["concentration", "scale"], Unit::Terms, |[concentration, scale]| {
        InverseGamma::new(concentration, scale)
    });
    check("poisson", ["rate"], Unit::Terms, |[rate]| Poisson::new(rate));
}

#[test]
fn densities_of_a_location_and_a_scale_are_as_exact_as_their_summands() {
    check("cauchy", ["loc", "scale"], Unit::Terms, |[loc, scale]| Cauchy::new(loc, scale));
    check("laplace", ["loc", "scale"], Unit::Terms, |[loc, scale]| Laplace::new(loc, scale));
    check("logistic", ["loc", "scale"], Unit::Terms, |[loc, scale]| Logistic::new(loc, scale));
    check("gumbel", ["loc", "scale"], Unit::Terms, |[loc, scale]| Gumbel::new(loc, scale));
    check("student_t", ["df", "loc", "scale"], Unit::Terms, |[df, loc, scale]| {
        StudentT::new(df, loc, scale)
    });
    check("half_student_t", ["df", "scale"], Unit::Terms, |[df, scale]| {
        HalfStudentT::new(df, scale)
    });
    check("skew_normal", ["loc", "scale", "skewness"], Unit::Terms, |[loc, scale, skewness]| {
        SkewNormal::new(loc, scale, skewness)
    });
    check("asymmetric_laplace", ["loc", "scale", "asymmetry"], Unit::Terms, |[loc, scale, k]| {
        AsymmetricLaplace::new(loc, scale, k)
    });
    check("truncated_normal", ["loc", "scale"], Unit::Terms, |[loc, scale]| {
        TruncatedNormal::new(loc, scale, 1.0, 4.0)
    });
}

#[test]
fn densities_on_a_part_of_the_line_are_as_exact_as_their_summands() {
    check("weibull", ["scale", "concentration"], Unit::Terms, |[scale, concentration]| {
        Weibull::new(scale, concentration)
    });
    check("pareto", ["alpha"], Unit::Terms, |[alpha]| Pareto::new(2.0, alpha));
    check("continuous_bernoulli", ["logits"], Unit::Terms, |[l]| ContinuousBernoulli::logits(l));
    check("relaxed_bernoulli", ["temperature", "logits"], Unit::Terms, |[temperature, logits]| {
        RelaxedBernoulli::logits(temperature, logits)
    });
    check("kumaraswamy", ["a", "b"], Unit::Terms, |[a, b]| Kumaraswamy::new(a, b));
    check("beta", ["a", "b"], Unit::Terms, |[a, b]| Beta::new(a, b));
    check("logit_normal", ["loc", "scale"], Unit::Terms, |[loc, scale]| {
        LogitNormal::new(loc, scale)
    });
}

#[test]
fn masses_of_counts_are_as_exact_as_their_summands() {
    check("binomial", ["total_count", "logits"], Unit::Terms, |[n, logits]| {
        Binomial::logits(n, logits)
    });
    check("geometric", ["logits"], Unit::Value, |[logits]| Geometric::logits(logits));
    check("negative_binomial", ["total_count", "logits"], Unit::Terms, |[r, logits]| {
        NegativeBinomial::logits(r, logits)
    });
    check("beta_binomial", ["total_count", "a", "b"], Unit::Terms, |[n, a, b]| {
        BetaBinomial::new(n, a, b)
    });
}

#[test]
fn exponential_log_prob_is_exact() {
    check("exponential", ["rate"], Unit::Value, |[rate]| Exponential::new(rate));
}

/// Even `log P(1) = -9e-14` at log-odds 30 has all its digits.
#[test]
fn bernoulli_log_prob_is_exact() {
    check("bernoulli", ["logits"], Unit::Value, |[logits]| Bernoulli::logits(logits));
}

#[test]
fn uniform_log_prob_is_exact() {
    let golden = read_golden("uniform");
    let (low, high, x) = (golden.column("low"), golden.column("high"), golden.column("x"));
    for (place, column, tolerance, floor) in
        [(double(), "log_prob", DOUBLE, 1e-300), (single(), "log_prob_f32", SINGLE, 1.0)]
    {
        let ends = low.iter().zip(&high).zip(&x);
        let actual: Vec<f64> = ends
            .flat_map(|((&low, &high), &x)| {
                let uniform = Uniform::new(rounded(&place, low), rounded(&place, high));
                host(Distribution::<2>::log_prob(&uniform, row(&place, &[x])))
            })
            .collect();
        let expected = golden.column(column);
        let units = Unit::Value.of(&golden, &expected, floor);
        assert_close_in_units(&actual, &expected, &units, tolerance);
    }
}

/// Logits about 1000 lose nothing: only their differences count. Errors are relative to at least 1
/// in both precisions: the log-sum-exp of a near certainty is the logarithm of a rounded 1.
#[test]
fn categorical_log_prob_is_exact() {
    for (place, column, tolerance) in
        [(double(), "log_prob", DOUBLE), (single(), "log_prob_f32", SINGLE)]
    {
        let golden = read_golden("categorical").with(column);
        let cases = golden.rows("logits").into_iter().zip(golden.column("x"));
        let actual: Vec<f64> = cases
            .flat_map(|(logits, x)| {
                let value = Tensor::<2, Int>::full([1, 1], x as i64, place.device());
                host(Categorical::logits(row(&place, &logits)).log_prob(value))
            })
            .collect();
        let expected = golden.column(column);
        let units = Unit::Value.of(&golden, &expected, 1.0);
        assert_close_in_units(&actual, &expected, &units, tolerance);
    }
}

#[test]
fn probabilities_and_log_odds_are_two_ways_to_say_the_same() {
    let place = double();
    let (probs, x) = ([1e-12, 0.2, 0.5, 1.0 - 1e-12], [1.0, 0.0, 1.0, 1.0]);
    let expected = [1e-12_f64.ln(), 0.8_f64.ln(), 0.5_f64.ln(), (-1e-12_f64).ln_1p()];
    let actual = host(Bernoulli::probs(row(&place, &probs)).log_prob(row(&place, &x)));
    // 1 - 1e-12 is rounded to 1e-16, which is 1e-4 of its log-probability.
    elbo_testkit::assert_close(&actual, &expected, 1e-14, 1e-15);
    let categorical = Categorical::probs(row(&place, &[1.0, 3.0]));
    let value = Tensor::<2, Int>::from_ints([[0], [1]], place.device());
    let log_prob = host(categorical.log_prob(value));
    elbo_testkit::assert_close(&log_prob, &[0.25_f64.ln(), 0.75_f64.ln()], 1e-15, 0.0);
}

/// The mean over `x ~ Bernoulli(t)` of `log p(x)`, at `t = 0.3` and `P(1) = 0.8`.
#[test]
fn a_soft_target_scores_the_cross_entropy() {
    let bernoulli = Bernoulli::<2>::probs(0.8).soft_targets();
    let expected = 0.3 * 0.8_f64.ln() + 0.7 * 0.2_f64.ln();
    let actual = host(bernoulli.log_prob(row(&double(), &[0.3])));
    elbo_testkit::assert_close(&actual, &[expected], 1e-14, 0.0);
}
