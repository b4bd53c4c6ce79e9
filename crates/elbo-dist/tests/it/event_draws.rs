//! Draws of angles, vectors, matrices and series, and of combinators: what they follow, their moments and
//! entropies, and the gradients that they carry.
//!
//! Seeds are fixed: each p-value is above 1e-3, and each mean within 4 standard errors.

use burn::tensor::{Bool, Device, Float, Tensor};
use elbo_dist::{
    Affine, AutoRegressive, Bernoulli, Beta, Categorical, Cdf, Censored, Chain, Chi2, Distribution,
    Entropy, Exp, Exponential, Gamma, GaussianRandomWalk, HiddenMarkov, LinearGaussian,
    LinearGaussianStateSpace, LkjCholesky, LowRankMultivariateNormal, Masked, MatrixNormal,
    Moments, MultivariateNormal, MultivariateStudentT, Noise, Normal, OrderedLogistic, Power,
    RelaxedBernoulli, RelaxedOneHotCategorical, SkewNormal, StickBreaking, StudentT, Support,
    Transformed, Truncated, VonMises, Weibull, Wishart, WishartCholesky,
};
use elbo_testkit::{assert_close, assert_gradient, autodiff_gradient, ks_test, normal_cdf};

use crate::sampling::follows_its_own;
use crate::{double, host, row, single};

const DRAWS: usize = 100_000;

/// A lower factor `[1, n, n]`, in single or double precision.
pub fn factor(n: usize, like: &elbo_dist::Place) -> Tensor<3> {
    let element = |i: usize, j: usize| match i.cmp(&j) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => 0.6 + 0.4 * i as f64,
        std::cmp::Ordering::Greater => 0.5 * ((i + 2 * j) as f64).cos(),
    };
    like.tensor((0..n * n).map(|k| element(k / n, k % n)).collect(), [1, n, n])
}

#[test]
fn draws_of_numbers_follow_their_distribution_functions() {
    for concentration in [1e-7, 0.01, 1.0, 30.0, 200.0, 1e6, 1e10] {
        follows_its_own(VonMises::new(0.0, concentration));
    }
    follows_its_own(VonMises::new(2.5, 1.3)); // wraps
    follows_its_own(VonMises::new(-3.1, 9.0));
    follows_its_own(Truncated::new(Gamma::new(0.7, 2.0), 0.1, 1.5));
    follows_its_own(Truncated::new(Beta::new(3.0, 2.0), 0.5, 0.9));
    follows_its_own(Truncated::new(Normal::new(0.0, 2.0), f64::NEG_INFINITY, -1.0));
    follows_its_own(Truncated::new(Weibull::new(2.0, 1.5), 1.0, f64::INFINITY));
}

/// By Simpson's rule from `low` on, to 1e-10 for a smooth density.
#[track_caller]
fn is_the_integral(p: &(impl Cdf<2> + Distribution<2, Kind = Float>), low: f64, ends: &[f64]) {
    const STEPS: usize = 40_000;
    let cdf = host(p.cdf(row(&double(), ends)));
    for (x, cdf) in ends.iter().zip(cdf) {
        let h = (x - low) / STEPS as f64;
        let nodes: Vec<f64> = (0..=STEPS).map(|i| low + h * i as f64).collect();
        let density = host(p.log_prob(row(&double(), &nodes)).exp());
        let weight = |i: usize| match i {
            0 | STEPS => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let sum: f64 = density.iter().enumerate().map(|(i, p)| weight(i) * p).sum();
        let integral = sum * h / 3.0;
        assert!((integral - cdf).abs() < 1e-10, "{}, {x}: {cdf}, not {integral}", p.name());
    }
}

#[test]
fn distribution_functions_are_the_integrals_of_densities() {
    let angles: Vec<f64> = (0..=8).map(|i| -3.0 + 0.75 * f64::from(i)).collect();
    for concentration in [1e-6, 0.3, 4.0, 60.0, 99.9, 100.1, 1e3, 1e6] {
        is_the_integral(&VonMises::new(0.3, concentration), -std::f64::consts::PI, &angles);
    }
    for skewness in [-40.0, -1.5, -1.0, 0.0, 0.3, 1.0, 6.0] {
        is_the_integral(
            &SkewNormal::new(0.3, 0.7, skewness),
            -8.0,
            &[-1.0, 0.1, 0.31, 0.9, 2.0, 4.0],
        );
        let skewed = SkewNormal::<2>::new(0.3, 0.7, skewness);
        let x = || row(&double(), &[-1.0, 0.3, 2.0]);
        let sum = host(skewed.cdf(x()) + skewed.sf(x()));
        assert_close(&sum, &[1.0; 3], 1e-14, 0.0);
    }
    let at = [-2.0, -0.7, 0.4, 1.0, 5.0];
    let fixed = || row(&double(), &at);
    assert_gradient(&Device::flex(), [1, 5], &at, |a| {
        SkewNormal::new(0.1, 1.2, a).cdf(fixed()).sum()
    });
    assert_gradient(&Device::flex(), [1, 5], &at, |x| SkewNormal::new(0.1, 1.2, -1.7).cdf(x).sum());
    let ends = [0.3, 0.7, 1.5];
    is_the_integral(&Truncated::new(Gamma::new(1.7, 2.0), 0.1, 1.5), 0.1, &ends);
    is_the_integral(&Truncated::new(Normal::new(-2.0, 0.7), 0.1, 1.5), 0.1, &ends);
    is_the_integral(&Truncated::new(StudentT::new(2.5, 0.4, 0.7), 0.1, 1.5), 0.1, &ends);
}

/// A linear function of normals is normal.
#[track_caller]
fn is_normal<const D: usize>(
    p: &impl Distribution<D, Kind = Float>,
    weights: Tensor<D>,
    mean: f64,
    variance: f64,
) {
    let draws = p.sample(DRAWS, &mut Noise::new(1, double()).site(p.name())).unwrap();
    let count = draws.dims().iter().product::<usize>() / DRAWS;
    let sums = host((draws * weights).reshape([DRAWS, count]).sum_dim(1));
    let p = ks_test(&sums, |x| normal_cdf((x - mean) / variance.sqrt()));
    assert!(p > 1e-3, "p = {p}");
}

fn weights<const D: usize>(shape: [usize; D]) -> (Tensor<D>, Vec<f64>) {
    let w: Vec<f64> =
        (0..shape.iter().product::<usize>()).map(|i| (1.0 + i as f64).sin()).collect();
    (double().tensor(w.clone(), shape), w)
}

#[test]
fn linear_functions_of_normal_vectors_and_series_are_normal() {
    let l = factor(3, &double());
    let (w, numbers) = weights([1, 3]);
    let loc = [0.5, -1.0, 2.0];
    let mean: f64 = numbers.iter().zip(loc).map(|(w, m)| w * m).sum();
    let spread = |l: Tensor<3>, w: Tensor<3>| host(l.swap_dims(1, 2).matmul(w).square().sum())[0];
    let column = w.clone().reshape([1, 3, 1]);
    let variance = spread(l.clone(), column.clone());
    let normal = MultivariateNormal::scale_tril(row(&double(), &loc), l.clone());
    is_normal(&normal, w.clone(), mean, variance);
    let covariance = l.clone().matmul(l.clone().swap_dims(1, 2));
    let normal = MultivariateNormal::covariance_matrix(row(&double(), &loc), covariance);
    is_normal(&normal, w.clone(), mean, variance);
    let (few, diagonal) = (l.clone().narrow(2, 0, 2), row(&double(), &[0.5, 2.0, 1.0]));
    let own = host((w.clone().square() * diagonal.clone()).sum())[0];
    let low_rank = LowRankMultivariateNormal::new(row(&double(), &loc), few.clone(), diagonal);
    is_normal(&low_rank, w.clone(), mean, own + spread(few, column.clone()));
    let other = factor(2, &double());
    let (w2, numbers) = weights([1, 3, 2]);
    let matrices = MatrixNormal::new(1.5, l.clone(), other.clone());
    let mapped = l.swap_dims(1, 2).matmul(w2.clone()).matmul(other);
    let variance = host(mapped.square().sum())[0];
    is_normal(&matrices, w2, 1.5 * numbers.iter().sum::<f64>(), variance);
    // A walk's sum of w is one of its steps with weights wₜ + .. + w_T.
    let walk = GaussianRandomWalk::new(row(&double(), &[0.5, 2.0, 1.0]), 3);
    let (w, numbers) = weights([1, 3]);
    let tails = [numbers.iter().sum::<f64>(), numbers[1] + numbers[2], numbers[2]];
    let variance = tails.iter().zip([0.5, 2.0, 1.0]).map(|(t, s): (&f64, f64)| (t * s).powi(2));
    is_normal(&walk, w, 0.0, variance.sum());
}

/// The mean and the variance of 100,000 draws, within 4 standard errors of those that are stated: that of the variance
/// by the fourth moment of the draws themselves.
#[track_caller]
pub fn has_moments<P: Moments<D> + Distribution<D, Kind = Float>, const D: usize>(p: P) {
    let draws = p.sample(DRAWS, &mut Noise::new(1, double()).site(p.name())).unwrap();
    let like = double().zeros([1; D]);
    let zero = draws.clone().narrow(0, 0, 1).zeros_like();
    let mean = zero.clone() + p.mean().on(&like);
    let variance = zero + p.variance().on(&like);
    let found = host(draws.clone().mean_dim(0));
    let square = (draws - mean.clone()).square();
    let fourth = host(square.clone().square().mean_dim(0));
    let square = host(square.mean_dim(0));
    let (mean, variance) = (host(mean), host(variance));
    for k in 0..mean.len() {
        let error = (variance[k] / DRAWS as f64).sqrt();
        assert!((found[k] - mean[k]).abs() < 4.0 * error + 1e-12, "{k}: {found:?} {mean:?}");
        let error = ((fourth[k] - square[k].powi(2)) / DRAWS as f64).sqrt();
        let off = (square[k] - variance[k]).abs();
        assert!(off < 4.0 * error + 1e-12, "{k}: {square:?} {variance:?}");
    }
}

/// The mean and the covariance that a normal density has, by its gradient, which is linear, at 0 and at each unit
/// vector; and whether draws' linear functions follow them.
#[track_caller]
fn draws_as_it_scores<const D: usize>(p: impl Distribution<D, Kind = Float>) {
    let shape = p.shape().unwrap();
    let count = shape.iter().product::<usize>();
    let slope = |x: &[f64]| {
        autodiff_gradient(&Device::flex(), shape, x, |x: Tensor<D>| p.log_prob(x).sum())
    };
    let zero = slope(&vec![0.0; count]);
    let mut precision: Vec<Vec<f64>> = (0..count)
        .map(|k| {
            let mut unit = vec![0.0; count];
            unit[k] = 1.0;
            slope(&unit).iter().zip(&zero).map(|(at, from)| from - at).collect()
        })
        .collect();
    let covariance = crate::hidden_states::inverse(&mut precision);
    let w: Vec<f64> = (0..count).map(|i| (1.0 + i as f64).sin()).collect();
    let against = |v: &[f64]| covariance.iter().map(|row| dot(row, v)).collect::<Vec<_>>();
    let (mean, variance) = (dot(&w, &against(&zero)), dot(&w, &against(&w)));
    is_normal(&p, double().tensor(w, shape), mean, variance);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn normal_vectors_and_series_are_drawn_as_they_score() {
    let loc = || row(&double(), &[0.5, -1.0, 2.0]);
    let few = || factor(3, &double()).narrow(2, 0, 2);
    draws_as_it_scores(MultivariateNormal::scale_tril(loc(), factor(3, &double())));
    draws_as_it_scores(MultivariateNormal::precision_matrix(loc(), crate::identity(3) * 4.0));
    draws_as_it_scores(LowRankMultivariateNormal::new(loc(), few(), 0.3));
    draws_as_it_scores(LowRankMultivariateNormal::new(loc(), few() * 9.0, loc().exp()));
    draws_as_it_scores(MatrixNormal::new(0.7, factor(3, &double()), factor(2, &double())));
    draws_as_it_scores(GaussianRandomWalk::new(row(&double(), &[0.7]), 6));
    draws_as_it_scores(GaussianRandomWalk::new(row(&double(), &[0.7, 3.0, 0.1]), 3));
    for coefficients in [vec![0.8, -0.5, 0.2], vec![1.0], vec![-0.9, 0.3]] {
        let series = AutoRegressive::new(row(&double(), &coefficients), 1.5, 6);
        draws_as_it_scores(series.with_intercept(0.4));
    }
    draws_as_it_scores(state_space());
}

fn state_space() -> LinearGaussianStateSpace<3> {
    let matrix = |values: &[f64], rows| double().tensor(values.to_vec(), [1, rows, 2]);
    let moves = LinearGaussian::new(matrix(&[0.9, 0.2, -0.3, 0.7], 2), factor(2, &double()));
    let seen = LinearGaussian::new(matrix(&[1.0, -0.5], 1), factor(1, &double()));
    let start = double().tensor(vec![1.0, -2.0], [1, 1, 2]);
    LinearGaussianStateSpace::new(moves, seen, 4).with_initial(start, factor(2, &double()))
}

#[test]
fn draws_of_events_have_the_moments_that_are_stated() {
    let loc = row(&double(), &[0.5, -1.0, 2.0]);
    has_moments(MultivariateNormal::scale_tril(loc.clone(), factor(3, &double())));
    has_moments(MultivariateStudentT::new(9.0, loc.clone(), factor(3, &double())));
    let few = factor(3, &double()).narrow(2, 0, 1);
    has_moments(LowRankMultivariateNormal::new(loc, few, 0.3));
    has_moments(MatrixNormal::new(0.7, factor(3, &double()), factor(2, &double())));
    has_moments(Wishart::new(4.5, factor(3, &double())));
    has_moments(GaussianRandomWalk::new(row(&double(), &[0.7]), 5));
    let series = AutoRegressive::new(row(&double(), &[0.8, -0.5, 0.2]), 1.5, 6);
    has_moments(series.with_intercept(0.4));
    has_moments(state_space());
    for df in [2.1, 4.5, 90.0] {
        has_moments(WishartCholesky::new(df, factor(3, &double())));
    }
    has_moments(HiddenMarkov::new(
        Categorical::probs(row(&double(), &[0.2, 0.8])),
        Categorical::probs(double().tensor(vec![0.9, 0.1, 0.3, 0.7], [1, 2, 2])),
        Normal::new(double().tensor(vec![-2.0, 1.0], [1, 1, 2]), 0.5),
        4,
    ));
    has_moments(Normal::new(0.3, 2.0).iid([1, 3]));
}

/// In single precision too, for many degrees of freedom, where the spread is a small difference.
#[test]
fn moments_of_wishart_factors_keep_their_digits() {
    for df in [9.0, 50.0, 1e3, 1e5] {
        let of = |place: &elbo_dist::Place| {
            let factor = WishartCholesky::new(df, factor(3, place));
            let like = place.zeros([1; 3]);
            (host(factor.mean().on(&like)), host(factor.variance().on(&like)))
        };
        let ((mean, variance), (exact, spread)) = (of(&single()), of(&double()));
        assert_close(&mean, &exact, 2e-6, 0.0);
        assert_close(&variance, &spread, 2e-5, 0.0);
    }
}

/// The mean of `-log p`, within 4 standard errors.
#[track_caller]
fn has_entropy<P: Entropy<D> + Distribution<D, Kind = Float>, const D: usize>(p: P) {
    let draws = p.sample(DRAWS, &mut Noise::new(2, double()).site(p.name())).unwrap();
    let logs = host(-p.log_prob(draws));
    let mean = logs.iter().sum::<f64>() / DRAWS as f64;
    let spread = logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let error = spread.sqrt() / DRAWS as f64;
    let stated = host(p.entropy().on(&double().zeros([1; D])))[0];
    assert!((stated - mean).abs() < 4.0 * error + 1e-12, "{stated}, not {mean} ± {error}");
}

#[test]
fn entropies_of_events_are_the_means_of_minus_log_p() {
    let l = || factor(3, &double());
    has_entropy(MultivariateNormal::<2, 3>::scale_tril(0.0, l()));
    has_entropy(MultivariateStudentT::<2, 3>::new(2.5, 0.0, l()));
    has_entropy(LowRankMultivariateNormal::<2, 3>::new(0.0, l().narrow(2, 0, 1), 0.3));
    has_entropy(MatrixNormal::new(0.0, l(), factor(2, &double())));
    has_entropy(Wishart::new(4.5, l()));
    has_entropy(GaussianRandomWalk::new(row(&double(), &[0.7]), 5));
    has_entropy(AutoRegressive::new(row(&double(), &[0.8, -0.5]), 1.5, 6));
    has_entropy(state_space());
    has_entropy(WishartCholesky::new(4.5, l()));
    for (size, concentration) in [(1, 2.0), (2, 0.5), (4, 1.0), (5, 7.0)] {
        has_entropy(LkjCholesky::<3>::new(size, concentration));
    }
    for concentration in [0.2, 3.0, 2000.0] {
        has_entropy(VonMises::<2>::new(0.4, concentration));
    }
}

/// Each partial correlation of a factor about the identity is a Beta, and so each correlation: that of
/// `½ (r + 1)` has both concentrations `η + ½ n - 1`.
#[test]
fn correlations_of_drawn_factors_are_betas() {
    for place in [single(), double()] {
        for (size, concentration) in [(2, 0.5), (4, 1.0), (4, 6.0)] {
            let lkj = LkjCholesky::<3>::new(size, concentration);
            let l = lkj.sample(DRAWS, &mut Noise::new(1, &place)).unwrap();
            let first = l.clone().narrow(0, 0, 1);
            assert!(lkj.support().contains_event(&host(first)));
            let matrix = l.clone().matmul(l.swap_dims(1, 2));
            let b = concentration + 0.5 * size as f64 - 1.0;
            for (i, j) in [(1, 0), (size - 1, 0), (size - 1, size - 2)] {
                let r = host(matrix.clone().narrow(1, i, 1).narrow(2, j, 1));
                let halves: Vec<f64> =
                    r.iter().map(|r| (0.5 * (r + 1.0)).clamp(0.0, 1.0)).collect();
                let u = host(Beta::new(b, b).cdf(row(&double(), &halves)));
                let p = ks_test(&u, |u| u);
                assert!(p > 1e-3, "{size}, {concentration}, ({i}, {j}): p = {p}");
            }
        }
    }
}

/// `K₁₁² / L₁₁² ~ χ²(ν)`, and the last pivot squared, over that of the scale, is `χ²(ν - n + 1)`.
#[test]
fn pivots_of_wishart_matrices_are_chi_squared() {
    let l = factor(3, &double());
    for df in [2.1, 4.5, 90.0] {
        let noise = || Noise::new(1, double());
        let k = WishartCholesky::new(df, l.clone()).sample(DRAWS, &mut noise()).unwrap();
        let whole = Wishart::new(df, l.clone()).sample(DRAWS, &mut noise()).unwrap();
        assert_close(&host(k.clone().matmul(k.clone().swap_dims(1, 2))), &host(whole), 1e-13, 0.0);
        for i in 0..3 {
            let pivot = |x: &Tensor<3>| x.clone().narrow(1, i, 1).narrow(2, i, 1);
            let ratio = (pivot(&k) / pivot(&l)).square();
            let u = host(Chi2::new(df - i as f64).cdf(row(&double(), &host(ratio))));
            let p = ks_test(&u, |u| u);
            assert!(p > 1e-3, "{df}, {i}: p = {p}");
        }
    }
}

/// Any of its numbers is a Student's t.
#[test]
fn numbers_of_a_student_vector_are_students() {
    let l = factor(2, &double());
    for df in [0.7, 3.0, 60.0] {
        let vectors = MultivariateStudentT::<2, 3>::new(df, 0.5, l.clone());
        let draws = vectors.sample(DRAWS, &mut Noise::new(1, double())).unwrap();
        let scale = host(l.clone().square().sum_dim(2))[1].sqrt();
        let x = host(draws.narrow(1, 1, 1));
        let u = host(StudentT::new(df, 0.5, scale).cdf(row(&double(), &x)));
        let p = ks_test(&u, |u| u);
        assert!(p > 1e-3, "{df}: p = {p}");
    }
}

/// Of two parts it is a relaxed Bernoulli.
#[test]
fn parts_of_a_relaxed_choice_follow_the_distribution_of_one() {
    for place in [single(), double()] {
        for (temperature, gap) in [(0.8, 0.7), (3.0, -2.0)] {
            let logits = row(&place, &[0.4, 0.4 - gap]);
            let relaxed = RelaxedOneHotCategorical::logits(temperature, logits);
            let draws = relaxed.sample(DRAWS, &mut Noise::new(1, &place)).unwrap();
            let x = host(draws.narrow(1, 0, 1));
            let u = host(RelaxedBernoulli::logits(temperature, gap).cdf(row(&double(), &x)));
            let p = ks_test(&u, |u| u);
            assert!(p > 1e-3, "p = {p}");
        }
    }
}

/// Each sequence of three coins is drawn as often as its probability says, within 4 standard errors.
#[test]
fn frequencies_of_hidden_chains_are_their_probabilities() {
    let chain = HiddenMarkov::new(
        Categorical::probs(row(&double(), &[0.2, 0.8])),
        Categorical::probs(double().tensor(vec![0.9, 0.1, 0.3, 0.7], [1, 2, 2])),
        Bernoulli::probs(double().tensor(vec![0.15, 0.75], [1, 1, 2])),
        3,
    );
    let draws = host(chain.sample(DRAWS, &mut Noise::new(1, double())).unwrap());
    let mut total = 0.0;
    for code in 0..8 {
        let x: Vec<f64> = (0..3).map(|t| f64::from(code >> t & 1)).collect();
        let mass = host(chain.log_prob(row(&double(), &x)).exp())[0];
        let hits = draws.chunks(3).filter(|draw| *draw == x).count() as f64 / DRAWS as f64;
        let error = (mass * (1.0 - mass) / DRAWS as f64).sqrt();
        assert!((hits - mass).abs() < 4.0 * error, "{x:?}: {hits}, not {mass}");
        total += mass;
    }
    assert_close(&[total], &[1.0], 1e-12, 0.0);
}

/// `σ(cₖ₊₁ - η) - σ(cₖ - η)` of the draws lie in each category, within 4 standard errors.
#[test]
fn frequencies_of_ordered_categories_are_the_masses_between_cutpoints() {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    for (predictor, cuts) in [(0.4, [-1.0, 0.5]), (-2.0, [-2.5, 3.0])] {
        let ordered = OrderedLogistic::new(predictor, row(&double(), &cuts));
        let draws = ordered.sample(DRAWS, &mut Noise::new(1, double())).unwrap();
        let draws: Vec<i64> = draws.into_data().iter::<i64>().collect();
        let [low, high] = cuts.map(|cut| sigmoid(cut - predictor));
        for (k, mass) in [low, high - low, 1.0 - high].into_iter().enumerate() {
            let hits = draws.iter().filter(|x| **x == k as i64).count() as f64 / DRAWS as f64;
            let error = (mass * (1.0 - mass) / DRAWS as f64).sqrt();
            assert!((hits - mass).abs() < 4.0 * error, "{k}: {hits}, not {mass}");
        }
    }
}

/// The ends are read as often as the base lies beyond them, and between them its draws stay.
#[test]
fn censored_draws_gather_at_the_ends() {
    let censored = Censored::new(Exponential::<2>::new(1.0), 0.3, 1.2);
    let draws = host(censored.sample(DRAWS, &mut Noise::new(1, double())).unwrap());
    let share = |at: f64| draws.iter().filter(|x| **x == at).count() as f64 / DRAWS as f64;
    for (at, mass) in [(0.3, 1.0 - (-0.3_f64).exp()), (1.2, (-1.2_f64).exp())] {
        let error = (mass * (1.0 - mass) / DRAWS as f64).sqrt();
        assert!((share(at) - mass).abs() < 4.0 * error, "{at}: {}, not {mass}", share(at));
    }
    let inner: Vec<f64> = draws.iter().copied().filter(|x| *x > 0.3 && *x < 1.2).collect();
    let truncated = Truncated::new(Exponential::<2>::new(1.0), 0.3, 1.2);
    let u = host(truncated.cdf(row(&double(), &inner)));
    assert!(ks_test(&u, |u| u) > 1e-3);
}

#[test]
fn transformed_draws_follow_the_mapped_distribution() {
    // exp(1 + ½ z) is log-normal.
    let place = double();
    let made = Transformed::new(Normal::new(0.0, 1.0), Chain(Affine::new(1.0, 0.5), Exp));
    let draws = host(Distribution::<2>::sample(&made, DRAWS, &mut Noise::new(1, &place)).unwrap());
    assert!(ks_test(&draws, |x| normal_cdf((x.ln() - 1.0) / 0.5)) > 1e-3);
    let x = row(&place, &[0.2, 3.0, 40.0]);
    let expected = elbo_dist::LogNormal::new(1.0, 0.5).log_prob(x.clone());
    assert_close(&host(made.log_prob(x.clone())), &host(expected), 1e-13, 1e-13);
    // The square root of an exponential is a Weibull of concentration 2.
    let root = Transformed::new(Exponential::new(1.0), Power::new(0.5));
    let expected = Weibull::new(1.0, 2.0).log_prob(x.clone());
    assert_close(&host(root.log_prob(x)), &host(expected), 1e-13, 1e-13);
    // Broken sticks: one event of what were two numbers.
    let simplex = Transformed::new(Normal::new(row(&place, &[0.0, 0.0]), 1.0), StickBreaking);
    assert_eq!(simplex.shape().unwrap(), [1, 3]);
    assert_eq!(Distribution::<2>::support(&simplex), Support::Simplex { count: 3 });
    assert_eq!(Distribution::<2>::event_rank(&simplex), 1);
    let draws = simplex.sample(50, &mut Noise::new(1, &place)).unwrap();
    assert_close(&host(draws.clone().sum_dim(1)), &[1.0; 50], 1e-12, 0.0);
    assert_eq!(simplex.log_prob(draws).dims(), [50, 1]);
}

#[test]
fn hidden_elements_of_a_masked_distribution_count_nothing() {
    let mask = Tensor::<2, Bool>::from_data([[true, false, true]], &Device::flex());
    let masked = Masked::new(Gamma::new(2.0, 1.0), mask);
    assert_eq!(masked.shape().unwrap(), [1, 3]);
    let x = row(&double(), &[0.5, f64::NAN, 2.0]);
    let all = host(Gamma::new(2.0, 1.0).log_prob(row(&double(), &[0.5, 2.0])));
    assert_close(&host(masked.log_prob(x)), &[all[0], 0.0, all[1]], 1e-14, 0.0);
    let gradient = autodiff_gradient(&Device::flex(), [1, 1], &[2.0], |a: Tensor<2>| {
        let mask = Tensor::<2, Bool>::from_data([[true, false]], &Device::flex());
        let x = row(&double(), &[0.5, f64::NAN]);
        Masked::new(Gamma::new(a, 1.0), mask).log_prob(x).sum()
    });
    let alone = autodiff_gradient(&Device::flex(), [1, 1], &[2.0], |a: Tensor<2>| {
        Gamma::new(a, 1.0).log_prob(row(&double(), &[0.5])).sum()
    });
    assert_close(&gradient, &alone, 1e-14, 0.0);
}
