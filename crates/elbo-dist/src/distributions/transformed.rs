use burn::tensor::{Float, Tensor};

use crate::transforms::over_event;
use crate::{DistError, Distribution, Noise, Parameter, Support, TensorMap, Transform};

/// The distribution of `x = f(z)` for `z` of a base distribution and a bijection `f`.
///
/// `log p(x) = log p₀(f⁻¹(x)) + log |dz/dx|`
///
/// # Shapes
/// Those of the base, mapped by the transform: of a transform of vectors the last axis, and of one of matrices
/// the last two, belong to one event, over which the base's log-probabilities are added.
///
/// # Errors
/// [`Distribution::shape`] says [`DistError::Domain`] where the base's support is not the transform's domain,
/// and [`Transformed::onto`] does not say where its values are mapped to.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Exp, Normal, Transformed};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_normal = Transformed::new(Normal::new(0.0, 1.0), Exp);
/// let log_prob: f32 = log_normal.log_prob(x).into_scalar();
/// assert!((log_prob + 1.852_312_2).abs() < 1e-6);
/// ```
///
/// # References
/// Papamakarios et al. (2021), *Normalizing flows for probabilistic modeling and inference*, equation 6.
#[derive(Clone, Debug)]
pub struct Transformed<P, T> {
    base: P,
    transform: T,
    onto: Option<Support>,
}

impl<P, T> Transformed<P, T> {
    /// The distribution of what `transform` makes of draws of `base`.
    pub fn new(base: P, transform: T) -> Self {
        Self { base, transform, onto: None }
    }

    /// The same, where the values of the base are mapped onto `support`: needed where that of the base is not
    /// all that the transform maps.
    pub fn onto(self, support: Support) -> Self {
        Self { onto: Some(support), ..self }
    }

    /// The shape of values whose base has `shape`.
    fn mapped<const D: usize>(&self, shape: [usize; D]) -> [usize; D]
    where
        T: Transform<D>,
    {
        as_array(self.transform.forward_shape(&shape))
    }
}

/// The sizes of a shape of rank `D`.
fn as_array<const D: usize>(shape: Vec<usize>) -> [usize; D] {
    std::array::from_fn(|axis| shape[axis])
}

impl<P, T, const D: usize> Distribution<D> for Transformed<P, T>
where
    P: Distribution<D, Kind = Float>,
    T: Transform<D> + Clone,
{
    type Kind = Float;
    const REPARAMETERIZED: bool = P::REPARAMETERIZED;

    fn name(&self) -> &'static str {
        "Transformed"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.base.parameters()
    }

    fn event_rank(&self) -> usize {
        self.base.event_rank().max(self.transform.event_rank())
    }

    fn support(&self) -> Support {
        let shape = self.mapped(self.base.shape().unwrap_or_else(|_| self.base.outline()));
        self.onto.or_else(|| self.transform.codomain(&shape)).unwrap_or(Support::Real)
    }

    fn is_proper(&self) -> bool {
        self.base.is_proper()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { base: self.base.with_tensors(map), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = self.base.draw(as_array(self.transform.inverse_shape(&shape)), noise);
        self.transform.forward_and_log_det(z).0
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let event = self.event_rank();
        let (z, log_det) = self.transform.inverse_and_log_det(value);
        let log_det = over_event(log_det, self.transform.event_rank(), event);
        over_event(self.base.log_prob(z), self.base.event_rank(), event) + log_det
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let (shape, distribution) = (self.base.shape()?, self.name());
        if !self.transform.is_bijection() {
            return Err(DistError::NoBijection { distribution });
        }
        let back = self.transform.inverse_shape(&self.transform.forward_shape(&shape));
        if back != shape {
            return Err(DistError::EventShape { distribution, shape: shape.to_vec() });
        }
        if self.base.support().is_discrete() {
            let (domain, found) = ("continuous values".to_string(), self.base.support());
            return Err(DistError::Domain { distribution, domain, found });
        }
        let (domain, found) = (self.transform.domain(&shape), self.base.support());
        if self.onto.is_none() && domain != Some(found) {
            let domain =
                domain.map_or("a set that is not known".to_string(), |set| set.to_string());
            return Err(DistError::Domain { distribution, domain, found });
        }
        Ok(self.mapped(shape))
    }

    fn outline(&self) -> [usize; D] {
        self.mapped(self.base.outline())
    }

    fn check(&self) -> Result<(), DistError> {
        self.base.check()
    }
}
