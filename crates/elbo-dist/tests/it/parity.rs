//! Every distribution on every device: draws, log-probabilities and their gradients, from the same noise.

use burn::tensor::{Bool, DType, Device, Gradients, Tensor};
use elbo_dist::{
    Distribution, Flat, Masked, Noise, Normal, Operand, Place, Support, TensorMap, ValueKind,
};
use elbo_testkit::{assert_parity, other_devices};

use crate::host;

/// In `f32`; the largest difference found is 1e-6 on `ndarray` and 2e-6 on `wgpu`.
const TOLERANCE: f64 = 1e-5;

/// Moves parameters to a device in single precision, each a leaf of the graph.
struct Leaves {
    device: Device,
    read: Vec<Read>,
}

/// The gradient of a leaf.
type Read = Box<dyn Fn(&Gradients) -> Vec<f64>>;

impl Leaves {
    fn leaf<const D: usize>(&mut self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        let leaf = Place::f32(&self.device).tensor(values, shape);
        let leaf = leaf.autodiff().require_grad();
        let (found, size) = (leaf.clone(), shape.iter().product());
        self.read.push(Box::new(move |gradients| match found.grad(gradients) {
            Some(gradient) => host(gradient),
            None => vec![0.0; size],
        }));
        leaf
    }
}

impl TensorMap for Leaves {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        self.leaf(host(tensor.clone()), tensor.dims())
    }

    fn number<const D: usize>(&mut self, number: f64) -> Operand<D> {
        self.leaf(vec![number], [1; D]).into()
    }
}

/// Draws, their log-probabilities and the gradient of the sum of both.
fn numbers<P: Distribution<D>, const D: usize>(distribution: P, device: &Device) -> Vec<f64> {
    let mut leaves = Leaves { device: device.clone(), read: Vec::new() };
    let distribution = distribution.with_tensors(&mut leaves);
    let shape = distribution.shape().unwrap();
    let shape = std::array::from_fn(|axis| if axis == 0 { 16 } else { shape[axis] });
    let mut noise = Noise::new(3, Place::f32(device)).site(distribution.name());
    let draws = distribution.draw(shape, &mut noise);
    let log_prob = distribution.log_prob(draws.clone());
    let draws = P::Kind::to_float(draws);
    let mut numbers = [host(draws.clone().inner()), host(log_prob.clone().inner())].concat();
    let sum = log_prob.sum() + draws.cast(DType::F32).sum();
    if sum.is_tracked() {
        let gradients = sum.backward();
        // A sum over 16 draws.
        numbers.extend(leaves.read.iter().flat_map(|read| read(&gradients)).map(|x| x / 16.0));
    }
    numbers
}

macro_rules! check {
    ($context:ident, $rank:literal, $type:ty, $make:expr) => {{
        let made: $type = $make;
        let name = Distribution::<$rank>::name(&made);
        if !$context.contains(&name) {
            assert_parity(name, TOLERANCE, |device| numbers::<$type, $rank>(made.clone(), device));
        }
    }};
}

#[test]
fn every_distribution_is_the_same_on_every_device() {
    let not_these = ["Masked", "Flat"]; // a mask stays where it was made, and what is flat has no draws
    every!(check, not_these);
}

#[test]
fn a_flat_density_is_the_same_on_every_device() {
    assert_parity("Flat", 0.0, |device| {
        let x = Place::f32(device).tensor(vec![0.5, -2.0], [1, 2]);
        [host(x.clone()), host(Flat::new(Support::Real).log_prob(x))].concat()
    });
}

#[test]
fn a_masked_distribution_is_the_same_on_every_device() {
    assert_parity("Masked", TOLERANCE, |device| {
        let mask = Tensor::<2, Bool>::from_data([[true, false]], device);
        numbers(Masked::new(Normal::new(0.3, 1.5).iid([1, 2]), mask), device)
    });
}

/// WGSL has no exponential of a double, and what a driver makes of it is wrong in all digits.
#[test]
fn double_precision_is_refused_where_it_is_wrong() {
    for (name, device) in other_devices() {
        match Place::f64(&device) {
            Err(error) => {
                assert_ne!(name, "ndarray", "{error}");
                assert!(error.to_string().contains("use Place::f32 there"), "{error}");
            }
            Ok(place) => {
                let x = place.tensor::<1>(vec![0.3], [1]);
                let found = [x.clone().exp(), x.log()].map(|x| host(x)[0]);
                elbo_testkit::assert_close(&found, &[0.3_f64.exp(), 0.3_f64.ln()], 1e-12, 0.0);
            }
        }
    }
}
