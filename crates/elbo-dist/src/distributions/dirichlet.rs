use burn::tensor::{Float, Tensor};

use crate::distributions::gamma::log_gamma_draw;
use crate::noise::into_open_unit;
use crate::operands::operands;
use crate::shape::with_categories;
use crate::special::log_softmax;
use crate::{
    DistError, Distribution, Entropy, Moments, Noise, Operand, Support, broadcast, digamma, lgamma,
    xlogy,
};

/// The Dirichlet distribution over the simplex with concentrations `α`.
///
/// `log p(x) = Σₖ (αₖ - 1) log xₖ + log Γ(Σₖ αₖ) - Σₖ log Γ(αₖ)`
///
/// # Shapes
/// `concentration` and values are `[.., K]`; `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Dirichlet, Distribution};
///
/// let device = Device::flex();
/// let dirichlet = Dirichlet::new(Tensor::<2>::from_floats([[1.0, 2.0, 3.0]], &device));
/// let x = Tensor::<2>::from_floats([[0.2, 0.3, 0.5]], &device);
/// let log_prob: f32 = dirichlet.log_prob(x).into_scalar();
/// assert!((log_prob - 4.5_f32.ln()).abs() < 1e-5); // 5! / 2! · 0.3 · 0.5²
/// ```
///
/// # References
/// Kotz, Balakrishnan & Johnson (2000), *Continuous Multivariate Distributions* 1, chapter 49.
#[derive(Clone, Debug)]
pub struct Dirichlet<const D: usize> {
    concentration: Operand<D>,
}

impl<const D: usize> Dirichlet<D> {
    /// The Dirichlet distribution with a concentration above 0 for each part.
    pub fn new(concentration: Tensor<D>) -> Self {
        Self { concentration: Operand::Tensor(concentration) }
    }

    pub(crate) fn concentrations(&self) -> Tensor<D> {
        self.concentration.tensor()
    }
}

impl<const D: usize> Distribution<D> for Dirichlet<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Dirichlet", concentration: Positive);

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Simplex { count: self.concentration.dims()[D - 1] }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let logs = log_gamma_draw(&self.concentration, shape, noise);
        into_open_unit(log_softmax(logs, D - 1).exp())
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let a = self.concentrations();
        xlogy(a.clone() - 1.0, value).sum_dim(D - 1) - log_beta(a)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        with_categories(self.name(), broadcast(self.name(), &self.parameters())?)
    }
}

/// `Σₖ log Γ(aₖ) - log Γ(Σₖ aₖ)`.
pub(crate) fn log_beta<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    lgamma(a.clone()).sum_dim(D - 1) - lgamma(a.sum_dim(D - 1))
}

impl<const D: usize> Moments<D> for Dirichlet<D> {
    fn mean(&self) -> Operand<D> {
        let a = self.concentrations();
        Operand::Tensor(a.clone() / a.sum_dim(D - 1))
    }

    fn variance(&self) -> Operand<D> {
        let a = self.concentrations();
        let total = a.clone().sum_dim(D - 1);
        let mean = a / total.clone();
        Operand::Tensor(mean.clone() * (-mean + 1.0) / (total + 1.0))
    }
}

impl<const D: usize> Entropy<D> for Dirichlet<D> {
    fn entropy(&self) -> Operand<D> {
        let a = self.concentrations();
        let (total, count) = (a.clone().sum_dim(D - 1), a.dims()[D - 1] as f64);
        let by_part = ((a.clone() - 1.0) * digamma(a.clone())).sum_dim(D - 1);
        let by_total = (total.clone() - count) * digamma(total);
        Operand::Tensor(log_beta(a) + by_total - by_part)
    }
}
