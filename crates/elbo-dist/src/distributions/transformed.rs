use burn::tensor::{Float, Tensor};

use crate::{DistError, Distribution, Noise, Parameter, Support, Transform};

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

    /// Adds up the last axes of a log-probability that belong to an event of `own` axes, to those of `event`.
    fn summed<const D: usize>(log: Tensor<D>, own: usize, event: usize) -> Tensor<D> {
        (own..event).fold(log, |log, axis| log.sum_dim(D - 1 - axis))
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
        let of_shape = |shape: [usize; D]| self.transform.codomain(&self.mapped(shape));
        let outline = self.base.shape().unwrap_or_else(|_| self.base.outline());
        self.onto.unwrap_or_else(|| of_shape(outline))
    }

    fn is_proper(&self) -> bool {
        self.base.is_proper()
    }

    fn detach(self) -> Self {
        Self { base: self.base.detach(), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = self.base.draw(as_array(self.transform.inverse_shape(&shape)), noise);
        self.transform.forward_and_log_det(z).0
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let event = self.event_rank();
        let (z, log_det) = self.transform.inverse_and_log_det(value);
        let log_det = Self::summed(log_det, self.transform.event_rank(), event);
        Self::summed(self.base.log_prob(z), self.base.event_rank(), event) + log_det
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let shape = self.base.shape()?;
        let (domain, found) = (self.transform.domain(), self.base.support());
        match self.onto.is_none() && domain != found {
            true => Err(DistError::Domain { distribution: self.name(), domain, found }),
            false => Ok(self.mapped(shape)),
        }
    }

    fn outline(&self) -> [usize; D] {
        self.mapped(self.base.outline())
    }

    fn check(&self) -> Result<(), DistError> {
        self.base.check()
    }
}
