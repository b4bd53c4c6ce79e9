//! Densities of angles, vectors, matrices and series, and of combinators: their gradients, what state-space
//! models say of their states, and what is refused.

use burn::tensor::{Bool, Device, Float, Int, Tensor};
use elbo_dist::{
    Affine, AutoRegressive, Categorical, Cdf, Censored, Chain, Dirichlet, DistError, Distribution,
    Exp, Exponential, Flat, Gamma, GaussianRandomWalk, HalfNormal, HiddenMarkov, Interval, Inverse,
    LinearGaussian, LinearGaussianStateSpace, LkjCholesky, LowRankMultivariateNormal,
    LowerCholesky, Masked, MatrixNormal, Mixture, MultivariateNormal, MultivariateStudentT, Noise,
    Normal, Permutation, Poisson, RelaxedOneHotCategorical, StickBreaking, Support, Transform,
    Transformed, Truncated, TruncatedNormal, VonMises, Wishart, WishartCholesky,
};
use elbo_testkit::{assert_close, assert_gradient, autodiff_gradient};

use crate::{double, host, identity, row, single};

fn matrix(values: &[f64], rows: usize) -> Tensor<3> {
    double().tensor(values.to_vec(), [1, rows, values.len() / rows])
}

/// A lower factor: what is above its diagonal is not read.
const L: [f64; 4] = [1.3, 9.0, -0.6, 0.9];
const X: [f64; 2] = [0.7, -1.1];

/// By the value, and by each of the parameters that `make` puts in place of one of `at`.
#[track_caller]
fn gradients<const D: usize, const E: usize, P: Distribution<E, Kind = Float>>(
    shape: [usize; D],
    at: &[f64],
    x: Tensor<E>,
    make: impl Fn(Tensor<D>) -> P,
) {
    assert_gradient(&Device::flex(), shape, at, |p| make(p).log_prob(x.clone()).sum());
}

#[track_caller]
fn value<const D: usize>(x: Tensor<D>, p: impl Distribution<D, Kind = Float>) {
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

fn chain(moves: Tensor<3>, locs: Tensor<3>) -> HiddenMarkov<Normal<3>, 2, 3> {
    let initial = Categorical::logits(row(&double(), &[0.3, -0.5]));
    HiddenMarkov::new(initial, Categorical::logits(moves), Normal::new(locs, 0.8), 4)
}

const MOVES: [f64; 4] = [1.0, -0.5, 0.2, 0.7];
const SEEN: [f64; 4] = [0.4, -1.0, 0.9, 1.3];

#[test]
fn densities_of_series_have_their_gradients() {
    let x = || row(&double(), &SEEN);
    let walk = |scale| GaussianRandomWalk::new(scale, 4);
    value(x(), walk(row(&double(), &[0.7])));
    gradients([1, 1], &[0.7], x(), walk);
    gradients([1, 4], &[0.7, 2.0, 1.0, 0.3], x(), walk);
    let series = |phi: Tensor<2>| AutoRegressive::new(phi, 1.5, 4).with_intercept(0.3);
    value(x(), series(row(&double(), &[0.8, -0.5])));
    gradients([1, 2], &[0.8, -0.5], x(), series);
    let phi = || row(&double(), &[0.8, -0.5]);
    gradients([1, 1], &[1.5], x(), |scale| AutoRegressive::new(phi(), scale, 4));
    gradients([1, 1], &[0.2], x(), |c| AutoRegressive::new(phi(), 1.5, 4).with_intercept(c));
    let (moves, locs) = (|| matrix(&MOVES, 2), || matrix(&[-0.6, 1.1], 1));
    value(x(), chain(moves(), locs()));
    gradients([1, 2, 2], &MOVES, x(), |moves| chain(moves, locs()));
    gradients([1, 1, 2], &[-0.6, 1.1], x(), |locs| chain(moves(), locs));
    gradients([1, 2], &[0.3, -0.5], x(), |initial| {
        let moves = Categorical::logits(moves());
        HiddenMarkov::new(Categorical::logits(initial), moves, Normal::new(locs(), 0.8), 4)
    });
    let seen = matrix(&SEEN, 4); // four steps of one number
    let at = [0.9, 0.2, -0.3, 0.7];
    let space = |f: Tensor<3>, q: Tensor<3>, h: Tensor<3>, r: Tensor<3>| {
        LinearGaussianStateSpace::new(LinearGaussian::new(f, q), LinearGaussian::new(h, r), 4)
    };
    let (f, q) = (|| matrix(&at, 2), || matrix(&L, 2));
    let (h, r) = (|| matrix(&[1.0, -0.5], 1), || matrix(&[0.7], 1));
    value(seen.clone(), space(f(), q(), h(), r()));
    gradients([1, 2, 2], &at, seen.clone(), |f| space(f, q(), h(), r()));
    gradients([1, 2, 2], &L, seen.clone(), |q| space(f(), q, h(), r()));
    gradients([1, 1, 2], &[1.0, -0.5], seen.clone(), |h| space(f(), q(), h, r()));
    gradients([1, 1, 1], &[0.7], seen.clone(), |r| space(f(), q(), h(), r));
    gradients([1, 2, 2], &L, seen.clone(), |p| space(f(), q(), h(), r()).with_initial(0.0, p));
    gradients([1, 1, 2], &[0.4, 1.0], seen, |mean| {
        space(f(), q(), h(), r()).with_initial(mean, q())
    });
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

/// All paths of a chain of two states over four steps, with their log-probabilities.
fn paths(moves: &[f64], locs: &[f64]) -> Vec<(Vec<i64>, f64)> {
    let normal = |logits: [f64; 2], k: usize| logits[k] - (logits[0].exp() + logits[1].exp()).ln();
    let density = |x: f64, k: usize| {
        -0.5 * ((x - locs[k]) / 0.8).powi(2) - (0.8_f64).ln() - elbo_dist::HALF_LN_TWO_PI
    };
    (0..16)
        .map(|code: usize| {
            let path: Vec<usize> = (0..4).map(|t| code >> t & 1).collect();
            let mut log = normal([0.3, -0.5], path[0]) + density(SEEN[0], path[0]);
            for t in 1..4 {
                let from = [moves[2 * path[t - 1]], moves[2 * path[t - 1] + 1]];
                log += normal(from, path[t]) + density(SEEN[t], path[t]);
            }
            (path.into_iter().map(|k| k as i64).collect(), log)
        })
        .collect()
}

#[test]
fn what_a_chain_says_of_its_states_is_what_all_its_paths_say() {
    let locs = [-0.6, 1.1];
    let chain = chain(matrix(&MOVES, 2), matrix(&locs, 1));
    let all = paths(&MOVES, &locs);
    let total = all.iter().map(|(_, log)| log.exp()).sum::<f64>().ln();
    let x = row(&double(), &SEEN);
    assert_close(&host(chain.log_prob(x.clone())), &[total], 1e-13, 0.0);
    let marginals = host(chain.marginals(x.clone()));
    for t in 0..4 {
        let one = all.iter().filter(|(path, _)| path[t] == 1).map(|(_, log)| (log - total).exp());
        assert_close(&marginals[2 * t + 1..2 * t + 2], &[one.sum()], 1e-12, 0.0);
    }
    let best = all.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let found: Vec<i64> = chain.viterbi(x.clone()).into_data().iter::<i64>().collect();
    assert_eq!(found, best.0);
    // Draws of whole paths, each as often as its probability says, within 4 standard errors.
    const N: usize = 20_000;
    let many = x.repeat_dim(0, N);
    let draws = chain.sample_states(many, &mut Noise::new(1, double()));
    let draws: Vec<i64> = draws.into_data().iter::<i64>().collect();
    for (path, log) in &all {
        let p = (log - total).exp();
        let hits = draws.chunks(4).filter(|draw| draw == path).count() as f64 / N as f64;
        let error = (p * (1.0 - p) / N as f64).sqrt();
        assert!((hits - p).abs() < 4.0 * error + 4.0 / N as f64, "{path:?}: {hits}, not {p}");
    }
}

/// A move that cannot be has no gradient, and the others keep theirs.
#[test]
fn a_chain_may_have_moves_that_cannot_be() {
    let never = f64::NEG_INFINITY;
    let moves = [0.4, 0.1, never, 0.0]; // the second state is not left
    let chain_of = |m: Tensor<3>| chain(m, matrix(&[-0.6, 1.1], 1));
    let all = paths(&moves, &[-0.6, 1.1]);
    let total = all.iter().map(|(_, log)| log.exp()).sum::<f64>().ln();
    let x = row(&double(), &SEEN);
    let log_prob = chain_of(matrix(&moves, 2)).log_prob(x.clone());
    assert_close(&host(log_prob), &[total], 1e-13, 0.0);
    let gradient = autodiff_gradient(&Device::flex(), [1, 2, 2], &moves, |m| {
        chain_of(m).log_prob(x.clone()).sum()
    });
    for k in [0, 1, 3] {
        let moved = |h: f64| {
            let mut moves = moves;
            moves[k] += h;
            let all = paths(&moves, &[-0.6, 1.1]);
            all.iter().map(|(_, log)| log.exp()).sum::<f64>().ln()
        };
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert_close(&gradient[k..=k], &[slope], 1e-8, 1e-9);
    }
    assert_eq!(gradient[2], 0.0);
}

/// The mean of a normal posterior is its mode: there the joint density of states and observations is flat; its
/// inverse curvature is the variance.
#[test]
fn smoothed_states_are_the_mode_of_all_that_is_known() {
    let (f, q) = (matrix(&[0.9, 0.2, -0.3, 0.7], 2), matrix(&L, 2));
    let (h, r) = (matrix(&[1.0, -0.5], 1), matrix(&[0.7], 1));
    let steps = 4;
    let space = LinearGaussianStateSpace::new(
        LinearGaussian::new(f.clone(), q.clone()),
        LinearGaussian::new(h.clone(), r),
        steps,
    );
    let x = matrix(&SEEN, steps);
    let joint = |z: Tensor<3>| {
        let at = |t: usize| z.clone().narrow(1, t, 1);
        let row = |z: Tensor<3>| z.reshape([1, 2]);
        let start = MultivariateNormal::scale_tril(0.0, identity(2)).log_prob(row(at(0)));
        let moves = (1..steps).map(|t| {
            let mean = at(t - 1).matmul(f.clone().swap_dims(1, 2));
            MultivariateNormal::scale_tril(row(mean), q.clone()).log_prob(row(at(t)))
        });
        let seen = z.clone().matmul(h.clone().swap_dims(1, 2));
        let seen = Normal::new(seen, 0.7).log_prob(x.clone()).sum();
        moves.fold(start, |sum, log| sum + log).sum() + seen
    };
    let gradient = |z: &[f64]| autodiff_gradient(&Device::flex(), [1, steps, 2], z, joint);
    let smoothed = space.smoothed(x.clone());
    let mode = host(smoothed.mean.clone());
    assert_close(&gradient(&mode), &[0.0; 8], 0.0, 1e-10);
    // The curvature, by differences of gradients, which are linear; and its inverse.
    let mut curvature: Vec<Vec<f64>> = (0..8)
        .map(|k| {
            let mut moved = mode.clone();
            moved[k] += 1.0;
            gradient(&moved).iter().map(|g| -g).collect()
        })
        .collect();
    let inverse = inverse(&mut curvature);
    let expected: Vec<f64> = (0..8).map(|k| inverse[k][k]).collect();
    assert_close(&host(smoothed.variance), &expected, 1e-9, 0.0);
    // At the last step nothing is known later.
    let filtered = space.filtered(x);
    assert_close(&host(filtered.mean)[6..], &mode[6..], 1e-12, 0.0);
    assert_close(&host(filtered.variance)[6..], &expected[6..], 1e-9, 0.0);
}

pub fn inverse(matrix: &mut [Vec<f64>]) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let mut out: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for k in 0..n {
        let pivot = matrix[k][k];
        for j in 0..n {
            matrix[k][j] /= pivot;
            out[k][j] /= pivot;
        }
        for i in (0..n).filter(|i| *i != k) {
            let ratio = matrix[i][k];
            for j in 0..n {
                matrix[i][j] -= ratio * matrix[k][j];
                out[i][j] -= ratio * out[k][j];
            }
        }
    }
    out
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
fn what_cannot_be_is_refused_with_what_to_do() {
    let two = || identity(2);
    let indefinite = matrix(&[1.0, 2.0, 2.0, 1.0], 2);
    let normal = MultivariateNormal::<2, 3>::covariance_matrix(0.0, indefinite);
    assert_eq!(
        normal.shape().unwrap_err(),
        DistError::NotPositiveDefinite { index: vec![0], size: 2 }
    );
    assert!(host(normal.log_prob(row(&double(), &X)))[0].is_nan());
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let wide = || matrix(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2);
    let normal = MultivariateNormal::<2, 3>::scale_tril(0.0, wide());
    says(normal.shape().unwrap_err(), "scale_tril has shape [1, 2, 3], but must have as many rows");
    let three = row(&double(), &[0.0; 3]);
    let normal = MultivariateNormal::scale_tril(three.clone(), two());
    says(normal.shape().unwrap_err(), "the shapes loc [1, 3], scale_tril [1, 2, 2] do not");
    let normal = MultivariateNormal::<2, 3>::scale_tril(0.0, matrix(&[1.0, 0.0, 0.0, -1.0], 2));
    says(normal.check().unwrap_err(), "scale_tril is -1 at [0, 1, 1], but must be part of");
    let student = MultivariateStudentT::new(three, 0.0, identity(3));
    says(student.shape().unwrap_err(), "df has shape [1, 3], but one number holds for a whole");
    let wishart = Wishart::<3>::new(1.0, two());
    says(
        wishart.check().unwrap_err(),
        "1 degrees of freedom are too few for 2 by 2 matrices; give more than 1",
    );
    let walk = GaussianRandomWalk::new(row(&double(), &[1.0, 1.0]), 3);
    says(
        walk.shape().unwrap_err(),
        "[1, 2] is to be that of 3 steps; give at least one step, and parameters for one or for",
    );
    let mask = Tensor::<2, Bool>::from_data([[true, false]], &Device::flex());
    let masked = Masked::new(Normal::new(row(&double(), &[0.0; 3]), 1.0), mask);
    says(masked.shape().unwrap_err(), "a mask of shape [1, 2] does not fit values of shape [1, 3]");
    let halves = Transformed::new(Exponential::<2>::new(1.0), Affine::new(0.0, 0.5));
    says(
        halves.shape().unwrap_err(),
        "its transform maps real, but the base's values are non-negative",
    );
    assert_eq!(halves.onto(Support::NonNegative).shape().unwrap(), [1, 1]);
    let flat = Flat::new(Support::Real);
    let drawn = Distribution::<2>::sample(&flat, 1, &mut Noise::new(0, double()));
    says(drawn.unwrap_err(), "Flat is not normalized to a probability, so it cannot be drawn from");
    let iid = Distribution::<2>::iid(flat, [1, 3]).sample(1, &mut Noise::new(0, double()));
    says(iid.unwrap_err(), "give the site a proper prior");
    let swapped = Truncated::new(Normal::<2>::new(0.0, 1.0), 2.0, 1.0);
    says(swapped.shape().unwrap_err(), "there is no interval from 2 to 1");
    let swapped = Censored::new(Normal::<2>::new(0.0, 1.0), 2.0, 1.0);
    says(swapped.check().unwrap_err(), "there is no interval from 2 to 1");
    let space = LinearGaussianStateSpace::new(
        LinearGaussian::new(two(), two()),
        LinearGaussian::new(identity(3), identity(3)),
        2,
    );
    says(space.shape().unwrap_err(), "transition [1, 2, 2]");
    let states = Categorical::logits(row(&double(), &[0.0; 3]));
    let seen = Normal::<3>::new(0.0, 1.0);
    let chain = HiddenMarkov::new(states, Categorical::logits(two()), seen, 2);
    says(chain.shape().unwrap_err(), "initial [1, 3], transition [1, 2, 2]");
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

/// A first state and data that all share, and moves of each particle's own.
#[test]
fn a_chain_may_have_particles_in_its_moves_alone() {
    let each = [MOVES.to_vec(), vec![0.2, 0.9, -1.0, 0.3], vec![3.0, 0.0, 0.0, 3.0]];
    let moves = || double().tensor::<3>(each.concat(), [3, 2, 2]);
    let locs = || matrix(&[-0.6, 1.1], 1);
    let x = row(&double(), &SEEN);
    let all = chain(moves(), locs());
    assert_eq!(all.shape().unwrap(), [3, 4]);
    let alone = |k: usize| chain(matrix(&each[k], 2), locs());
    let log_prob = host(all.log_prob(x.clone()));
    let expected: Vec<f64> = (0..3).flat_map(|k| host(alone(k).log_prob(x.clone()))).collect();
    assert_close(&log_prob, &expected, 1e-13, 0.0);
    let marginals: Vec<f64> = (0..3).flat_map(|k| host(alone(k).marginals(x.clone()))).collect();
    assert_close(&host(all.marginals(x.clone())), &marginals, 1e-12, 0.0);
    let path = |chain: &HiddenMarkov<Normal<3>, 2, 3>| -> Vec<i64> {
        chain.viterbi(x.clone()).into_data().iter::<i64>().collect()
    };
    assert_eq!(path(&all), (0..3).flat_map(|k| path(&alone(k))).collect::<Vec<_>>());
    assert_eq!(all.sample_states(x.clone(), &mut Noise::new(0, double())).dims(), [3, 4]);
    assert_eq!(all.sample(3, &mut Noise::new(0, double())).unwrap().dims(), [3, 4]);
    gradients([3, 2, 2], &each.concat(), x, |moves| chain(moves, locs()));
}

/// What a combinator is of is checked: numbers where it needs numbers, and the axes of an event are nobody's.
#[test]
fn combinators_ask_what_their_base_is() {
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let weights = || Categorical::logits(row(&double(), &[0.0, 0.0]));
    let vectors = MultivariateNormal::<2, 3>::scale_tril(0.0, identity(2));
    says(Mixture::new(weights(), vectors).shape().unwrap_err(), "MultivariateNormal has events");
    let vectors = MultivariateNormal::<3, 4>::scale_tril(0.0, identity(2).reshape([1, 1, 2, 2]));
    let chain = HiddenMarkov::new(weights(), Categorical::logits(identity(2)), vectors, 2);
    says(chain.shape().unwrap_err(), "it is made of distributions of numbers");
    let mixture = || Mixture::new(weights(), Normal::new(row(&double(), &[-1.0, 2.0]), 0.5));
    let censored = Censored::new(mixture(), f64::NEG_INFINITY, row(&double(), &[1.0]));
    assert_eq!((censored.shape().unwrap(), censored.event_rank()), ([1, 1], 1));
    let at_end = host(censored.log_prob(row(&double(), &[1.0])));
    let sf = host(mixture().sf(row(&double(), &[1.0])));
    assert_close(&at_end, &[sf[0].ln()], 1e-13, 0.0);
    let many = Censored::new(mixture(), f64::NEG_INFINITY, row(&double(), &[1.0, 2.0]));
    says(many.shape().unwrap_err(), "low [1, 1], high [1, 2]");
    let none = AutoRegressive::new(row(&double(), &[0.5]), 1.0, 0);
    says(none.shape().unwrap_err(), "give at least one step");
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

/// A line through 100 points whose start is all but unknown: variances fall from 1e4 to 1e-3, and single precision
/// follows.
#[test]
fn a_diffuse_start_keeps_its_digits_in_single_precision() {
    let of = |place: &elbo_dist::Place, start: f64, error: f64| {
        let matrix = |values: [f64; 4]| place.tensor::<3>(values.to_vec(), [1, 2, 2]);
        let moves =
            LinearGaussian::new(matrix([1.0, 1.0, 0.0, 1.0]), matrix([0.1, 0.0, 0.0, 0.01]));
        let level = place.tensor::<3>(vec![1.0, 0.0], [1, 1, 2]);
        let seen = LinearGaussian::new(level, place.tensor(vec![error], [1, 1, 1]));
        let x: Vec<f64> =
            (0..100).map(f64::from).map(|t| 50.0 + 0.3 * t + 0.1 * (3.0 * t).sin()).collect();
        let line = LinearGaussianStateSpace::new(moves, seen, 100)
            .with_initial(0.0, matrix([start, 0.0, 0.0, start]));
        let x = place.tensor::<3>(x, [1, 100, 1]);
        let smoothed = line.smoothed(x.clone());
        (host(line.log_prob(x)), host(smoothed.mean), host(smoothed.variance))
    };
    for (start, error) in [(10.0, 1.0), (1e2, 1.0), (30.0, 0.3)] {
        let (log_prob, mean, variance) = of(&single(), start, error);
        let (exact, exact_mean, exact_variance) = of(&double(), start, error);
        assert_close(&log_prob, &exact, 2e-4, 0.02);
        assert_close(&mean, &exact_mean, 1e-3, 2e-3);
        assert_close(&variance, &exact_variance, 2e-2, 1e-6);
    }
}

#[test]
fn sizes_ranks_and_numbers_that_make_no_sense_are_refused() {
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let place = double();
    let none = || place.tensor::<3>(vec![], [1, 0, 0]);
    let empty = MultivariateNormal::<2, 3>::covariance_matrix(0.0, none());
    says(empty.shape().unwrap_err(), "as many rows as columns, one or more");
    says(Wishart::new(3.0, none()).shape().unwrap_err(), "as many rows as columns, one or more");
    let flat = LkjCholesky::<2>::new(2, 1.0).sample(2, &mut Noise::new(0, &place));
    says(flat.unwrap_err(), "give tensors of rank 3 or more, not 2");
    let wide = LowRankMultivariateNormal::new(row(&place, &[0.0; 3]), matrix(&[1.0; 2], 1), 1.0);
    says(wide.shape().unwrap_err(), "the sizes of loc [1, 3], cov_factor [1, 1, 2]");
    let normals = |count: usize| Normal::new(row(&place, &vec![0.0; count]), 1.0);
    let order = Permutation::new(vec![2, 0, 1]).unwrap();
    let permuted = Transformed::new(normals(4), order);
    says(permuted.shape().unwrap_err(), "does not map events of shape [1, 4]");
    let rows = Normal::new(place.zeros::<3>([1, 1, 4]), 1.0);
    let factor = Transformed::new(rows, LowerCholesky);
    says(factor.shape().unwrap_err(), "does not map events of shape [1, 1, 4]");
    let nowhere = Transformed::new(normals(1), Affine::new(0.0, 0.0));
    says(nowhere.shape().unwrap_err(), "its scale not 0");
    let coin = Transformed::new(elbo_dist::Bernoulli::<2>::logits(0.0), Affine::new(0.0, 2.0));
    says(coin.onto(Support::Real).shape().unwrap_err(), "maps continuous values");
    let beyond = Truncated::new(Exponential::<2>::new(1.0), -5.0, -2.0);
    says(beyond.shape().unwrap_err(), "there is no interval from 0 to -2");
    let beyond = Censored::new(Exponential::<2>::new(1.0), -5.0, -2.0);
    says(beyond.shape().unwrap_err(), "there is no interval from -5 to -2");
    let half = Censored::new(Poisson::<2>::new(3.0), 0.0, 2.5);
    says(half.check().unwrap_err(), "there is no interval from 0 to 2.5");
    // What is given for a unit interval is one.
    let unit =
        Transformed::new(elbo_dist::Beta::<2>::new(2.0, 3.0), Inverse(Interval::new(0.0, 1.0)));
    assert_eq!(unit.shape().unwrap(), [1, 1]);
    // π in single precision is a direction.
    assert!(VonMises::<2>::new(0.0, 1.0).support().contains(f64::from(std::f32::consts::PI)));
    assert!(!Support::Interval { low: 0.0, high: 1.0 }.contains(1.0 + 1e-9));
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
