//! Quantiles of the standard normal distribution.

/// A polynomial by its coefficients, that of the highest power first.
fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// The number below which a standard normal lies with probability `p`, to seven digits, for `p` from `1e-10` to `1 - 1e-10`.
///
/// # References
/// Wichura (1988), *The percentage points of the normal distribution*, algorithm AS 241, PPND7.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        let above = [5.9109374720e1, 1.5929113202e2, 5.0434271938e1, 3.3871327179];
        let below = [6.7187563600e1, 7.8757757664e1, 1.7895169469e1, 1.0];
        return q * polynomial(r, &above) / polynomial(r, &below);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt() - 1.6;
    let above = [1.7023821103e-1, 1.3067284816, 2.7568153900, 1.4234372777];
    let below = [1.2021132975e-1, 7.3700164250e-1, 1.0];
    (polynomial(r, &above) / polynomial(r, &below)).copysign(q)
}

#[cfg(test)]
mod tests {
    use super::normal_quantile;

    /// `scipy.stats.norm.ppf`, SciPy 1.17.
    #[test]
    fn quantiles_are_those_of_scipy() {
        let scipy = [
            (1e-10, -6.361340902404056),
            (1e-6, -4.753424308822899),
            (0.01, -2.3263478740408408),
            (0.0750001, -1.4395307645017301),
            (0.3, -0.5244005127080409),
            (0.5, 0.0),
            (0.925, 1.4395314709384563),
            (0.975, 1.959963984540054),
            (0.999999, 4.753424308817087),
        ];
        for (p, expected) in scipy {
            let found = normal_quantile(p);
            assert!((found - expected).abs() <= 2e-7 * expected.abs(), "{p}: {found}");
        }
    }
}
