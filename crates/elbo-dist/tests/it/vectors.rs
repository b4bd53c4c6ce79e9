//! Distributions of vectors, and the simplex.

use burn::tensor::{Device, Float, Tensor};
use elbo_dist::{
    Beta, Categorical, Cdf, Dirichlet, DirichletMultinomial, Distribution, Entropy, Multinomial,
    Noise, OneHotCategorical, Support,
};
use elbo_testkit::{assert_close, assert_gradient, autodiff_gradient, ks_test};

use crate::event_draws::has_moments;
use crate::{assert_close_in_units, double, host, read_golden, row, single};

/// Both precisions; errors are relative to the sum of the summands' magnitudes.
#[track_caller]
fn golden<P: Distribution<2, Kind = Float>>(
    name: &str,
    parameter: &str,
    make: impl Fn(Tensor<2>, f64) -> P,
) {
    for (place, column, tolerance) in
        [(double(), "log_prob", 1e-13), (single(), "log_prob_f32", 1e-6)]
    {
        let golden = read_golden(name).with(column);
        let cases = golden.rows(parameter).into_iter().zip(golden.rows("x"));
        let actual: Vec<f64> = cases
            .flat_map(|(parameter, x)| {
                let made = make(row(&place, &parameter), x.iter().sum());
                host(made.log_prob(row(&place, &x)))
            })
            .collect();
        let units: Vec<f64> = golden.column("size").iter().map(|size| size.max(1.0)).collect();
        assert_close_in_units(&actual, &golden.column(column), &units, tolerance);
    }
}

#[test]
fn densities_of_vectors_are_as_exact_as_their_summands() {
    golden("dirichlet", "concentration", |a, _| Dirichlet::new(a));
    golden("multinomial", "logits", |l, n| Multinomial::logits(n as u32, l));
    golden("dirichlet_multinomial", "concentration", |a, n| DirichletMultinomial::new(n as u32, a));
}

const A: [f64; 3] = [0.7, 2.0, 5.5];

fn part(x: &Tensor<2>, k: usize) -> Tensor<2> {
    x.clone().narrow(1, k, 1)
}

/// Each part of a Dirichlet is `Beta(αₖ, Σ α - αₖ)`.
#[test]
fn parts_of_a_dirichlet_are_betas() {
    for place in [single(), double()] {
        let dirichlet = Dirichlet::new(row(&place, &A));
        let draws = dirichlet.sample(100_000, &mut Noise::new(1, &place)).unwrap();
        let sums = host(draws.clone().sum_dim(1));
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5));
        for (k, a) in A.iter().enumerate() {
            let x: Tensor<2> = row(&double(), &host(part(&draws, k))).reshape([100_000, 1]);
            let u = host(Beta::new(*a, A.iter().sum::<f64>() - a).cdf(x));
            let p = ks_test(&u, |u| u);
            assert!(p > 1e-3, "{k}: p = {p}");
        }
    }
}

#[test]
fn draws_have_the_moments_that_are_stated() {
    has_moments(Dirichlet::new(row(&double(), &A)));
    has_moments(OneHotCategorical::probs(row(&double(), &A)));
    has_moments(Multinomial::probs(9, row(&double(), &A)));
    has_moments(Multinomial::probs(400, row(&double(), &A)));
    has_moments(DirichletMultinomial::new(9, row(&double(), &A)));
}

/// Every way to put 4 into three boxes comes as often as its probability says, within 4 standard errors.
#[test]
fn frequencies_of_counts_are_their_probabilities() {
    const N: usize = 100_000;
    fn often(p: &impl Distribution<2, Kind = Float>, outcomes: &[[f64; 3]]) {
        let draws = host(p.sample(N, &mut Noise::new(1, double()).site(p.name())).unwrap());
        for outcome in outcomes {
            let mass = host(p.log_prob(row(&double(), outcome)).exp())[0];
            let hits = draws.chunks(3).filter(|draw| draw == outcome).count() as f64 / N as f64;
            let error = (mass * (1.0 - mass) / N as f64).sqrt();
            assert!(
                (hits - mass).abs() <= 4.0 * error + 4.0 / N as f64,
                "{outcome:?}: {hits}, {mass}"
            );
        }
    }
    let whole = |total: usize| -> Vec<[f64; 3]> {
        let pairs = (0..=total).flat_map(|i| (0..=total - i).map(move |j| (i, j)));
        pairs.map(|(i, j)| [i as f64, j as f64, (total - i - j) as f64]).collect()
    };
    for weights in [A, [5.0, 0.1, 0.2], [1.0; 3]] {
        often(&Multinomial::probs(4, row(&double(), &weights)), &whole(4));
        often(&DirichletMultinomial::new(4, row(&double(), &weights)), &whole(4));
        often(&OneHotCategorical::probs(row(&double(), &weights)), &whole(1));
    }
}

#[test]
fn counts_add_up_and_what_cannot_be_is_not_drawn() {
    let probs = row(&double(), &[0.3, 0.0, 0.7]);
    let counts = Multinomial::probs(50, probs.clone()).sample(300, &mut Noise::new(1, double()));
    for event in host(counts.unwrap()).chunks(3) {
        assert!(event[0] + event[2] == 50.0 && event[1] == 0.0, "{event:?}");
    }
    let hot = OneHotCategorical::probs(probs.clone());
    let draws = host(hot.sample(300, &mut Noise::new(1, double())).unwrap());
    assert!(draws.chunks(3).all(|event| event[0] + event[2] == 1.0 && event[1] == 0.0));
    let never = hot.log_prob(row(&double(), &[0.0, 1.0, 0.0]));
    assert_eq!(host(never), [f64::NEG_INFINITY]);
    let third = host(hot.log_prob(row(&double(), &[0.0, 0.0, 1.0])));
    assert_close(&third, &[0.7_f64.ln()], 1e-14, 0.0);
}

/// `H = log B(α) + (Σ α - K) ψ(Σ α) - Σ (αₖ - 1) ψ(αₖ)` of two parts is that of a Beta.
#[test]
fn entropies_of_vectors_are_those_of_numbers() {
    let like = row(&double(), &[0.0]);
    let two = Dirichlet::new(row(&double(), &[0.7, 2.0])).entropy().on(&like);
    let beta = Beta::new(0.7, 2.0).entropy().on(&like);
    assert_close(&host(two), &host(beta), 1e-13, 0.0);
    let weights = row(&double(), &A);
    let hot = OneHotCategorical::probs(weights.clone()).entropy().on(&like);
    assert_close(&host(hot), &host(Categorical::probs(weights).entropy().on(&like)), 1e-14, 0.0);
}

#[test]
fn densities_of_vectors_have_their_gradients() {
    let simplex = row(&double(), &[0.2, 0.3, 0.5]);
    let counts = row(&double(), &[3.0, 0.0, 6.0]);
    let check = |f: &dyn Fn(Tensor<2>) -> Tensor<2>| {
        assert_gradient(&Device::flex(), [1, 3], &A, |p| f(p).sum());
    };
    check(&|a| Dirichlet::new(a).log_prob(simplex.clone()));
    check(&|x| Dirichlet::new(row(&double(), &A)).log_prob(x / 10.0));
    check(&|l| Multinomial::logits(9, l).log_prob(counts.clone()));
    check(&|a| DirichletMultinomial::new(9, a).log_prob(counts.clone()));
    check(&|l| OneHotCategorical::logits(l).log_prob(row(&double(), &[0.0, 1.0, 0.0])));
    check(&|p| OneHotCategorical::probs(p).log_prob(row(&double(), &[0.0, 1.0, 0.0])));
    check(&|p| Multinomial::probs(9, p).log_prob(counts.clone()));
}

/// The gradient of `E[x₁]` and of `E[x₁²]`, within 4 standard errors of 40 batches.
#[test]
fn draws_of_a_dirichlet_carry_unbiased_pathwise_gradients() {
    for a in [[0.05, 0.7, 2.0], A, [300.0, 20.0, 1000.0]] {
        for power in [1, 2] {
            let moment = |a: Tensor<2>| {
                let (total, first) = (a.clone().sum_dim(1), part(&a, 0));
                match power {
                    1 => first / total,
                    _ => first.clone() * (first + 1.0) / (total.clone() * (total + 1.0)),
                }
            };
            let exact = autodiff_gradient(&Device::flex(), [1, 3], &a, |a| moment(a).sum());
            let batch = |seed| {
                autodiff_gradient(&Device::flex(), [1, 3], &a, |a| {
                    let noise = &mut Noise::new(seed, double());
                    let draws = Dirichlet::new(a).sample(1000, noise).unwrap();
                    part(&draws, 0).powi_scalar(power).mean()
                })
            };
            let gradients: Vec<Vec<f64>> = (0..40).map(batch).collect();
            for k in 0..3 {
                let mean = gradients.iter().map(|g| g[k]).sum::<f64>() / 40.0;
                let spread = gradients.iter().map(|g| (g[k] - mean).powi(2)).sum::<f64>();
                let error = (spread / 39.0 / 40.0).sqrt();
                let off = (mean - exact[k]).abs();
                assert!(
                    off < 4.0 * error,
                    "{a:?}, {power}, {k}: {mean} ± {error}, not {}",
                    exact[k]
                );
            }
        }
    }
}

#[test]
fn supports_of_vectors_know_their_sums_and_shapes() {
    let simplex = Support::Simplex { count: 3 };
    assert!(simplex.includes(&simplex) && !simplex.includes(&Support::UnitInterval));
    assert!(!Support::Real.includes(&simplex));
    assert_eq!(simplex.real_shape(&[1, 4, 3]), [1, 4, 2]);
    assert!(Support::Simplex { count: 1 }.from_real::<2>().is_none()); // nothing is free
    assert_eq!(simplex.to_string(), "simplex of 3");
    assert!(!simplex.is_discrete() && Support::OneHot { count: 3 }.is_discrete());
    let counts = Support::Partition { count: 3, total: 7.0 };
    assert!(counts.contains_event(&[3.0, 4.0, 0.0]) && !counts.contains_event(&[3.0, 3.0, 0.0]));
    assert!(counts.contains(7.0) && !counts.contains(8.0) && !counts.contains(0.5));
}
