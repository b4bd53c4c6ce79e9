//! Densities of angles, vectors, matrices and series, and of combinators: their gradients, what state-space
//! models say of their states, and what is refused.

use burn::tensor::{Bool, Device, Float, Int, Tensor};
use elbo_dist::{
    Affine, Categorical, Censored, Chain, Dirichlet, Distribution, Exp, Exponential, Flat, Gamma,
    HiddenMarkov, Inverse, LkjCholesky, LowRankMultivariateNormal, Masked, MatrixNormal, Mixture,
    MultivariateNormal, MultivariateStudentT, Noise, Normal, Poisson, RelaxedOneHotCategorical,
    StickBreaking, Support, Transform, Transformed, Truncated, VonMises, Wishart, WishartCholesky,
};
use elbo_testkit::{assert_close, assert_gradient};

use crate::hidden_states::{MOVES, SEEN};
use crate::{double, host, row};

pub fn matrix(values: &[f64], rows: usize) -> Tensor<3> {
    double().tensor(values.to_vec(), [1, rows, values.len() / rows])
}

/// A lower factor: what is above its diagonal is not read.
pub const L: [f64; 4] = [1.3, 9.0, -0.6, 0.9];
pub const X: [f64; 2] = [0.7, -1.1];

/// By the value, and by each of the parameters that `make` puts in place of one of `at`.
#[track_caller]
pub fn gradients<const D: usize, const E: usize, P: Distribution<E, Kind = Float>>(
    shape: [usize; D],
    at: &[f64],
    x: Tensor<E>,
    make: impl Fn(Tensor<D>) -> P,
) {
    assert_gradient(&Device::flex(), shape, at, |p| make(p).log_prob(x.clone()).sum());
}

#[track_caller]
pub fn value<const D: usize>(x: Tensor<D>, p: impl Distribution<D, Kind = Float>) {
    let (shape, at) = (x.dims(), host(x));
    assert_gradient(&Device::flex(), shape, &at, |x| p.log_prob(x).sum());
}

#[test]
fn densities_of_angles_and_vectors_have_their_gradients() {
    let x = || row(&double(), &X);
    for concentration in [0.3, 7.0, 900.0] {
        value(x(), VonMises::new(0.4, concentration));
        gradients([1, 1], &[0.4], x(), |loc| VonMises::new(loc, concentration));
        gradients([1, 1], &[concentration], x(), |k| VonMises::new(0.4, k));
    }
    let (l, loc) = (|| matrix(&L, 2), || row(&double(), &[0.2, 0.5]));
    value(x(), MultivariateNormal::scale_tril(loc(), l()));
    gradients([1, 2], &[0.2, 0.5], x(), |loc| MultivariateNormal::scale_tril(loc, l()));
    gradients([1, 2, 2], &L, x(), |l| MultivariateNormal::scale_tril(loc(), l));
    let definite = [2.0, 0.5, 0.5, 1.3];
    // Of a symmetric matrix, which is read from below.
    gradients([1, 2, 2], &definite, x(), |a| MultivariateNormal::covariance_matrix(loc(), a));
    let both = |a: Tensor<3>| (a.clone() + a.swap_dims(1, 2)) * 0.5;
    gradients([1, 2, 2], &definite, x(), |a| MultivariateNormal::precision_matrix(loc(), both(a)));
    value(x(), MultivariateStudentT::new(2.5, loc(), l()));
    gradients([1, 1], &[2.5], x(), |df| MultivariateStudentT::new(df, loc(), l()));
    gradients([1, 2], &[0.2, 0.5], x(), |loc| MultivariateStudentT::new(2.5, loc, l()));
    gradients([1, 2, 2], &L, x(), |l| MultivariateStudentT::new(2.5, loc(), l));
    let (w, d) = (|| matrix(&[0.8, -0.3], 2), || row(&double(), &[0.5, 1.5]));
    value(x(), LowRankMultivariateNormal::new(loc(), w(), d()));
    gradients([1, 2], &[0.2, 0.5], x(), |loc| LowRankMultivariateNormal::new(loc, w(), d()));
    gradients([1, 2, 1], &[0.8, -0.3], x(), |w| LowRankMultivariateNormal::new(loc(), w, d()));
    gradients([1, 2], &[0.5, 1.5], x(), |d| LowRankMultivariateNormal::new(loc(), w(), d));
    gradients([1, 1], &[0.5], x(), |d| LowRankMultivariateNormal::new(loc(), w(), d));
    let simplex = || row(&double(), &[0.2, 0.8]);
    value(simplex(), RelaxedOneHotCategorical::logits(0.7, loc()));
    gradients([1, 1], &[0.7], simplex(), |t| RelaxedOneHotCategorical::logits(t, loc()));
    gradients([1, 2], &[0.2, 0.5], simplex(), |l| RelaxedOneHotCategorical::logits(0.7, l));
}

#[test]
fn densities_of_matrices_have_their_gradients() {
    let l = || matrix(&L, 2);
    let x = || matrix(&[0.3, -0.2, 1.4, 0.6], 2);
    value(x(), MatrixNormal::new(0.2, l(), l()));
    gradients([1, 2, 2], &[0.3, 1.0, -1.0, 0.0], x(), |m| MatrixNormal::new(m, l(), l()));
    gradients([1, 2, 2], &L, x(), |a| MatrixNormal::new(0.2, a, l()));
    gradients([1, 2, 2], &L, x(), |b| MatrixNormal::new(0.2, l(), b));
    let k = || matrix(&[0.9, 0.0, 0.4, 1.8], 2);
    value(k(), WishartCholesky::new(3.5, l()));
    gradients([1, 1, 1], &[3.5], k(), |df| WishartCholesky::new(df, l()));
    gradients([1, 2, 2], &L, k(), |l| WishartCholesky::new(3.5, l));
    let a = || matrix(&[2.0, 0.5, 0.5, 1.3], 2);
    value(a(), Wishart::new(3.5, l()));
    gradients([1, 1, 1], &[3.5], a(), |df| Wishart::new(df, l()));
    gradients([1, 2, 2], &L, a(), |l| Wishart::new(3.5, l));
    let corr = || matrix(&[1.0, 0.0, 0.6, 0.8], 2);
    value(corr(), LkjCholesky::new(2, 1.7));
    gradients([1, 1, 1], &[1.7], corr(), |c| LkjCholesky::new(2, c));
}

#[test]
fn densities_of_combinators_have_their_gradients() {
    let x = || row(&double(), &[0.3, 0.7, 1.2]);
    let truncated = |a: Tensor<2>| Truncated::new(Gamma::new(a, 1.3), 0.2, 2.0);
    value(x(), truncated(row(&double(), &[0.7])));
    gradients([1, 1], &[0.7], x(), truncated);
    gradients([1, 1], &[4.0], x(), |rate| Truncated::new(Gamma::new(9.0, rate), 0.2, 9.0));
    let censored = |loc: Tensor<2>| Censored::new(Normal::new(loc, 0.5), 0.3, 1.2);
    value(row(&double(), &[0.7, 0.9]), censored(row(&double(), &[0.4])));
    gradients([1, 1], &[0.4], x(), censored); // at both ends and between
    gradients([1, 1], &[0.5], x(), |scale| Censored::new(Normal::new(0.4, scale), 0.3, 1.2));
    let times = row(&double(), &[0.5, 0.7, 1.2]);
    gradients([1, 1], &[2.0], x(), |rate| {
        Censored::new(Exponential::new(rate), f64::NEG_INFINITY, times.clone())
    });
    value(x(), Transformed::new(Normal::new(0.4, 0.8), Exp));
    gradients([1, 1], &[0.4], x(), |loc| Transformed::new(Normal::new(loc, 0.8), Exp));
}

/// Vectors that share a matrix, and those that have one each, score alike.
#[test]
fn batches_of_vectors_have_a_matrix_each_or_share_one() {
    let place = double();
    let x: Tensor<3> = Noise::new(1, &place).normal([2, 3, 2]);
    let shared = place.tensor::<4>(L.to_vec(), [1, 1, 2, 2]);
    let each = shared.clone().repeat_dim(0, 2).repeat_dim(1, 3);
    let by = |l: Tensor<4>| host(MultivariateNormal::scale_tril(0.3, l).log_prob(x.clone()));
    assert_close(&by(shared.clone()), &by(each), 1e-14, 0.0);
    let one = host(
        MultivariateNormal::scale_tril(0.3, matrix(&L, 2))
            .log_prob(x.clone().narrow(0, 1, 1).narrow(1, 2, 1).reshape([1, 2])),
    );
    assert_close(&by(shared.clone())[5..], &one, 1e-14, 0.0);
    let normal = MultivariateNormal::scale_tril(0.3, shared);
    assert_eq!(normal.clone().iid([1, 3, 1]).shape().unwrap(), [1, 3, 2]);
    assert!(normal.iid([1, 3, 4]).shape().is_err());
    // By covariance and by precision they are the same.
    let l = matrix(&[1.3, 0.0, -0.6, 0.9], 2);
    let covariance = l.clone().matmul(l.clone().swap_dims(1, 2));
    let [a, b, _, c] = <[f64; 4]>::try_from(host(covariance.clone())).unwrap();
    let det = a * c - b * b;
    let precision = matrix(&[c / det, -b / det, -b / det, a / det], 2);
    let x = row(&place, &X);
    let expected = host(MultivariateNormal::scale_tril(0.3, l).log_prob(x.clone()));
    let by_covariance = MultivariateNormal::covariance_matrix(0.3, covariance).log_prob(x.clone());
    assert_close(&host(by_covariance), &expected, 1e-13, 0.0);
    let by_precision = MultivariateNormal::precision_matrix(0.3, precision).log_prob(x);
    assert_close(&host(by_precision), &expected, 1e-13, 0.0);
}

#[test]
fn supports_are_those_of_what_is_left() {
    let gamma = || Gamma::<2>::new(1.0, 1.0);
    let support = |low, high| Distribution::<2>::support(&Truncated::new(gamma(), low, high));
    assert_eq!(support(-1.0, 3.0), Support::Interval { low: 0.0, high: 3.0 });
    assert_eq!(support(1.0, f64::INFINITY), Support::AtLeast { low: 1.0 });
    assert_eq!(support(f64::NEG_INFINITY, f64::INFINITY), Support::Positive);
    let normal = Truncated::new(Normal::<2>::new(0.0, 1.0), f64::NEG_INFINITY, 1.0);
    assert_eq!(Distribution::<2>::support(&normal), Support::AtMost { high: 1.0 });
    let counts = Censored::new(Poisson::<2>::new(4.0), 2.0, 6.0);
    assert_eq!(counts.support(), Support::Integers { low: 2.0, high: 6.0 });
    let all = row(&double(), &[2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_close(&host(counts.log_prob(all).exp().sum_dim(1)), &[1.0], 1e-14, 0.0);
    assert_eq!(
        Distribution::<2>::support(&Flat::new(Support::Ordered { count: 3 })),
        Support::Ordered { count: 3 }
    );
    let shape: [usize; 3] = Flat::new(Support::CorrCholesky { size: 3 }).shape().unwrap();
    assert_eq!(shape, [1, 3, 3]);
}

/// Of maps of numbers before and after maps of vectors, the log-determinants are added up over an event.
#[test]
fn chains_of_maps_of_numbers_and_vectors_have_one_density() {
    let x = row(&double(), &[0.2, 0.3, 0.5]);
    let base = || Normal::new(row(&double(), &[0.4, -0.2]), 0.8);
    let direct = Transformed::new(base(), StickBreaking).log_prob(x.clone());
    // Twice a normal is a normal of twice the scale.
    let half = || Normal::new(row(&double(), &[0.2, -0.1]), 0.4);
    let chained = Transformed::new(half(), Chain(Affine::new(0.0, 2.0), StickBreaking));
    let found = chained.log_prob(x.clone());
    assert_eq!(found.dims(), [1, 1]);
    assert_close(&host(found), &host(direct.clone()), 1e-13, 0.0);
    // log N(z₁) + log N(z₂) - log |dx/dz|, at z = StickBreaking⁻¹(x).
    let (z, log_det) = StickBreaking.inverse_and_log_det(x);
    let parts = host(base().log_prob(z).sum_dim(1) + log_det);
    assert_close(&host(direct), &parts, 1e-13, 0.0);
    let unknown = Transformed::new(Normal::<2>::new(0.0, 1.0), Chain(Exp, Affine::new(5.0, -1.0)));
    let error = unknown.shape().unwrap_err().to_string();
    assert!(error.contains("a set that is not known"), "{error}");
    let below = unknown.onto(Support::AtMost { high: 5.0 });
    assert_eq!(Distribution::<2>::support(&below), Support::AtMost { high: 5.0 });
    let open =
        Transformed::new(Dirichlet::new(row(&double(), &[1.0, 2.0, 3.0])), Inverse(StickBreaking));
    assert_eq!((open.shape().unwrap(), open.support()), ([1, 2], Support::Real));
}

#[test]
fn parameters_of_combinators_and_of_choices_have_their_gradients() {
    let x = || row(&double(), &[0.3, 0.7, 1.2]);
    let mixture = |logits: Tensor<2>, loc: Tensor<2>, scale: Tensor<2>| {
        Mixture::new(Categorical::logits(logits), Normal::new(loc, scale))
    };
    let fixed = || row(&double(), &[0.4, 1.1]);
    let one = || row(&double(), &[0.7]);
    value(one(), mixture(fixed(), fixed(), fixed()));
    gradients([1, 2], &[0.4, 1.1], one(), |logits| mixture(logits, fixed(), fixed()));
    gradients([1, 2], &[0.4, 1.1], one(), |loc| mixture(fixed(), loc, fixed()));
    gradients([1, 2], &[0.4, 1.1], one(), |scale| mixture(fixed(), fixed(), scale));
    gradients([1, 1], &[0.8], x(), |scale| Transformed::new(Normal::new(0.4, scale), Exp));
    let mask = || Tensor::<2, Bool>::from_data([[true, false, true]], &Device::flex());
    gradients([1, 1], &[0.8], x(), |rate| Masked::new(Exponential::new(rate), mask()));
    value(x(), Masked::new(Gamma::new(2.0, 1.0), mask()));
    gradients([1, 1], &[0.4], x() / 2.0, |loc| elbo_dist::LogitNormal::new(loc, 0.8));
    let counts = || row(&double(), &[0.0, 3.0, 7.0]);
    gradients([1, 1], &[2.5], counts(), |k| elbo_dist::NegativeBinomial::by_mean(4.0, k));
    gradients([1, 1], &[2.5], counts(), |mean| elbo_dist::NegativeBinomial::by_mean(mean, 4.0));
    let seen = row(&double(), &SEEN);
    gradients([1, 1, 2], &[0.8, 1.1], seen, |scale| {
        let initial = Categorical::logits(row(&double(), &[0.3, -0.5]));
        let locs = Normal::new(matrix(&[-0.6, 1.1], 1), scale);
        HiddenMarkov::new(initial, Categorical::logits(matrix(&MOVES, 2)), locs, 4)
    });
    let second = || Tensor::<2, Int>::from_ints([[1]], &Device::flex());
    assert_gradient(&Device::flex(), [1, 3], &[0.2, 0.5, 0.9], |probs| {
        Categorical::probs(probs).log_prob(second()).sum()
    });
    assert_gradient(&Device::flex(), [1, 1], &[0.4], |predictor| {
        let cuts = row(&double(), &[-1.0, 0.5]);
        elbo_dist::OrderedLogistic::new(predictor, cuts).log_prob(second()).sum()
    });
}
