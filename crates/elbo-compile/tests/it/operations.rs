//! The reverse of each operation, against central differences.

use burn::tensor::activation::relu;
use burn::tensor::{DType, Device, Tensor, TensorData};
use elbo_compile::Compiled;

/// Central differences in double precision, by Burn.
fn differences(
    function: impl Fn(Tensor<2>) -> Tensor<2>,
    [rows, columns]: [usize; 2],
    z: &[f32],
) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let at = |position: usize, step: f64| {
        let mut numbers: Vec<f64> = z.iter().map(|x| f64::from(*x)).collect();
        numbers[position] += step;
        let data = TensorData::new(numbers, [rows, columns]);
        function(Tensor::from_data(data, (&Device::flex(), DType::F64))).sum().into_scalar::<f64>()
    };
    (0..z.len()).map(|i| (at(i, STEP) - at(i, -STEP)) / (2.0 * STEP)).collect()
}

/// Compares the gradient at two points, away from where it is none.
fn check(name: &str, function: impl Fn(Tensor<2>) -> Tensor<2>) {
    let shape = [2, 3];
    let mut compiled = Compiled::function(&function, shape).unwrap();
    for z in [[0.4, 1.3, 2.2, 0.7, 0.2, 1.9], [2.5, 0.3, 0.8, 1.1, 3.0, 0.6]] {
        let expected = differences(&function, shape, &z);
        let (_, gradient) = compiled.run(&z).unwrap();
        for (found, expected) in gradient.iter().zip(expected) {
            let apart = (f64::from(*found) - expected).abs() / expected.abs().max(1.0);
            assert!(apart < 2e-6, "{name}: {found} is not {expected}");
        }
    }
}

/// `[2, 3]` to `[2, 1]`, with another weight for each element.
fn weighed(x: Tensor<2>) -> Tensor<2> {
    let weights = TensorData::from([[0.5, -1.5, 2.0], [1.25, 0.75, -0.5]]);
    let weights = Tensor::<2>::from_data(weights, (&x.device(), x.dtype()));
    (x * weights).sum_dim(1)
}

#[test]
fn operations_on_elements_have_the_gradients_of_differences() {
    type Function = fn(Tensor<2>) -> Tensor<2>;
    let functions: [(&str, Function); 19] = [
        ("abs", |x| (x - 1.0).abs()),
        ("exp", |x| x.exp()),
        ("log", |x| x.log()),
        ("neg", |x| -x),
        ("recip", |x| x.recip()),
        ("relu", |x| relu(x - 1.0)),
        ("sign", |x| (x.clone() - 1.0).sign() * x),
        ("sqrt", |x| x.sqrt()),
        ("tanh", |x| x.tanh()),
        ("square", |x| x.square()),
        ("add_scalar", |x| (x + 0.7).log()),
        ("sub_scalar", |x| (x - 0.7).exp()),
        ("mul_scalar", |x| (x * 0.7).exp()),
        ("div_scalar", |x| (x / 0.7).exp()),
        ("add", |x| (x.clone() + x.exp()).log()),
        ("sub", |x| (x.clone() - x.exp()).exp()),
        ("mul", |x| x.clone() * x.exp()),
        ("div", |x| x.clone() / (x.exp() + 1.0)),
        ("one over", |x| x.ones_like() / (x * 2.0 + 1.0)),
    ];
    for (name, function) in functions {
        check(name, |x| weighed(function(x)));
    }
}

#[test]
fn operations_on_shapes_have_the_gradients_of_differences() {
    check("sum", |x| x.exp().sum().reshape([1, 1]));
    check("sum_dim", |x| weighed(x.clone() * x.clone().sum_dim(0) * x.sum_dim(1)));
    check("sum_dims", |x| x.clone().exp().sum_dims(&[0, 1]) * x.sum_dim(1));
    check("full", |x| weighed(x.full_like(2.0) / x));
    check("mean", |x| x.clone().exp().mean().reshape([1, 1]) * x.sum_dim(1));
    check("mean_dim", |x| weighed(x.clone() * x.clone().mean_dim(0) * x.mean_dim(1)));
    check("reshape", |x| x.reshape([3, 2]).exp().sum_dim(1).reshape([1, 3]).square().sum_dim(1));
    check("reshape of a part", |x| x.narrow(1, 1, 2).reshape([1, 4]).exp().square().sum_dim(1));
    check("expand", |x| weighed(x.clone().narrow(1, 0, 1).expand([2, 3]).exp() * x));
    check("narrow", |x| x.clone().narrow(1, 1, 2).exp().sum_dim(1) * x.narrow(1, 0, 1));
    check("slice", |x| x.slice([1..2, 0..2]).exp().sum_dim(1));
    check("broadcast", |x| weighed(x.clone() / (x.clone().narrow(1, 0, 1) + x.narrow(0, 1, 1))));
}

#[test]
fn products_have_the_gradients_of_differences_on_either_side() {
    let table = |x: &Tensor<2>, rows: usize, columns: usize| {
        let numbers: Vec<f64> = (0..rows * columns).map(|i| (i as f64 * 0.7).sin()).collect();
        let data = TensorData::new(numbers, [rows, columns]).convert_dtype(x.dtype());
        Tensor::<2>::from_data(data, (&x.device(), x.dtype()))
    };
    check("left", |x| x.clone().matmul(table(&x, 3, 70)).tanh().sum_dim(1));
    check("right", |x| table(&x, 5, 2).matmul(x).tanh().sum().reshape([1, 1]));
    check("column", |x| {
        let column = x.clone().reshape([6, 1]);
        table(&x, 70, 6).matmul(column).tanh().sum().reshape([1, 1])
    });
    check("both", |x| x.clone().matmul(x.swap_dims(0, 1)).tanh().sum_dim(1));
    check("turned", |x| x.clone().matmul(table(&x, 7, 3).transpose()).tanh().sum_dim(1));
    check("turned left", |x| {
        x.clone().transpose().matmul(table(&x, 2, 4)).exp().sum().reshape([1, 1])
    });
}

#[test]
fn the_ramp_and_its_counterpart_have_their_true_slope_where_they_have_a_corner() {
    let softplus = |x: Tensor<2>| (relu(x.clone()) + (x.abs().neg().exp() + 1.0).log()).sum_dim(1);
    let mut compiled = Compiled::function(softplus, [1, 2]).unwrap();
    let (_, gradient) = compiled.run(&[0.0, 40.0]).unwrap();
    assert_eq!(gradient, [0.5, 1.0]);
}

#[test]
fn what_does_not_depend_on_the_input_has_no_gradient() {
    let mut compiled = Compiled::function(|x| x.zeros_like().exp().sum_dim(1), [2, 3]).unwrap();
    let (values, gradient) = compiled.run(&[1.0; 6]).unwrap();
    assert_eq!((values, gradient), (&[3.0; 2][..], &[0.0; 6][..]));
}

#[test]
fn a_run_leaves_nothing_behind() {
    let function = |x: Tensor<2>| x.clone().narrow(1, 1, 2).exp().sum_dim(1) * x.sqrt().sum_dim(1);
    let mut compiled = Compiled::function(function, [2, 3]).unwrap();
    let mut at = |z: f32| {
        let (values, gradient) = compiled.run(&[z; 6]).unwrap();
        (values.to_vec(), gradient.to_vec())
    };
    let (first, other) = (at(2.0), at(30.0));
    assert_eq!(at(2.0), first);
    assert_eq!(at(30.0), other);
}

#[test]
fn many_elements_run_in_many_blocks() {
    let mut compiled =
        Compiled::function(|x| (x.clone() * x.narrow(1, 0, 1)).sum_dim(1), [3, 1001]).unwrap();
    let z: Vec<f32> = (0..3003).map(|i| (i % 7) as f32).collect();
    let (values, gradient) = compiled.run(&z).unwrap();
    for row in 0..3 {
        let numbers = &z[row * 1001..][..1001];
        let sum: f32 = numbers.iter().sum();
        assert_eq!(values[row], numbers[0] * sum);
        assert_eq!(gradient[row * 1001], sum + numbers[0]);
        assert!(gradient[row * 1001 + 1..][..1000].iter().all(|slope| *slope == numbers[0]));
    }
}
