//! The log-density of a model on the real line, with its gradient, for the methods that look for a mode.

use burn::tensor::{DType, Tensor};
use elbo_dist::Place;
use elbo_model::{LogJoint, ModelError};

use crate::FlatLatents;

/// Numbers of a batch of points that are evaluated together.
const CHUNK: usize = 50_000;

/// The length of a central difference of gradients, relative to what it is taken of, about `∛ε`: the error of the difference is
/// that of rounding over its length, and the square of its length.
pub(crate) fn difference_step(place: &Place) -> f64 {
    match place.dtype() {
        DType::F64 => 1e-5,
        _ => 5e-3,
    }
}

/// `log p(x, z) + log |dx/dz|` of a model on given data, as a function of the flat vector: what samplers and optimizers of points take.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{LogNormal, Noise, Place};
/// use elbo_guide::{FlatDensity, FlatLatents};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("rate", LogNormal::<2>::new(0.0, 1.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let layout = Layout::discover(&model, &(), &Noise::new(0, &place)).unwrap();
/// let flat = FlatLatents::new(&layout).unwrap();
/// let density = FlatDensity { flat: &flat, model: &model, batch: &() };
/// let slope = &density.slopes(&[vec![0.5]]).unwrap()[0];
/// // On the real line a log-normal number is normal.
/// assert!((slope.log_prob + 0.125 + 0.918_938_5).abs() < 1e-6);
/// assert!((slope.gradient[0] + 0.5).abs() < 1e-12);
/// ```
#[derive(Debug)]
pub struct FlatDensity<'a, M, B> {
    /// How the latents lie in the vector.
    pub flat: &'a FlatLatents,
    /// The model.
    pub model: &'a M,
    /// The data.
    pub batch: &'a B,
}

/// A log-density and its gradient at a point; not finite where the model is not.
#[derive(Clone, Debug, PartialEq)]
pub struct FlatSlope {
    /// The log-density.
    pub log_prob: f64,
    /// Its gradient.
    pub gradient: Vec<f64>,
}

impl<M: LogJoint<B>, B> FlatDensity<'_, M, B> {
    /// The log-densities of points.
    ///
    /// # Errors
    /// Those of [`LogJoint::log_joint`].
    pub fn log_prob(&self, points: &[Vec<f64>]) -> Result<Vec<f64>, ModelError> {
        let mut found = Vec::new();
        for chunk in points.chunks((CHUNK / self.flat.len()).max(1)) {
            let z = self.flat.place().tensor(chunk.concat(), [chunk.len(), self.flat.len()]);
            found.extend(self.total(z)?.inner().into_data().iter::<f64>());
        }
        Ok(found)
    }

    /// The log-densities of points and their gradients.
    ///
    /// # Errors
    /// Those of [`LogJoint::log_joint`].
    pub fn slopes(&self, points: &[Vec<f64>]) -> Result<Vec<FlatSlope>, ModelError> {
        let mut found = Vec::new();
        for chunk in points.chunks((CHUNK / self.flat.len()).max(1)) {
            found.extend(self.slopes_of(chunk)?);
        }
        Ok(found)
    }

    fn slopes_of(&self, points: &[Vec<f64>]) -> Result<Vec<FlatSlope>, ModelError> {
        let (n, d) = (points.len(), self.flat.len());
        let z = self.flat.place().tensor::<2>(points.concat(), [n, d]);
        let [values, gradient] = self.slope(z, |z| z)?.map(|tensor| tensor.into_data());
        let values: Vec<f64> = values.iter::<f64>().collect();
        let gradient: Vec<f64> = gradient.iter::<f64>().collect();
        let rows = values.into_iter().zip(gradient.chunks(d));
        Ok(rows.map(|(log_prob, row)| FlatSlope { log_prob, gradient: row.to_vec() }).collect())
    }

    /// The log-densities `[n, 1]` and their gradients `[n, d]` at the points that `place` makes of the constants `u`.
    pub(crate) fn slope(
        &self,
        u: Tensor<2>,
        place: impl Fn(Tensor<2>) -> Tensor<2>,
    ) -> Result<[Tensor<2>; 2], ModelError> {
        let u = Tensor::from_inner(u).require_grad();
        let total = self.total(place(u.clone()))?;
        let values = total.clone().inner();
        // A density that nothing is in does not depend on the point.
        let gradient = match total.is_tracked() {
            true => u.grad(&total.sum().backward()),
            false => None,
        };
        Ok([values, gradient.unwrap_or_else(|| u.inner().zeros_like())])
    }

    /// `[n, d]` to `[n, 1]`.
    fn total(&self, z: Tensor<2>) -> Result<Tensor<2>, ModelError> {
        let n = z.dims()[0];
        let (latents, minus_log_det) = self.flat.unpack_all(z);
        let log_p = self.model.log_joint(&latents, self.batch)?.less(&minus_log_det);
        Ok(log_p.unwrap_or_else(|| self.flat.place().zeros([1, 1])).expand([n, 1]))
    }
}
