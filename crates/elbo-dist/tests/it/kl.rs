//! Divergences against quadrature and sums.

use std::cell::RefCell;
use std::collections::BTreeSet;

use burn::tensor::{Device, Float, Tensor};
use elbo_dist::{
    AsymmetricLaplace, Bernoulli, Beta, Binomial, Categorical, Cauchy, Chi2, Dirichlet,
    DiscreteUniform, Distribution, Exponential, Gamma, Geometric, Gumbel, HalfCauchy, HalfNormal,
    InverseGamma, KL_PAIRS, KlDivergence, Kumaraswamy, Laplace, LogNormal, Logistic, LogitNormal,
    MultivariateNormal, NegativeBinomial, Noise, Normal, OneHotCategorical, Operand, Pareto,
    Poisson, Support, Uniform, VonMises, Weibull, kl_is_closed, known_kl,
};
use elbo_testkit::{assert_close, assert_gradient};

use crate::{double, host, row};

/// The pairs that have been held against an integral.
#[derive(Default)]
struct Checked(RefCell<BTreeSet<(&'static str, &'static str)>>);

impl Checked {
    fn note(&self, p: &'static str, q: &'static str) {
        assert!(kl_is_closed(p, q), "{p} || {q} is not in the list");
        self.0.borrow_mut().insert((p, q));
    }

    #[track_caller]
    fn pair<P, Q>(&self, p: P, q: Q)
    where
        P: KlDivergence<Q, 2> + Distribution<2, Kind = Float>,
        Q: Distribution<2, Kind = Float>,
    {
        self.note(p.name(), q.name());
        let kl = number(p.kl(&q));
        let by_type = known_kl::<2>(p.erased(), q.erased()).expect("it is in the list");
        assert_eq!(number(by_type), kl);
        let expected = expected_log_ratio(&p, &q);
        assert_close(&[kl], &[expected], 1e-6, 1e-6);
    }
}

/// With the standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (mean, square.sqrt() / n)
}

fn number(operand: Operand<2>) -> f64 {
    host(operand.on(&row(&double(), &[0.0])))[0]
}

/// `Σ p (log p - log q)` over counts, or over a fine grid of a map from the real line by the trapezoid
/// rule, whose error falls exponentially for smooth densities and is 1e-6 at a kink.
fn expected_log_ratio(
    p: &impl Distribution<2, Kind = Float>,
    q: &impl Distribution<2, Kind = Float>,
) -> f64 {
    let (x, log_weights) = nodes(p.support());
    let (log_p, log_q) = (host(p.log_prob(x.clone())), host(q.log_prob(x.clone())));
    let ends = [f64::NEG_INFINITY, f64::INFINITY].map(|z| match p.support().from_real::<2>() {
        Some(map) => host(map.forward_and_log_det(row(&double(), &[z])).0)[0],
        None => z,
    });
    let terms = host(x).into_iter().zip(log_p.iter().zip(log_q)).zip(log_weights);
    let term = |((x, (log_p, log_q)), log_weight): ((f64, (&f64, f64)), f64)| {
        let weight = (log_p + log_weight).exp();
        let term = if weight == 0.0 { 0.0 } else { weight * (log_p - log_q) };
        // At an end that the map has rounded to, there is no density to speak of.
        let at_end = ends.contains(&x);
        assert!(at_end || !term.is_nan(), "{} to {} at {x}", p.name(), q.name());
        if at_end { 0.0 } else { term }
    };
    terms.map(term).sum()
}

fn nodes(support: Support) -> (Tensor<2>, Vec<f64>) {
    const H: f64 = 2e-3;
    let z: Vec<f64> = (-25_000..=25_000).map(|i| H * f64::from(i)).collect();
    match support {
        Support::Boolean => (row(&double(), &[0.0, 1.0]), vec![0.0; 2]),
        Support::Integers { low, high } => {
            let last = high.min(low + 3000.0);
            let counts: Vec<f64> = (0..=(last - low) as usize).map(|k| low + k as f64).collect();
            (row(&double(), &counts), vec![0.0; counts.len()])
        }
        Support::Real => {
            let x: Vec<f64> = z.iter().map(|z| z.sinh()).collect();
            (row(&double(), &x), z.iter().map(|z| z.cosh().ln() + H.ln()).collect())
        }
        other => {
            let map = other.from_real::<2>().unwrap();
            let (x, log_det) = map.forward_and_log_det(row(&double(), &z));
            (x, host(log_det).into_iter().map(|log_det| log_det + H.ln()).collect())
        }
    }
}

#[test]
fn every_listed_divergence_is_the_mean_of_the_log_ratio() {
    let checked = Checked::default();
    let normal = || Normal::new(0.4, 1.7);
    checked.pair(Normal::new(-0.5, 0.8), normal());
    checked.pair(Laplace::new(-0.5, 0.8), normal());
    checked.pair(AsymmetricLaplace::new(-0.5, 0.8, 1.6), normal());
    checked.pair(Logistic::new(-0.5, 0.8), normal());
    checked.pair(Gumbel::new(-0.5, 0.8), normal());
    checked.pair(HalfNormal::new(0.8), normal());
    checked.pair(Exponential::new(1.3), normal());
    checked.pair(Gamma::new(1.4, 2.0), normal());
    checked.pair(Chi2::new(3.0), normal());
    checked.pair(InverseGamma::new(4.4, 2.0), normal());
    checked.pair(LogNormal::new(-0.5, 0.6), normal());
    checked.pair(Beta::new(1.4, 2.0), normal());
    checked.pair(Kumaraswamy::new(1.4, 2.0), normal());
    checked.pair(Weibull::new(0.7, 1.6), normal());
    checked.pair(Pareto::new(0.7, 4.6), normal());
    checked.pair(Uniform::new(-1.0, 2.5), normal());
    let half = || HalfNormal::new(1.3);
    checked.pair(HalfNormal::new(0.7), half());
    checked.pair(Exponential::new(1.3), half());
    checked.pair(Gamma::new(1.4, 2.0), half());
    checked.pair(Chi2::new(3.0), half());
    checked.pair(LogNormal::new(-0.5, 0.6), half());
    checked.pair(Beta::new(1.4, 2.0), half());
    checked.pair(Weibull::new(0.7, 1.6), half());
    let wait = || Exponential::new(0.6);
    checked.pair(Exponential::new(1.3), wait());
    checked.pair(HalfNormal::new(0.7), wait());
    checked.pair(Gamma::new(1.4, 2.0), wait());
    checked.pair(Chi2::new(3.0), wait());
    checked.pair(InverseGamma::new(4.4, 2.0), wait());
    checked.pair(LogNormal::new(-0.5, 0.6), wait());
    checked.pair(Beta::new(1.4, 2.0), wait());
    checked.pair(Weibull::new(0.7, 1.6), wait());
    checked.pair(Pareto::new(0.7, 4.6), wait());
    checked.pair(Uniform::new(1.0, 2.5), wait());
    let gamma = || Gamma::new(2.2, 1.3);
    checked.pair(Gamma::new(1.4, 2.0), gamma());
    checked.pair(Chi2::new(3.0), gamma());
    checked.pair(Exponential::new(1.3), gamma());
    checked.pair(InverseGamma::new(4.4, 2.0), gamma());
    checked.pair(LogNormal::new(-0.5, 0.6), gamma());
    checked.pair(Beta::new(1.4, 2.0), gamma());
    checked.pair(Weibull::new(0.7, 1.6), gamma());
    checked.pair(Pareto::new(0.7, 4.6), gamma());
    checked.pair(Chi2::new(3.0), Chi2::new(4.5));
    checked.pair(Gamma::new(1.4, 2.0), Chi2::new(4.5));
    checked.pair(Exponential::new(1.3), Chi2::new(4.5));
    checked.pair(InverseGamma::new(4.4, 2.0), InverseGamma::new(2.2, 1.3));
    checked.pair(Gamma::new(3.4, 2.0), InverseGamma::new(2.2, 1.3));
    checked.pair(LogNormal::new(-0.5, 0.6), InverseGamma::new(2.2, 1.3));
    checked.pair(LogNormal::new(-0.5, 0.6), LogNormal::new(0.4, 1.7));
    checked.pair(Gamma::new(1.4, 2.0), LogNormal::new(0.4, 1.7));
    checked.pair(InverseGamma::new(4.4, 2.0), LogNormal::new(0.4, 1.7));
    checked.pair(LogitNormal::new(-0.5, 0.6), LogitNormal::new(0.4, 1.7));
    checked.pair(Beta::new(1.4, 2.0), Beta::new(2.2, 0.7));
    checked.pair(Laplace::new(-0.5, 0.8), Laplace::new(0.4, 1.7));
    checked.pair(Normal::new(-0.5, 0.8), Laplace::new(0.4, 1.7));
    checked.pair(Cauchy::new(-0.5, 0.8), Cauchy::new(0.4, 1.7));
    checked.pair(HalfCauchy::new(0.8), HalfCauchy::new(1.7));
    checked.pair(Gumbel::new(-0.5, 0.8), Gumbel::new(0.4, 1.7));
    checked.pair(Weibull::new(0.7, 1.6), Weibull::new(1.2, 0.9));
    checked.pair(Exponential::new(1.3), Weibull::new(1.2, 0.9));
    checked.pair(Pareto::new(0.7, 4.6), Pareto::new(0.5, 1.6));
    checked.pair(Uniform::new(-1.0, 2.5), Uniform::new(-2.0, 3.5));
    checked.pair(Bernoulli::logits(-0.4), Bernoulli::logits(1.2));
    checked.pair(Binomial::logits(7.0, -0.4), Binomial::logits(7.0, 1.2));
    checked.pair(Geometric::logits(-0.4), Geometric::logits(1.2));
    checked.pair(NegativeBinomial::logits(2.5, -0.4), NegativeBinomial::logits(2.5, 1.2));
    checked.pair(Poisson::new(3.4), Poisson::new(5.5));
    checked.pair(DiscreteUniform::new(-1, 3), DiscreteUniform::new(-2, 9));
    let (p, q) = (row(&double(), &[0.2, 0.0, 0.8]), row(&double(), &[0.5, 0.2, 0.3]));
    let kl = Categorical::probs(p).kl(&Categorical::probs(q));
    let expected = 0.2 * 0.4_f64.ln() + 0.8 * (0.8_f64 / 0.3).ln();
    assert_close(&[number(kl)], &[expected], 1e-14, 0.0);
    checked.note("Categorical", "Categorical");
    let (p, q) = (row(&double(), &[0.2, 0.0, 0.8]), row(&double(), &[0.5, 0.2, 0.3]));
    let kl = OneHotCategorical::probs(p).kl(&OneHotCategorical::probs(q));
    assert_close(&[number(kl)], &[expected], 1e-14, 0.0);
    checked.note("OneHotCategorical", "OneHotCategorical");
    // Of two parts a Dirichlet is a Beta; of three, as one part is split off after the other.
    let dirichlet = |a: &[f64]| Dirichlet::new(row(&double(), a));
    let three = number(dirichlet(&[1.4, 2.0, 0.7]).kl(&dirichlet(&[0.9, 1.5, 3.0])));
    let first = number(Beta::new(1.4, 2.7).kl(&Beta::new(0.9, 4.5)));
    let rest = number(Beta::new(2.0, 0.7).kl(&Beta::new(1.5, 3.0)));
    assert_close(&[three], &[first + rest], 1e-13, 0.0);
    checked.note("Dirichlet", "Dirichlet");
    checked.pair(VonMises::new(-0.5, 2.8), VonMises::new(1.4, 0.7));
    checked.pair(VonMises::new(-0.5, 40.0), VonMises::new(-0.4, 60.0));
    let normal = |loc: [f64; 2], l: [f64; 4]| {
        let scale_tril = double().tensor::<3>(l.to_vec(), [1, 2, 2]);
        MultivariateNormal::scale_tril(row(&double(), &loc), scale_tril)
    };
    let p = normal([0.3, -1.0], [0.8, 0.0, -0.5, 1.3]);
    let q = normal([0.0, 0.4], [1.5, 0.0, 0.9, 0.7]);
    let draws = p.sample(1_000_000, &mut Noise::new(1, double())).unwrap();
    let ratios = host(p.log_prob(draws.clone()) - q.log_prob(draws));
    let (mean, error) = mean_and_error(&ratios);
    let kl = number(p.kl(&q));
    assert!((kl - mean).abs() < 4.0 * error, "{kl}, not {mean} ± {error}");
    checked.note("MultivariateNormal", "MultivariateNormal");
    let checked: Vec<_> = checked.0.into_inner().into_iter().collect();
    let mut listed = KL_PAIRS.to_vec();
    listed.sort_unstable();
    assert_eq!(checked, listed, "a pair of the list is not checked");
}

#[test]
fn a_divergence_from_a_smaller_support_is_infinite() {
    assert_eq!(number(Uniform::new(0.0, 2.0).kl(&Uniform::new(0.0, 1.0))), f64::INFINITY);
    assert_eq!(number(Uniform::new(-1.0, 2.0).kl(&Exponential::new(1.0))), f64::INFINITY);
    assert_eq!(number(Pareto::new(1.0, 2.0).kl(&Pareto::new(2.0, 2.0))), f64::INFINITY);
    let die = DiscreteUniform::new(1, 6);
    assert_eq!(number(die.kl(&DiscreteUniform::new(1, 4))), f64::INFINITY);
    assert!(number(Binomial::logits(3.0, 0.0).kl(&Binomial::logits(4.0, 0.0))).is_nan());
}

/// By numbers and by tensors alike; and zero between equals.
#[test]
fn divergences_are_elementwise_and_vanish_between_equals() {
    let place = double();
    let (a, b) = ([1.4, 0.3], [2.0, 5.0]);
    let by_tensors = Gamma::new(row(&place, &a), row(&place, &b)).kl(&Gamma::new(2.2, 1.3));
    let by_numbers: Vec<f64> =
        (0..2).map(|i| number(Gamma::new(a[i], b[i]).kl(&Gamma::new(2.2, 1.3)))).collect();
    assert_close(&host(by_tensors.on(&row(&place, &[0.0]))), &by_numbers, 1e-13, 0.0);
    let zeros = [
        number(Normal::new(0.3, 2.0).kl(&Normal::new(0.3, 2.0))),
        number(Beta::new(0.3, 2.0).kl(&Beta::new(0.3, 2.0))),
        number(Weibull::new(0.3, 2.0).kl(&Weibull::new(0.3, 2.0))),
        number(Cauchy::new(0.3, 2.0).kl(&Cauchy::new(0.3, 2.0))),
        number(Poisson::new(0.3).kl(&Poisson::new(0.3))),
        number(VonMises::new(0.3, 2.0).kl(&VonMises::new(0.3, 2.0))),
    ];
    assert_close(&zeros, &[0.0; 6], 0.0, 1e-14);
}

#[test]
fn divergences_have_their_gradients() {
    fn part(p: &Tensor<2>, i: usize) -> Tensor<2> {
        p.clone().narrow(1, i, 1)
    }
    let check = |f: &dyn Fn(Tensor<2>) -> Operand<2>| {
        let f = |p: Tensor<2>| f(p.clone()).on(&p).sum();
        assert_gradient(&Device::flex(), [1, 4], &[0.7, 1.8, 2.6, 1.1], f);
    };
    check(&|p| Normal::new(part(&p, 0), part(&p, 1)).kl(&Normal::new(part(&p, 2), part(&p, 3))));
    check(&|p| Gamma::new(part(&p, 0), part(&p, 1)).kl(&Gamma::new(part(&p, 2), part(&p, 3))));
    check(&|p| Beta::new(part(&p, 0), part(&p, 1)).kl(&Beta::new(part(&p, 2), part(&p, 3))));
    check(&|p| Normal::new(part(&p, 0), part(&p, 1)).kl(&Laplace::new(part(&p, 2), part(&p, 3))));
    check(&|p| Gamma::new(part(&p, 0), part(&p, 1)).kl(&LogNormal::new(part(&p, 2), part(&p, 3))));
    check(&|p| Weibull::new(part(&p, 0), part(&p, 1)).kl(&Gamma::new(part(&p, 2), part(&p, 3))));
    check(&|p| {
        let (logits, to) = (part(&p, 0), part(&p, 1));
        Bernoulli::logits(logits).kl(&Bernoulli::logits(to))
    });
    check(&|p| Categorical::logits(p.clone()).kl(&Categorical::logits(p * 0.5)));
    check(&|p| {
        VonMises::new(part(&p, 0), part(&p, 1)).kl(&VonMises::new(part(&p, 2), part(&p, 3)))
    });
    check(&|p| {
        let l = p.clone().reshape([1, 2, 2]);
        let own = MultivariateNormal::scale_tril(part(&p, 1) * 0.5, l.clone());
        own.kl(&MultivariateNormal::scale_tril(part(&p, 2), l * 0.7 + 0.1))
    });
}
