use burn::tensor::{Float, Tensor};

use crate::distributions::dirichlet::log_beta;
use crate::distributions::gamma::log_gamma_draw;
use crate::distributions::multinomial::partition;
use crate::operands::operands;
use crate::shape::with_categories;
use crate::{
    Dirichlet, DistError, Distribution, Moments, Noise, Operand, Support, broadcast, lgamma,
    lgamma_scalar,
};

/// The Dirichlet-multinomial distribution: how often each of `K` categories comes up in `n` draws whose
/// probabilities are Dirichlet.
///
/// `log p(x) = log n! - Σₖ log xₖ! + log B(α + x) - log B(α)`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `concentration` and values are `[.., K]`; `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{DirichletMultinomial, Distribution};
///
/// let device = Device::flex();
/// let even = DirichletMultinomial::new(2, Tensor::<2>::ones([1, 2], &device));
/// let x = Tensor::<2>::from_floats([[1.0, 1.0]], &device);
/// let log_prob: f32 = even.log_prob(x).into_scalar();
/// assert!((log_prob + 3.0_f32.ln()).abs() < 1e-6); // 0, 1 and 2 are equally likely
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1997), *Discrete Multivariate Distributions*, chapter 35, section 13.
#[derive(Clone, Debug)]
pub struct DirichletMultinomial<const D: usize> {
    total_count: f64,
    concentration: Operand<D>,
}

impl<const D: usize> DirichletMultinomial<D> {
    /// The distribution of `total_count` draws, with a concentration above 0 for each category.
    pub fn new(total_count: u32, concentration: Tensor<D>) -> Self {
        let concentration = Operand::Tensor(concentration);
        Self { total_count: f64::from(total_count), concentration }
    }

    fn prior(&self) -> Dirichlet<D> {
        Dirichlet::new(self.concentration.tensor())
    }
}

impl<const D: usize> Distribution<D> for DirichletMultinomial<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("DirichletMultinomial", concentration: Positive);

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        let count = self.concentration.dims()[D - 1];
        Support::Partition { count, total: self.total_count }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let logs = log_gamma_draw(&self.concentration.clone().detach(), shape, noise);
        let logits = Operand::Tensor(logs).to_host(shape);
        partition(self.total_count, &logits, shape, noise)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let a = self.prior().concentrations();
        let ways = lgamma(value.clone() + 1.0).sum_dim(D - 1);
        log_beta(value + a.clone()) - log_beta(a) - ways + lgamma_scalar(self.total_count + 1.0)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        with_categories(self.name(), broadcast(self.name(), &self.parameters())?)
    }
}

impl<const D: usize> Moments<D> for DirichletMultinomial<D> {
    fn mean(&self) -> Operand<D> {
        self.prior().mean() * self.total_count
    }

    /// `n p (1 - p) (n + Σ α) / (1 + Σ α)`, of which the Dirichlet's variance is a part.
    fn variance(&self) -> Operand<D> {
        let total = Operand::Tensor(self.prior().concentrations().sum_dim(D - 1));
        self.prior().variance() * (total + self.total_count) * self.total_count
    }
}
