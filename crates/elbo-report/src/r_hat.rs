//! Whether chains agree.

use crate::moments::moments;
use crate::normal_quantile::normal_quantile;

/// The rank-normalized potential scale reduction `R̂` of chains of one number, each split into halves: near 1 where they agree.
///
/// `R̂² = ((n - 1) / n · W + B / n) / W`, with `n` the length of a half, `W` the mean of the variances of the halves and `B / n` the variance
/// of their means; not of the draws, but of `Φ⁻¹((rank - 3/8) / (S + 1/4))` of their ranks among all `S`, and of those of their distances
/// from the median. The larger is taken: the first sees chains of other places, the second those of other widths.
///
/// It is NaN without any variance, where a chain has fewer than four draws, and where a draw is not finite: nothing can be said then.
///
/// # Shapes
/// A list of draws a chain, of one length; of longer ones the last draws, and of an odd length the middle draw, are left out.
///
/// # Example
/// ```
/// use elbo_report::split_r_hat;
///
/// let r_hat = split_r_hat(&[vec![1.0, 2.0, 3.0, 4.0], vec![2.0, 3.0, 4.0, 5.0]]);
/// assert!((r_hat - 1.8885002).abs() < 1e-6);
/// ```
///
/// # References
/// Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), *Rank-normalization, folding, and localization: an improved R̂ for assessing
/// convergence of MCMC*, section 4.
pub fn split_r_hat(chains: &[Vec<f64>]) -> f64 {
    let length = chains.iter().map(Vec::len).min().unwrap_or(0);
    let n = length / 2;
    if n < 2 {
        return f64::NAN;
    }
    let halves = chains.iter().flat_map(|chain| [&chain[..n], &chain[length - n..length]]);
    let draws: Vec<f64> = halves.flatten().copied().collect();
    if draws.iter().any(|draw| !draw.is_finite()) {
        return f64::NAN;
    }
    let middle = median(&draws);
    let distances: Vec<f64> = draws.iter().map(|draw| (draw - middle).abs()).collect();
    let [place, width] = [draws, distances].map(|values| plain_r_hat(&normal_scores(&values), n));
    // Draws of two values about their median have no variance of distances, and say no less for that.
    place.max(width)
}

/// `R̂` of chains of `n` values, one after the other.
fn plain_r_hat(values: &[f64], n: usize) -> f64 {
    let (means, variances): (Vec<f64>, Vec<f64>) = values.chunks(n).map(moments).unzip();
    let between = moments(&means).1;
    let within = moments(&variances).0;
    let n = n as f64;
    (((n - 1.0) / n * within + between) / within).sqrt()
}

/// The median of an even number of values.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    0.5 * (sorted[half - 1] + sorted[half])
}

/// The normal quantiles of the ranks of values, ties by the mean of theirs (equation 14).
fn normal_scores(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let count = values.len() as f64;
    let mut scores = vec![0.0; values.len()];
    let mut below = 0;
    for ties in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = below as f64 + 0.5 * (ties.len() + 1) as f64;
        let score = normal_quantile((rank - 0.375) / (count + 0.25));
        ties.iter().for_each(|i| scores[*i] = score);
        below += ties.len();
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four chains of a hundred draws: chain `c` has `(37 i² + 53 c i + 17 c) mod 211`, mapped by `change`.
    fn chains(change: impl Fn(usize, f64) -> f64) -> Vec<Vec<f64>> {
        let draw = |c: usize, i: usize| ((37 * i * i + 53 * c * i + 17 * c) % 211) as f64;
        let chain = |c| (0..100).map(|i| change(c, draw(c, i))).collect();
        (0..4).map(chain).collect()
    }

    fn assert_r_hat(chains: &[Vec<f64>], arviz: f64) {
        let found = split_r_hat(chains);
        assert!((found - arviz).abs() < 1e-6, "{found} is not {arviz}");
    }

    /// `arviz.rhat(chains, method="rank")`, ArviZ 0.23.4, which is the larger of its methods `z_scale` and `folded`.
    #[test]
    fn r_hat_is_that_of_arviz() {
        assert_r_hat(&chains(|_, x| x), 0.9999852027467621);
        // A chain of another place: 1.0533 of the ranks, 1.0078 folded.
        assert_r_hat(&chains(|c, x| x + if c == 3 { 40.0 } else { 0.0 }), 1.0533201407979778);
        // A chain of another width: 0.9937 of the ranks, 1.1475 folded.
        let wide = chains(|c, x| if c == 2 { 105.0 + 3.0 * (x - 105.0) } else { x });
        assert_r_hat(&wide, 1.1474616806841471);
        // Heavy tails, whose ranks are like any others.
        assert_r_hat(&chains(|_, x| 1.0 / (x - 105.25)), 1.0011579928725287);
        // Many ties.
        assert_r_hat(&chains(|_, x| f64::from(x > 150.0)), 1.0010674930565122);
    }

    /// The plain `R̂` of these draws is 1.0397, and that of their exponentials another one.
    #[test]
    fn an_increasing_map_leaves_the_r_hat_of_ranks_as_it_is() {
        let place = |map: fn(f64) -> f64| {
            let shifted = chains(|c, x| map(x + if c == 3 { 40.0 } else { 0.0 }));
            plain_r_hat(&normal_scores(&shifted.concat()), 50)
        };
        assert_eq!(place(|x| x), place(f64::exp));
    }

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        let scores = normal_scores(&[7.0, 2.0, 7.0, -1.0]);
        let expected = [3.5, 2.0, 3.5, 1.0].map(|rank| normal_quantile((rank - 0.375) / 4.25));
        assert_eq!(scores, expected);
    }
}
