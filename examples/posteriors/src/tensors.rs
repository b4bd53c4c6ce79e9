//! Tensors of data.

use burn::tensor::{Int, Tensor, TensorData};
use elbo::Place;

/// `[1, N]`
pub(crate) fn row(numbers: Vec<f64>, place: &Place) -> Tensor<2> {
    let n = numbers.len();
    place.tensor(numbers, [1, n])
}

/// 1 at the first of so many steps, 0 after it, `[1, T]`.
pub(crate) fn first(steps: usize, place: &Place) -> Tensor<2> {
    row((0..steps).map(|step| f64::from(u8::from(step == 0))).collect(), place)
}

/// `[N]`
pub(crate) fn index(positions: &[usize], place: &Place) -> Tensor<1, Int> {
    let positions: Vec<i64> = positions.iter().map(|&at| at as i64).collect();
    let shape = [positions.len()];
    Tensor::from_data(TensorData::new(positions, shape), place.device())
}
