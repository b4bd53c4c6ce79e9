//! Where tensors are made.

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::DistError;

/// A device together with a floating-point type: where, and in what precision, tensors are made.
///
/// Burn turns `f64` data into the device's default type unless the type is named, so both travel
/// together.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::Place;
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let x: Tensor<2> = place.tensor(vec![0.1, 0.2], [1, 2]);
/// assert_eq!(x.into_data().try_to_vec::<f64>().unwrap(), vec![0.1, 0.2]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    device: Device,
    dtype: DType,
}

impl Place {
    /// Single precision on `device`.
    pub fn f32(device: &Device) -> Self {
        Self { device: device.clone().inner(), dtype: DType::F32 }
    }

    /// Double precision on `device`.
    ///
    /// # Errors
    /// [`DistError::NoF64`] where the device gets it wrong: it is asked for `exp(0.1)`, which GPU
    /// drivers that only pretend to double precision do not return.
    pub fn f64(device: &Device) -> Result<Self, DistError> {
        let place = Self { device: device.clone().inner(), dtype: DType::F64 };
        if !device.supports_dtype(DType::F64) {
            return Err(DistError::NoF64 { device: place.device, exp: f64::NAN });
        }
        let exp: f64 = place.tensor(vec![0.1], [1]).exp().into_scalar();
        place.if_precise(exp)
    }

    /// This place, if what its device gave for `exp(0.1)` is right.
    fn if_precise(self, exp: f64) -> Result<Self, DistError> {
        if (exp - 0.1_f64.exp()).abs() < 1e-12 {
            Ok(self)
        } else {
            Err(DistError::NoF64 { device: self.device, exp })
        }
    }

    /// The place of a tensor.
    ///
    /// # Errors
    /// [`DistError::UnsupportedDType`] for anything but `F32` and `F64`.
    pub fn of<const D: usize>(tensor: &Tensor<D>) -> Result<Self, DistError> {
        match tensor.dtype() {
            dtype @ (DType::F32 | DType::F64) => {
                Ok(Self { device: tensor.device().inner(), dtype })
            }
            other => Err(DistError::UnsupportedDType(other)),
        }
    }

    /// The device, without autodiff.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// `F32` or `F64`.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// A tensor of `values`, in row-major order, rounded to this place's precision.
    ///
    /// # Panics
    /// If `values` does not have as many numbers as `shape`.
    pub fn tensor<const D: usize>(&self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        made_at(&self.device, self.dtype, values, shape)
    }

    /// A tensor of zeros.
    pub fn zeros<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        Tensor::zeros(shape, (&self.device, self.dtype))
    }
}

/// A constant tensor of `values` with the device and the type of `like`.
pub(crate) fn constant_like<const D: usize, const E: usize>(
    like: &Tensor<E>,
    values: Vec<f64>,
    shape: [usize; D],
) -> Tensor<D> {
    made_at(&like.device().inner(), like.dtype(), values, shape)
}

fn made_at<const D: usize>(
    device: &Device,
    dtype: DType,
    values: Vec<f64>,
    shape: [usize; D],
) -> Tensor<D> {
    let data = TensorData::new(values, shape).convert_dtype(dtype);
    Tensor::from_data(data, (device, dtype))
}

impl From<&Device> for Place {
    /// Single precision on the device.
    fn from(device: &Device) -> Self {
        Self::f32(device)
    }
}

impl From<&Place> for Place {
    fn from(place: &Place) -> Self {
        place.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_miscomputes_in_double_precision_is_refused() {
        let place = || Place { device: Device::flex(), dtype: DType::F64 };
        assert!(place().if_precise(0.1_f64.exp()).is_ok());
        let error = place().if_precise(5.8e-315).unwrap_err().to_string();
        assert!(error.contains("computes wrong values in f64 (exp(0.1) = "), "{error}");
        assert!(error.contains("use Place::f32 there"), "{error}");
    }
}
