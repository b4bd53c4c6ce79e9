use burn::tensor::{Int, Tensor};

use crate::parameter::check_all;
use crate::shape::shape_of_index;
use crate::{
    Categorical, DistError, Distribution, Domain, Entropy, Moments, Noise, Operand, Parameter,
    Support, TensorMap, log_sigmoid, log1mexp,
};

/// The ordered logistic distribution over `0, 1, .., K - 1`: which of the intervals between cutpoints
/// `c₁ < .. < c_{K-1}` a logistic variable about `η` falls into.
///
/// `log p(k) = log(σ(c_{k+1} - η) - σ(c_k - η))`, with `c₀ = -∞` and `c_K = ∞`
///
/// Draws are constants: no gradient flows through them.
///
/// # Shapes
/// `predictor` is `[.., 1]`, `cutpoints` are `[.., K - 1]`; values (`Int`) and `log_prob` are `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use elbo_dist::{Distribution, OrderedLogistic};
///
/// let device = Device::flex();
/// let cutpoints = Tensor::<2>::from_floats([[-1.0, 1.0]], &device);
/// let middle = Tensor::<2, Int>::from_ints([[1]], &device);
/// let log_prob: f32 = OrderedLogistic::new(0.0, cutpoints).log_prob(middle).into_scalar();
/// assert!((log_prob - 0.462_117_2_f32.ln()).abs() < 1e-6); // σ(1) - σ(-1)
/// ```
///
/// # References
/// McCullagh (1980), *Regression models for ordinal data*, equation 2.1.
#[derive(Clone, Debug)]
pub struct OrderedLogistic<const D: usize> {
    predictor: Operand<D>,
    cutpoints: Operand<D>,
}

impl<const D: usize> OrderedLogistic<D> {
    /// About `predictor`, with increasing `cutpoints` along the last axis.
    pub fn new(predictor: impl Into<Operand<D>>, cutpoints: Tensor<D>) -> Self {
        Self { predictor: predictor.into(), cutpoints: Operand::Tensor(cutpoints) }
    }

    fn categories(&self) -> Categorical<D> {
        let cuts = self.cutpoints.tensor() - &self.predictor;
        let inner = cuts.dims()[D - 1] - 1;
        let below = log_sigmoid(cuts.clone().narrow(D - 1, 0, 1));
        let above = log_sigmoid(-cuts.clone().narrow(D - 1, inner, 1));
        if inner == 0 {
            return Categorical::logits(Tensor::cat(vec![below, above], D - 1));
        }
        let (low, high) = (cuts.clone().narrow(D - 1, 0, inner), cuts.narrow(D - 1, 1, inner));
        // log(σ(h) - σ(l)) = log σ(h) + log σ(-l) + log(1 - e^(l - h))
        let within = log_sigmoid(high.clone()) + log_sigmoid(-low.clone()) + log1mexp(low - high);
        Categorical::logits(Tensor::cat(vec![below, within, above], D - 1))
    }
}

impl<const D: usize> Distribution<D> for OrderedLogistic<D> {
    type Kind = Int;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "OrderedLogistic"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("predictor", &self.predictor, Domain::Real),
            Parameter::new("cutpoints", &self.cutpoints, Domain::Real),
        ]
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Category { count: self.cutpoints.dims()[D - 1] + 1 }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            predictor: self.predictor.with_tensors(map),
            cutpoints: self.cutpoints.with_tensors(map),
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D, Int> {
        self.categories().draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D, Int>) -> Tensor<D> {
        self.categories().log_prob(value)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        shape_of_index(self.name(), &self.parameters())
    }

    fn check(&self) -> Result<(), DistError> {
        check_all(self.name(), &self.parameters())?;
        let cuts = self.cutpoints.to_host(self.cutpoints.dims());
        let rows = cuts.chunks(self.cutpoints.dims()[D - 1].max(1));
        for pair in rows.flat_map(|row| row.windows(2)) {
            if pair[0] >= pair[1] {
                let (distribution, parameter) = (self.name(), "cutpoints");
                let (low, high) = (pair[0], pair[1]);
                return Err(DistError::Order { distribution, parameter, low, high });
            }
        }
        Ok(())
    }
}

/// Of the categories' numbers.
impl<const D: usize> Moments<D> for OrderedLogistic<D> {
    fn mean(&self) -> Operand<D> {
        self.categories().mean()
    }

    fn variance(&self) -> Operand<D> {
        self.categories().variance()
    }
}

impl<const D: usize> Entropy<D> for OrderedLogistic<D> {
    fn entropy(&self) -> Operand<D> {
        self.categories().entropy()
    }
}
