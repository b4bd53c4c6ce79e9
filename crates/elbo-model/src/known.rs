//! What is known in closed form of a site's distribution.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::{Distribution, Operand, Place, known_entropy, known_kl, with_particles};

use crate::term::reduce;

/// The distribution of a site, of any rank and type: divergences and entropies in closed form.
///
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Distribution, Normal, Place};
/// use elbo_model::Known;
///
/// let place = Place::f32(&Device::flex());
/// let q = Known::new(Normal::<2>::new(1.0, 1.0), [1, 3], 0, &place);
/// let p = Known::new(Normal::<2>::new(0.0, 1.0), [1, 3], 0, &place);
/// let kl = q.divergence(&p).unwrap(); // ½ for each of three numbers
/// assert_eq!(kl.into_scalar::<f32>(), 1.5);
/// assert_eq!(q.name(), "Normal");
/// ```
#[derive(Clone)]
pub struct Known {
    name: &'static str,
    distribution: Arc<dyn Erased>,
}

impl Known {
    /// The distribution of a site of `shape`, whose axes 1, 2, .. are those of so many `plates`.
    ///
    /// # Panics
    /// If there are more plates than axes for them.
    pub fn new<const D: usize, P: Distribution<D>>(
        distribution: P,
        shape: [usize; D],
        plates: usize,
        place: &Place,
    ) -> Self {
        let name = distribution.name();
        let place = place.clone();
        Self { name, distribution: Arc::new(Of { distribution, shape, plates, place }) }
    }

    /// The distribution's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The distribution of one element, if it is of this type.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Distribution, Laplace, Normal, Place};
    /// use elbo_model::Known;
    ///
    /// let three = Normal::<2>::new(1.0, 0.5).iid([1, 3]);
    /// let known = Known::new(three, [1, 3], 0, &Place::f32(&Device::flex()));
    /// assert!(known.of::<Normal<2>>().is_some());
    /// assert!(known.of::<Laplace<2>>().is_none());
    /// ```
    pub fn of<P: 'static>(&self) -> Option<&P> {
        self.distribution.erased().downcast_ref()
    }

    /// `KL(self ‖ other)`, if it has a closed form.
    ///
    /// # Shapes
    /// `[S, N]` or `[1, N]`, summed over event axes.
    pub fn divergence(&self, other: &Known) -> Option<Tensor<2>> {
        self.distribution.divergence(other.distribution.erased())
    }

    /// The entropy, if it has a closed form.
    ///
    /// # Shapes
    /// `[S, N]` or `[1, N]`, summed over event axes.
    pub fn entropy(&self) -> Option<Tensor<2>> {
        self.distribution.entropy()
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({})", self.name)
    }
}

trait Erased: Send + Sync {
    fn erased(&self) -> &dyn Any;
    fn divergence(&self, other: &dyn Any) -> Option<Tensor<2>>;
    fn entropy(&self) -> Option<Tensor<2>>;
}

struct Of<P, const D: usize> {
    distribution: P,
    shape: [usize; D],
    plates: usize,
    place: Place,
}

impl<P: Distribution<D>, const D: usize> Of<P, D> {
    /// The sum over events of a number an independent element.
    fn total(&self, each: Operand<D>) -> Tensor<2> {
        let each = each.on(&self.place.zeros([1; D]));
        let mut shape = with_particles(self.shape, each.dims()[0]);
        shape[D - self.distribution.event_rank()..].fill(1);
        reduce(each.expand(shape), self.plates)
    }
}

impl<P: Distribution<D>, const D: usize> Erased for Of<P, D> {
    fn erased(&self) -> &dyn Any {
        self.distribution.erased()
    }

    fn divergence(&self, other: &dyn Any) -> Option<Tensor<2>> {
        known_kl::<D>(self.erased(), other).map(|kl| self.total(kl))
    }

    fn entropy(&self) -> Option<Tensor<2>> {
        known_entropy::<D>(self.erased()).map(|entropy| self.total(entropy))
    }
}
