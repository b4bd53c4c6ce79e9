//! Moments, entropies, distribution functions and quantiles.

use burn::tensor::{Device, Float, Int, Tensor};
use elbo_dist::{
    AsymmetricLaplace, Bernoulli, Beta, BetaBinomial, Binomial, Categorical, Cauchy, Cdf, Chi2,
    ContinuousBernoulli, Delta, DiscreteUniform, Distribution, Entropy, Exponential, Gamma,
    Geometric, Gumbel, HalfCauchy, HalfNormal, HalfStudentT, InverseGamma, Kumaraswamy, Laplace,
    LogNormal, Logistic, LogitNormal, Mixture, Moments, NegativeBinomial, Normal, Operand,
    OrderedLogistic, Pareto, Poisson, Quantile, RelaxedBernoulli, SkewNormal, StudentT, Support,
    TruncatedNormal, Uniform, Weibull, ZeroInflated,
};
use elbo_testkit::{assert_close, central_differences};

use crate::{double, host, read_golden, row};

type Operands = Vec<Operand<2>>;

/// A value by numbers and by tensors.
fn both(parameters: &[f64], value: impl Fn(Operands) -> Operand<2>) -> [f64; 2] {
    let numbers = parameters.iter().map(|x| Operand::Scalar(*x)).collect();
    let tensors = parameters.iter().map(|x| Operand::Tensor(row(&double(), &[*x]))).collect();
    [numbers, tensors].map(|operands| host(value(operands).on(&row(&double(), &[0.0])))[0])
}

#[track_caller]
fn has(name: &str, column: &str, value: impl Fn(Operands) -> Operand<2>) {
    let golden = read_golden("moments").of("name", name);
    let rows = golden.rows("parameters").into_iter().zip(golden.column(column));
    assert!(rows.len() > 0, "{name}");
    for (parameters, expected) in rows {
        // In its tail SciPy's own formula for the truncated normal loses digits.
        let tolerance =
            if (name, column) == ("truncated_normal", "entropy") { 1e-10 } else { 1e-12 };
        assert_close(&both(&parameters, &value), &[expected; 2], tolerance, 0.0);
    }
}

fn moments<P: Moments<2>>(name: &str, make: impl Fn(Operands) -> P) {
    has(name, "mean", |operands| make(operands).mean());
    has(name, "variance", |operands| make(operands).variance());
}

fn entropy<P: Entropy<2>>(name: &str, make: impl Fn(Operands) -> P) {
    has(name, "entropy", |operands| make(operands).entropy());
}

/// What `$make` makes of the first operands.
macro_rules! of {
    ($make:path, 1) => {
        |p: Operands| $make(p[0].clone())
    };
    ($make:path, 2) => {
        |p: Operands| $make(p[0].clone(), p[1].clone())
    };
    ($make:path, 3) => {
        |p: Operands| $make(p[0].clone(), p[1].clone(), p[2].clone())
    };
}

#[test]
fn means_and_variances_are_those_of_scipy() {
    moments("normal", of!(Normal::new, 2));
    moments("half_normal", of!(HalfNormal::new, 1));
    moments("log_normal", of!(LogNormal::new, 2));
    moments("exponential", of!(Exponential::new, 1));
    moments("gamma", of!(Gamma::new, 2));
    moments("chi2", of!(Chi2::new, 1));
    moments("inverse_gamma", of!(InverseGamma::new, 2));
    moments("beta", of!(Beta::new, 2));
    moments("kumaraswamy", of!(Kumaraswamy::new, 2));
    moments("laplace", of!(Laplace::new, 2));
    moments("logistic", of!(Logistic::new, 2));
    moments("gumbel", of!(Gumbel::new, 2));
    moments("weibull", of!(Weibull::new, 2));
    moments("truncated_normal", |p: Operands| {
        TruncatedNormal::new(p[0].clone(), p[1].clone(), 1.0, 4.0)
    });
    moments("continuous_bernoulli", of!(ContinuousBernoulli::logits, 1));
    moments("pareto", |p: Operands| Pareto::new(2.0, p[0].clone()));
    moments("student_t", of!(StudentT::new, 3));
    moments("half_student_t", of!(HalfStudentT::new, 2));
    moments("skew_normal", of!(SkewNormal::new, 3));
    moments("asymmetric_laplace", of!(AsymmetricLaplace::new, 3));
    moments("poisson", of!(Poisson::new, 1));
    moments("binomial", of!(Binomial::logits, 2));
    moments("geometric", of!(Geometric::logits, 1));
    moments("negative_binomial", of!(NegativeBinomial::logits, 2));
    moments("beta_binomial", of!(BetaBinomial::new, 3));
}

#[test]
fn entropies_are_those_of_scipy() {
    entropy("normal", of!(Normal::new, 2));
    entropy("half_normal", of!(HalfNormal::new, 1));
    entropy("log_normal", of!(LogNormal::new, 2));
    entropy("exponential", of!(Exponential::new, 1));
    entropy("gamma", of!(Gamma::new, 2));
    entropy("chi2", of!(Chi2::new, 1));
    entropy("inverse_gamma", of!(InverseGamma::new, 2));
    entropy("beta", of!(Beta::new, 2));
    entropy("kumaraswamy", of!(Kumaraswamy::new, 2));
    entropy("laplace", of!(Laplace::new, 2));
    entropy("logistic", of!(Logistic::new, 2));
    entropy("gumbel", of!(Gumbel::new, 2));
    entropy("weibull", of!(Weibull::new, 2));
    entropy("truncated_normal", |p: Operands| {
        TruncatedNormal::new(p[0].clone(), p[1].clone(), 1.0, 4.0)
    });
    entropy("continuous_bernoulli", of!(ContinuousBernoulli::logits, 1));
    entropy("pareto", |p: Operands| Pareto::new(2.0, p[0].clone()));
    entropy("student_t", of!(StudentT::new, 3));
    entropy("half_student_t", of!(HalfStudentT::new, 2));
    entropy("asymmetric_laplace", of!(AsymmetricLaplace::new, 3));
    entropy("geometric", of!(Geometric::logits, 1));
}

fn number(operand: Operand<2>) -> f64 {
    host(operand.on(&row(&double(), &[0.0])))[0]
}

#[test]
fn what_has_no_parameters_or_no_moments_says_so() {
    let uniform = Uniform::new(-1.0, 3.0);
    assert_eq!(number(uniform.mean()), 1.0);
    assert_eq!(number(uniform.variance()), 16.0 / 12.0);
    assert_eq!(number(uniform.entropy()), 4.0_f64.ln());
    let die = DiscreteUniform::new(1, 6);
    assert_eq!(number(die.mean()), 3.5);
    assert_eq!(number(die.variance()), 35.0 / 12.0);
    assert_eq!(number(die.entropy()), 6.0_f64.ln());
    assert!(number(Cauchy::new(0.0, 1.0).mean()).is_nan());
    assert_eq!(number(Cauchy::new(0.0, 2.0).entropy()), (8.0 * std::f64::consts::PI).ln());
    assert_eq!(number(HalfCauchy::new(1.0).mean()), f64::INFINITY);
    for df in [Operand::Scalar(1.5), Operand::Tensor(row(&double(), &[1.5]))] {
        let t = StudentT::new(df, 0.5, 1.0);
        assert_eq!((number(t.mean()), number(t.variance())), (0.5, f64::INFINITY));
    }
    assert!(number(StudentT::new(1.0, 0.5, 1.0).mean()).is_nan());
    assert_eq!(number(Pareto::new(1.0, 0.9).mean()), f64::INFINITY);
    assert_eq!(number(InverseGamma::new(1.5, 1.0).variance()), f64::INFINITY);
}

#[test]
fn a_coin_and_a_category_have_their_moments_and_entropies() {
    for probs in [Operand::Scalar(0.3), Operand::Tensor(row(&double(), &[0.3]))] {
        let coin = Bernoulli::<2>::probs(probs);
        let entropy = -(0.3_f64 * 0.3_f64.ln() + 0.7 * 0.7_f64.ln());
        let found = [number(coin.mean()), number(coin.variance()), number(coin.entropy())];
        assert_close(&found, &[0.3, 0.21, entropy], 1e-14, 0.0);
    }
    let category = Categorical::probs(row(&double(), &[1.0, 0.0, 3.0]));
    let entropy = -(0.25_f64 * 0.25_f64.ln() + 0.75 * 0.75_f64.ln());
    let found = [number(category.mean()), number(category.variance()), number(category.entropy())];
    assert_close(&found, &[1.5, 0.75, entropy], 1e-14, 0.0);
}

/// The derivative of the distribution function is the density, from its lower end to its upper one.
#[track_caller]
fn integrates<P: Cdf<2> + Distribution<2, Kind = Float>>(p: P, at: [f64; 4], ends: [f64; 2]) {
    for x in at {
        let slope = central_differences(&Device::flex(), [1, 1], &[x], |x| p.cdf(x).sum());
        let density = host(p.log_prob(row(&double(), &[x])).exp());
        assert_close(&slope, &density, 1e-7, 1e-9);
    }
    let ends = host(p.cdf(row(&double(), &ends)));
    assert_close(&ends, &[0.0, 1.0], 0.0, 1e-9);
}

/// And the quantile undoes it.
#[track_caller]
fn inverts<P: Quantile<2> + Distribution<2, Kind = Float>>(p: P, at: [f64; 4], ends: [f64; 2]) {
    let back = host(p.icdf(p.cdf(row(&double(), &at))));
    assert_close(&back, &at, 1e-11, 1e-11);
    let outside = host(p.icdf(row(&double(), &[-0.1, 1.1])));
    assert!(outside.iter().all(|x| x.is_nan()), "{}: {outside:?}", p.name());
    integrates(p, at, ends);
}

#[test]
fn distribution_functions_are_integrals_of_their_densities() {
    let (everywhere, positive) = ([-2.3, -0.4, 0.5, 3.1], [0.05, 0.6, 1.4, 4.0]);
    let unit = [0.03, 0.3, 0.6, 0.95];
    let whole = [-1e9, 1e9];
    inverts(Normal::new(0.3, 1.2), everywhere, whole);
    inverts(Laplace::new(0.3, 1.2), everywhere, whole);
    inverts(Logistic::new(0.3, 1.2), everywhere, whole);
    inverts(Gumbel::new(0.3, 1.2), everywhere, whole);
    inverts(Cauchy::new(0.3, 1.2), everywhere, [-1e12, 1e12]);
    integrates(StudentT::new(3.0, 0.3, 1.2), everywhere, whole);
    integrates(AsymmetricLaplace::new(0.3, 1.2, 1.7), everywhere, whole);
    inverts(HalfNormal::new(1.2), positive, [-1.0, 1e9]);
    inverts(HalfCauchy::new(1.2), positive, [-1.0, 1e12]);
    integrates(HalfStudentT::new(3.0, 1.2), positive, [-1.0, 1e9]);
    inverts(LogNormal::new(0.3, 1.2), positive, [0.0, 1e30]);
    inverts(Exponential::new(0.8), positive, [-1.0, 1e9]);
    integrates(Gamma::new(0.7, 1.3), positive, [-1.0, 1e9]);
    integrates(Chi2::new(3.0), positive, [-1.0, 1e9]);
    integrates(InverseGamma::new(1.7, 1.3), positive, [1e-12, 1e12]);
    inverts(Weibull::new(1.2, 1.7), positive, [0.0, 1e9]);
    inverts(Pareto::new(0.04, 1.7), positive, [0.01, 1e12]);
    inverts(Uniform::new(0.0, 5.0), positive, [-1.0, 6.0]);
    integrates(Beta::new(0.7, 2.3), unit, [0.0, 1.0]);
    inverts(Kumaraswamy::new(0.7, 2.3), unit, [0.0, 1.0]);
    inverts(LogitNormal::new(0.3, 1.2), unit, [0.0, 1.0]);
    for logits in [-3.0, -0.05, 0.0, 0.3, 4.0] {
        inverts(ContinuousBernoulli::logits(logits), unit, [0.0, 1.0]);
    }
    integrates(ContinuousBernoulli::logits(-30.0), unit, [0.0, 1.0]);
    integrates(ContinuousBernoulli::logits(30.0), unit, [0.0, 1.0]);
    inverts(RelaxedBernoulli::logits(0.7, 0.4), unit, [0.0, 1.0]);
    let weights = Categorical::probs(row(&double(), &[1.0, 3.0]));
    let mixture = Mixture::new(weights, Normal::new(row(&double(), &[-1.0, 2.0]), 0.7));
    let column: Tensor<2> = row(&double(), &everywhere).reshape([4, 1]);
    let parts = |loc: f64| host(Normal::new(loc, 0.7).cdf(column.clone()));
    let expected: Vec<f64> =
        parts(-1.0).iter().zip(parts(2.0)).map(|(x, y)| 0.25 * x + 0.75 * y).collect();
    assert_close(&host(mixture.cdf(column.clone())), &expected, 1e-14, 0.0);
}

#[test]
fn a_truncated_normal_is_right_on_either_side_of_its_mean() {
    let at = [1.1, 1.6, 2.1, 2.6]; // farther out so little is left that p = 1 - 1e-7
    for loc in [-7.0, 0.0, 2.5, 9.0] {
        inverts(TruncatedNormal::new(loc, 1.2, 1.0, 4.0), at, [1.0, 4.0]);
        inverts(TruncatedNormal::new(loc.min(4.0), 1.2, 1.0, f64::INFINITY), at, [1.0, 1e9]);
        inverts(TruncatedNormal::new(loc.max(0.0), 1.2, f64::NEG_INFINITY, 4.0), at, [-1e9, 4.0]);
    }
    inverts(TruncatedNormal::new(2.0, 1.2, f64::NEG_INFINITY, f64::INFINITY), at, [-1e9, 1e9]);
}

/// Each step of the distribution function is the mass there.
#[track_caller]
fn adds_up<P: Cdf<2> + Distribution<2, Kind = Float>>(p: P, counts: impl Iterator<Item = i32>) {
    let k: Vec<f64> = counts.map(f64::from).collect();
    let cdf = |shift: f64| {
        let at: Vec<f64> = k.iter().map(|k| k + shift).collect();
        host(p.cdf(row(&double(), &at)))
    };
    let steps: Vec<f64> = cdf(0.3).iter().zip(cdf(-1.0)).map(|(x, y)| x - y).collect();
    let mass = host(p.log_prob(row(&double(), &k)).exp());
    assert_close(&steps, &mass, 1e-10, 1e-14);
}

#[test]
fn distribution_functions_of_counts_are_sums_of_their_masses() {
    adds_up(Poisson::new(2.5), 0..12);
    adds_up(Geometric::logits(-0.4), 0..12);
    adds_up(NegativeBinomial::logits(2.5, -0.4), 0..12);
    adds_up(Binomial::logits(7.0, -0.4), 0..=7);
    adds_up(DiscreteUniform::new(-2, 3), -2..=3);
    adds_up(Bernoulli::logits(-0.4), 0..=1);
    adds_up(ZeroInflated::logits(0.7, Poisson::new(2.5)), 0..12);
}

#[test]
fn a_mixture_and_an_inflated_count_have_the_moments_of_their_parts() {
    let weights = Categorical::probs(row(&double(), &[1.0, 3.0]));
    let mixture = Mixture::new(weights, Normal::new(row(&double(), &[-1.0, 2.0]), 0.7));
    assert_close(&[number(mixture.mean())], &[1.25], 1e-14, 0.0);
    // 0.49 + ¼ 2.25² + ¾ 0.75²
    assert_close(&[number(mixture.variance())], &[0.49 + 1.265_625 + 0.421_875], 1e-14, 0.0);
    let inflated = ZeroInflated::probs(0.25, Poisson::new(4.0));
    assert_close(&[number(inflated.mean())], &[3.0], 1e-14, 0.0);
    // E x² = ¾ (4 + 16)
    assert_close(&[number(inflated.variance())], &[15.0 - 9.0], 1e-13, 0.0);
    let counts: Vec<f64> = (0..60).map(f64::from).collect();
    let masses = host(inflated.log_prob(row(&double(), &counts)).exp());
    assert_close(&[masses.iter().sum::<f64>()], &[1.0], 1e-12, 0.0);
    assert_close(&masses[..1], &[0.25 + 0.75 * (-4.0_f64).exp()], 1e-14, 0.0);
    assert_close(&masses[1..2], &[0.75 * 4.0 * (-4.0_f64).exp()], 1e-13, 0.0);
}

/// `σ(cₖ₊₁ - η) - σ(cₖ - η)`, of numbers far out too.
#[test]
fn ordered_categories_have_the_mass_between_their_cutpoints() {
    let cuts = [-40.0, -1.0, 0.5, 300.0];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    for predictor in [0.3, -2.0] {
        let ordered = OrderedLogistic::new(predictor, row(&double(), &cuts));
        assert_eq!(ordered.support(), Support::Category { count: 5 });
        let value = Tensor::<2, Int>::from_ints([[0], [1], [2], [3], [4]], &Device::flex());
        let found = host(ordered.log_prob(value));
        let inner =
            |k: usize| (sigmoid(cuts[k + 1] - predictor) - sigmoid(cuts[k] - predictor)).ln();
        // The first is -log(1 + e^40..), the last log σ(-300 + η).
        let expected = [cuts[0] - predictor, inner(0), inner(1), inner(2), predictor - cuts[3]];
        assert_close(&found, &expected, 1e-12, 1e-14);
    }
    let one = OrderedLogistic::new(0.0, row(&double(), &[0.0]));
    assert_close(&[number(one.mean())], &[0.5], 1e-14, 0.0);
    let backwards = OrderedLogistic::new(0.0, row(&double(), &[1.0, 0.0]));
    let error = backwards.check().unwrap_err().to_string();
    assert!(
        error.starts_with("OrderedLogistic: cutpoints must increase, but 0 comes after 1"),
        "{error}"
    );
}

#[test]
fn a_delta_has_all_mass_at_its_value_and_carries_its_gradient() {
    let delta = Delta::new(row(&double(), &[1.5, -2.0]));
    let draws = delta.sample(2, &mut elbo_dist::Noise::new(0, double())).unwrap();
    assert_eq!(host(draws), [1.5, -2.0, 1.5, -2.0]);
    let log_prob = host(delta.log_prob(row(&double(), &[1.5, 2.0])));
    assert_eq!(log_prob, [0.0, f64::NEG_INFINITY]);
    let gradient = elbo_testkit::autodiff_gradient(&Device::flex(), [1, 2], &[1.5, -2.0], |at| {
        let noise = &mut elbo_dist::Noise::new(0, double());
        Delta::new(at).sample(3, noise).unwrap().sum()
    });
    assert_eq!(gradient, [3.0, 3.0]);
}

/// Two ways to say the same.
#[test]
fn constructors_agree() {
    let x = row(&double(), &[0.0, 2.0, 5.0]);
    let same = |p: Tensor<2>, q: Tensor<2>| assert_close(&host(p), &host(q), 1e-13, 1e-13);
    let logit = (0.3_f64 / 0.7).ln();
    same(
        Binomial::probs(5.0, 0.3).log_prob(x.clone()),
        Binomial::logits(5.0, logit).log_prob(x.clone()),
    );
    same(Geometric::probs(0.3).log_prob(x.clone()), Geometric::logits(logit).log_prob(x.clone()));
    let by_probs = NegativeBinomial::probs(2.5, 0.3);
    same(by_probs.log_prob(x.clone()), NegativeBinomial::logits(2.5, logit).log_prob(x.clone()));
    let by_mean = NegativeBinomial::<2>::by_mean(4.0, 2.5);
    assert!((number(by_mean.mean()) - 4.0).abs() < 1e-14);
    assert!((number(by_mean.variance()) - (4.0 + 16.0 / 2.5)).abs() < 1e-13);
    same(Chi2::new(3.0).log_prob(x.clone() + 1.0), Gamma::new(1.5, 0.5).log_prob(x.clone() + 1.0));
    let one = Binomial::logits(1.0, 0.4).log_prob(row(&double(), &[0.0, 1.0]));
    same(one, Bernoulli::logits(0.4).log_prob(row(&double(), &[0.0, 1.0])));
}

/// On both sides of where the series take over.
#[test]
fn moments_of_cut_off_densities_have_their_gradients() {
    let at = [-9.0, -1.9, 0.0, 0.4, 2.1, 30.0];
    let check = |at: &[f64], f: &dyn Fn(Tensor<2>) -> Operand<2>| {
        let f = |p: Tensor<2>| f(p.clone()).on(&p).sum();
        elbo_testkit::assert_gradient(&Device::flex(), [1, at.len()], at, f);
    };
    check(&at, &|l| ContinuousBernoulli::logits(l).mean());
    check(&at, &|l| ContinuousBernoulli::logits(l).variance());
    check(&at, &|l| ContinuousBernoulli::logits(l).entropy());
    let at = [-3.0, 0.2, 2.5, 5.0];
    check(&at, &|loc| TruncatedNormal::new(loc, 1.3, 1.0, 4.0).mean());
    check(&at, &|loc| TruncatedNormal::new(loc, 1.3, 1.0, f64::INFINITY).variance());
    check(&[0.4, 1.0, 6.0], &|scale| TruncatedNormal::new(0.3, scale, 1.0, 4.0).entropy());
}

/// Far out in a tail a cut-off normal is an exponential of rate `α`: its mean is next to the end by `1/α`.
#[test]
fn a_normal_cut_off_in_its_tail_keeps_its_mean() {
    for low in [15.0, 30.0, 300.0] {
        let tail = TruncatedNormal::<2>::new(0.0, 1.0, low, f64::INFINITY);
        let mean = host(tail.mean().on(&row(&double(), &[0.0])))[0];
        // 1/α - 2/α³ + 10/α⁵ - 74/α⁷ + .. (Sloane, A000698); the next is 4e-12 of the mean at α = 15.
        let a = 1.0 / low;
        let terms = [1.0, -2.0, 10.0, -74.0, 706.0, -8162.0];
        let series = a * terms.iter().rev().fold(0.0, |sum, c| sum * a * a + c);
        assert_close(&[mean], &[low + series], 1e-11, 0.0);
    }
}
