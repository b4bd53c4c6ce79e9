//! Series, hidden chains and hidden normal states: their gradients, and what they say of their states.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    AutoRegressive, Categorical, Distribution, GaussianRandomWalk, HiddenMarkov, LinearGaussian,
    LinearGaussianStateSpace, MultivariateNormal, Noise, Normal,
};
use elbo_testkit::{assert_close, autodiff_gradient};

use crate::event_densities::{L, gradients, matrix, value};
use crate::{double, host, identity, row, single};

fn chain(moves: Tensor<3>, locs: Tensor<3>) -> HiddenMarkov<Normal<3>, 2, 3> {
    let initial = Categorical::logits(row(&double(), &[0.3, -0.5]));
    HiddenMarkov::new(initial, Categorical::logits(moves), Normal::new(locs, 0.8), 4)
}

pub const MOVES: [f64; 4] = [1.0, -0.5, 0.2, 0.7];
pub const SEEN: [f64; 4] = [0.4, -1.0, 0.9, 1.3];

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

/// Of two particles one cannot have made the data: it has the logarithm of 0, and the other keeps its slope.
#[test]
fn a_chain_that_cannot_make_its_data_spoils_no_other() {
    let never = f64::NEG_INFINITY;
    let starts = [0.0, never, 0.3, -0.5];
    let at = |starts: Tensor<2>| {
        let stay = Categorical::logits(matrix(&[0.0, never, never, 0.0], 2));
        let ends = double().tensor::<3>(vec![1.0, 9.0], [1, 1, 2]);
        let seen = elbo_dist::Censored::new(Normal::new(0.0, 1.0), never, ends);
        HiddenMarkov::new(Categorical::logits(starts), stay, seen, 2)
    };
    let x = row(&double(), &[2.0, 2.5]); // beyond what the first state can show
    let both = double().tensor::<2>(starts.to_vec(), [2, 2]);
    let log_prob = host(at(both).log_prob(x.clone()));
    assert_eq!(log_prob[0], never);
    let alone = |s: &[f64]| {
        autodiff_gradient(&Device::flex(), [1, 2], s, |s| at(s).log_prob(x.clone()).sum())
    };
    let gradient = autodiff_gradient(&Device::flex(), [2, 2], &starts, |s| {
        at(s).log_prob(x.clone()).narrow(0, 1, 1).sum()
    });
    assert_close(&gradient[2..], &alone(&starts[2..]), 1e-13, 0.0);
    assert!(gradient[2].abs() > 0.1, "{gradient:?}");
}
