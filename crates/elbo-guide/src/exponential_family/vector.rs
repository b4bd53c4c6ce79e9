//! Normal distributions of vectors, with all their covariances.

use elbo_dist::HALF_LN_TWO_PI;
use nalgebra::{Cholesky, DMatrix, DVector};

/// `N(m, L Lᵀ)`. Kept are, row by row, `m` and `L` with the logarithms of its diagonal; the natural parameters are `Λ m` and
/// `-Λ / 2` for `t = (z, z zᵀ)` and the precision `Λ`.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    pub loc: DVector<f64>,
    pub factor: DMatrix<f64>,
}

impl Vector {
    /// By what is kept, `n` rows of `n` after the first.
    pub fn of(kept: &[f64], n: usize) -> Self {
        let entry = |i: usize, j: usize| kept[(i + 1) * n + j];
        let factor = DMatrix::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => entry(i, j).exp(),
            std::cmp::Ordering::Greater => entry(i, j),
        });
        Self { loc: DVector::from_column_slice(&kept[..n]), factor }
    }

    /// What is kept.
    pub fn kept(&self) -> Vec<f64> {
        let factor = self.factor.transpose(); // row by row
        let mut kept = [self.loc.as_slice(), factor.as_slice()].concat();
        let n = self.loc.len();
        (0..n).for_each(|i| kept[(i + 1) * n + i] = self.factor[(i, i)].ln());
        kept
    }

    /// The natural parameters, as many as are kept.
    pub fn natural(&self) -> Vec<f64> {
        let half = self.precision() * -0.5;
        let loc = &half * &self.loc * -2.0;
        [loc.as_slice(), half.as_slice()].concat()
    }

    fn precision(&self) -> DMatrix<f64> {
        Cholesky::pack_dirty(self.factor.clone()).inverse()
    }

    /// By natural parameters, if there is such a density.
    pub fn of_natural(natural: &[f64], n: usize) -> Option<Self> {
        let (loc, half) = natural.split_at(n);
        let half = DMatrix::from_column_slice(n, n, half);
        let precision = -(&half + half.transpose());
        let solved = Cholesky::new(precision)?;
        let loc = solved.solve(&DVector::from_column_slice(loc));
        let factor = Cholesky::new(solved.inverse())?.unpack();
        let is_finite = loc.iter().chain(factor.iter()).all(|x| x.is_finite());
        is_finite.then_some(Self { loc, factor })
    }

    /// `m + L x`
    pub fn point(&self, x: &DVector<f64>) -> DVector<f64> {
        &self.loc + &self.factor * x
    }

    /// The natural parameters of `f`, from its slopes at the points of `x` (a column each, of mean 0 and covariance `I`): the mean of
    /// the Hessian is that of `slope xᵀ L⁻¹`.
    pub fn coefficients(&self, x: &DMatrix<f64>, slopes: &DMatrix<f64>) -> Vec<f64> {
        let share = (x.ncols() as f64).recip();
        let mean = slopes.column_sum() * share;
        let products = x * slopes.transpose() * share;
        let hessian = self.factor.tr_solve_lower_triangular(&products);
        let hessian =
            hessian.unwrap_or_else(|| DMatrix::from_element(x.nrows(), x.nrows(), f64::NAN));
        self.by_moments(&mean, &(hessian * 0.5))
    }

    /// The gradient by `E[t]`, from those by `m` and by the covariance, which is made symmetric.
    fn by_moments(&self, by_loc: &DVector<f64>, by_covariance: &DMatrix<f64>) -> Vec<f64> {
        let half = (by_covariance + by_covariance.transpose()) * 0.5;
        let loc = by_loc - &half * &self.loc * 2.0;
        [loc.as_slice(), half.as_slice()].concat()
    }

    /// The gradient by `E[t]`, from that by what is kept: that by the covariance is `L⁻ᵀ S L⁻¹`, with `S` the symmetric half of the
    /// lower triangle of `Lᵀ ∂f/∂L` (Murray 2016, *Differentiation of the Cholesky decomposition*, equation 10).
    pub fn natural_gradient(&self, gradient: &[f64]) -> Vec<f64> {
        let n = self.loc.len();
        let by_factor = DMatrix::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => gradient[(i + 1) * n + j] / self.factor[(i, i)],
            std::cmp::Ordering::Greater => gradient[(i + 1) * n + j],
        });
        let product = self.factor.transpose() * by_factor;
        let half = DMatrix::from_fn(n, n, |i, j| match i == j {
            true => 0.5 * product[(i, i)],
            false => 0.5 * product[(i.max(j), i.min(j))],
        });
        let inverse = self.factor.clone().try_inverse();
        let inverse = inverse.unwrap_or_else(|| DMatrix::from_element(n, n, f64::NAN));
        let by_loc = DVector::from_column_slice(&gradient[..n]);
        self.by_moments(&by_loc, &(inverse.transpose() * half * inverse))
    }

    /// The entropy, in nats.
    pub fn entropy(&self) -> f64 {
        let n = self.loc.len() as f64;
        n * (HALF_LN_TWO_PI + 0.5) + self.factor.diagonal().map(f64::ln).sum()
    }
}
