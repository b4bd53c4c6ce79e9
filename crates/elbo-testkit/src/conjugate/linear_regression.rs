/// The posterior `N(m, V)` of weights under `w ~ N(0, s₀² I)`, `y ~ N(X w, σ² I)` with `σ` known.
///
/// `V⁻¹ = XᵀX / σ² + I / s₀²`, `m = V Xᵀy / σ²`
///
/// ```
/// use elbo_testkit::LinearRegression;
///
/// let x = [vec![1.0, 0.0], vec![0.0, 2.0]];
/// let posterior = LinearRegression::posterior(1.0, 1.0, &x, &[2.0, 5.0]);
/// assert_eq!(posterior.mean, [1.0, 2.0]);
/// assert_eq!(posterior.covariance, [[0.5, 0.0], [0.0, 0.2]]);
/// ```
///
/// # References
/// Bishop (2006), *Pattern recognition and machine learning*, equations 3.53 and 3.54.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearRegression {
    /// `m`.
    pub mean: Vec<f64>,
    /// `V`, row by row.
    pub covariance: Vec<Vec<f64>>,
}

impl LinearRegression {
    /// The posterior under a prior of deviation `prior_scale`, with noise of deviation `sigma` and
    /// the rows `x` of the design matrix.
    ///
    /// # Panics
    /// If there are no rows, or they and `y` differ in number.
    pub fn posterior(prior_scale: f64, sigma: f64, x: &[Vec<f64>], y: &[f64]) -> Self {
        assert_eq!(x.len(), y.len(), "one row of the design matrix for each outcome");
        let d = x[0].len();
        let mut precision = vec![vec![0.0; d]; d];
        let mut moment = vec![0.0; d];
        for (row, y) in x.iter().zip(y) {
            for i in 0..d {
                moment[i] += row[i] * y / sigma.powi(2);
                for j in 0..d {
                    precision[i][j] += row[i] * row[j] / sigma.powi(2);
                }
            }
        }
        for (i, row) in precision.iter_mut().enumerate() {
            row[i] += 1.0 / prior_scale.powi(2);
        }
        let covariance = inverse(precision);
        let mean = covariance.iter().map(|row| dot(row, &moment)).collect();
        Self { mean, covariance }
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// The inverse of a positive definite matrix, by Gauss-Jordan elimination; these need no pivoting
/// (Golub & Van Loan 2013, section 4.2).
fn inverse(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let d = matrix.len();
    let mut inverse = vec![vec![0.0; d]; d];
    for (i, row) in inverse.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for pivot in 0..d {
        let scale = matrix[pivot][pivot];
        matrix[pivot].iter_mut().for_each(|x| *x /= scale);
        inverse[pivot].iter_mut().for_each(|x| *x /= scale);
        let (from, from_inverse) = (matrix[pivot].clone(), inverse[pivot].clone());
        for i in (0..d).filter(|&i| i != pivot) {
            let factor = matrix[i][pivot];
            subtract(&mut matrix[i], factor, &from);
            subtract(&mut inverse[i], factor, &from_inverse);
        }
    }
    inverse
}

/// `row -= factor * from`
fn subtract(row: &mut [f64], factor: f64, from: &[f64]) {
    row.iter_mut().zip(from).for_each(|(x, y)| *x -= factor * y);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NormalMean, assert_close};

    /// `XᵀX + I = [[3, 1], [1, 3]]` has determinant 8 and `Xᵀy = [3, 4]`, so
    /// `V = [[3, -1], [-1, 3]] / 8` and `m = [9 - 4, -3 + 12] / 8`.
    #[test]
    fn correlated_columns_by_hand() {
        let x = [vec![1.0, 1.0], vec![1.0, 0.0], vec![0.0, 1.0]];
        let posterior = LinearRegression::posterior(1.0, 1.0, &x, &[1.0, 2.0, 3.0]);
        assert_close(&posterior.covariance.concat(), &[0.375, -0.125, -0.125, 0.375], 1e-15, 0.0);
        assert_close(&posterior.mean, &[0.625, 1.125], 1e-15, 0.0);
    }

    #[test]
    fn a_column_of_ones_is_the_normal_mean() {
        let y = [0.5, 1.5, -0.25];
        let regression = LinearRegression::posterior(2.0, 0.7, &vec![vec![1.0]; 3], &y);
        let mean = NormalMean::posterior((0.0, 2.0), 0.7, &y);
        assert_close(&regression.mean, &[mean.mean], 1e-15, 0.0);
        assert_close(&regression.covariance[0], &[mean.variance], 1e-15, 0.0);
    }
}
