//! Functions in one pass over the host's memory, and columns whose gradients are gathered.

use burn::tensor::Tensor;
use elbo_dist::{
    Columns, Elementwise, Input, Noise, one_pass, one_pass_over, softplus, sum_in_one_pass,
};

use crate::{double, host, single};

/// `x y + 2` and `x - y`, by tensors in single precision: products and differences are rounded once in either way, but for the sum.
#[track_caller]
fn check(x: Tensor<2>, y: Tensor<2>) {
    let inputs = [Input::from(&x), Input::from(&y), 2.0.into()];
    let functions = |[x, y, two]: [f64; 3]| [x * y + two, x - y];
    let [sum, difference] = one_pass(inputs, functions).unwrap();
    let [expected_sum, expected] = [x.clone() * y.clone() + 2.0, x.clone() - y.clone()];
    assert_eq!(difference.dims(), expected.dims());
    assert_eq!(host(difference), host(expected));
    elbo_testkit::assert_close(&host(sum), &host(expected_sum.clone()), 2e-7, 2e-7);
    let total = sum_in_one_pass(inputs, |[x, y, two]| x * y + two).unwrap();
    let expected: f64 = host(expected_sum).iter().sum();
    let size = expected_sum_size(&x, &y);
    assert!((total - expected).abs() <= 1e-6 * size, "{total} {expected}");
}

/// What the rounding of so many summands of size 10 at most may add up to.
fn expected_sum_size(x: &Tensor<2>, y: &Tensor<2>) -> f64 {
    let [a, b] = [x.dims(), y.dims()];
    10.0 * (a[0].max(b[0]) * a[1].max(b[1])) as f64
}

/// Around the sizes at which elements are computed one at a time, by blocks, by chunks and by threads.
#[test]
fn one_pass_is_the_composition_for_every_size_and_shape() {
    let noise = Noise::new(1, single());
    let draw = |name: &str, shape: [usize; 2]| noise.site(name).normal(shape);
    for size in [0, 1, 2, 15, 16, 17, 127, 128, 129, 16_383, 16_385, 32_768, 32_769, 50_001] {
        check(draw("x", [1, size]), draw("y", [1, size]));
    }
    for shape in [[3, 7], [50, 1], [1, 7], [200, 130], [1, 1]] {
        for other in [[1, 1], [shape[0], 1], [1, shape[1]], shape] {
            check(draw("x", shape), draw("y", other));
            check(draw("y", other), draw("x", shape));
        }
    }
    // Of which neither is as large as the result.
    check(draw("x", [40, 1]), draw("y", [1, 9]));
    // Elements that do not lie one after the other.
    check(draw("x", [9, 40]).transpose(), draw("y", [40, 9]));
    check(draw("x", [40, 20]).narrow(1, 3, 9), draw("y", [1, 9]));
}

/// Targets that own their numbers, that share them, and that are parts of others.
#[test]
fn one_pass_over_targets_leaves_what_others_hold() {
    let noise = Noise::new(4, single());
    let functions = |[x, y, z]: [f64; 3]| [x + z, y * z];
    for size in [0, 1, 16, 17, 200, 16_385, 40_000] {
        let draw = |name: &str| -> Tensor<2> { noise.site(name).normal([2, size]) };
        let [x, y, z]: [Tensor<2>; 3] = [draw("x"), draw("y"), draw("z")];
        let z_row = if size > 0 { z.clone().narrow(0, 1, 1) } else { z.clone() };
        for z in [z, z_row] {
            let expected = one_pass([&x, &y, &z].map(Input::from), functions).unwrap().map(host);
            let targets = [draw("x"), y.clone()];
            let found = one_pass_over(targets, [(&z).into()], functions).unwrap();
            assert_eq!(found.map(host), expected);
            assert_eq!(host(y.clone()), host(draw("y")), "the copy changed what it was made from");
        }
        if size > 0 {
            let part = |tensor: Tensor<2>| tensor.narrow(0, 1, 1);
            let targets = [part(draw("x")), part(draw("x"))];
            let expected = [part(draw("x")) + 2.0, part(draw("x")) * 2.0].map(host);
            let found = one_pass_over(targets, [2.0.into()], functions).unwrap();
            for (found, expected) in found.map(host).iter().zip(&expected) {
                elbo_testkit::assert_close(found, expected, 2e-7, 0.0);
            }
        }
    }
}

/// `x y + z` in single precision, which rounds twice as operations on tensors do.
struct MultiplyAdd;

impl Elementwise<3, 1> for MultiplyAdd {
    type Number = f32;

    fn at(&self, [x, y, z]: [f32; 3]) -> [f32; 1] {
        [x * y + z]
    }
}

#[test]
fn functions_of_single_precision_round_each_operation() {
    let noise = Noise::new(5, single());
    for size in [1, 16, 17, 129, 16_385, 40_000] {
        let [x, z] = ["x", "z"].map(|name| -> Tensor<2> { noise.site(name).normal([1, size]) });
        let expected = host(x.clone() * 0.1 + z.clone());
        let inputs = [(&x).into(), 0.1.into(), (&z).into()];
        assert_eq!(host(one_pass(inputs, MultiplyAdd).unwrap()[0].clone()), expected);
        let [found] = one_pass_over([x], [0.1.into(), (&z).into()], MultiplyAdd).unwrap();
        assert_eq!(host(found), expected);
    }
}

#[test]
fn one_pass_over_gives_targets_back() {
    let sum = |[x, y]: [f64; 2]| [x + y];
    let x: Tensor<2> = double().tensor(vec![1.0, 2.0], [1, 2]);
    let [back] = one_pass_over([x], [1.0.into()], sum).unwrap_err();
    assert_eq!(host(back), [1.0, 2.0]);
    // The others have more elements than there are targets.
    let [x, y]: [Tensor<2>; 2] = [single().zeros([1, 2]), single().zeros([3, 2])];
    assert_eq!(one_pass_over([x], [(&y).into()], sum).unwrap_err()[0].dims(), [1, 2]);
    for shapes in [[[1, 2], [1, 3]], [[1, 2], [3, 2]], [[3, 2], [1, 2]]] {
        let targets: [Tensor<2>; 2] = shapes.map(|shape| single().zeros(shape));
        let back = one_pass_over(targets, [], |[x, y]: [f64; 2]| [y, x]).unwrap_err();
        assert_eq!(back.map(|target| target.dims()), shapes);
    }
}

#[test]
fn one_pass_is_for_single_precision_on_the_host_and_shapes_that_broadcast() {
    let x: Tensor<2> = double().zeros([1, 2]);
    assert!(one_pass([(&x).into()], |[x]: [f64; 1]| [x]).is_none());
    let x: Tensor<2> = elbo_dist::Place::f32(&crate::ndarray()).zeros([1, 2]);
    assert!(one_pass([(&x).into()], |[x]: [f64; 1]| [x]).is_none());
    let [x, y]: [Tensor<2>; 2] = [single().zeros([1, 2]), single().zeros([1, 3])];
    assert!(one_pass([(&x).into(), (&y).into()], |[x, y]: [f64; 2]| [x + y]).is_none());
}

#[test]
fn infinities_and_nan_come_out_as_they_should() {
    let numbers = [f64::NAN, f64::NEG_INFINITY, f64::INFINITY, -0.0, 1e30, -1e30];
    for copies in [1, 10] {
        let x: Tensor<2> = single().tensor(numbers.repeat(copies), [1, 6 * copies]);
        let found = host(softplus(x));
        assert!(found[0].is_nan());
        let expected = [0.0, f64::INFINITY, f64::from(2.0_f32.ln()), f64::from(1e30_f32), 0.0];
        assert_eq!(found[1..6], expected);
    }
}

/// Parts of several ranks, of which one is used twice and one not at all.
#[test]
fn columns_have_the_gradients_of_slices() {
    for place in [single(), double()] {
        let z: Tensor<2> = Noise::new(2, &place).normal([3, 10]);
        let weights: Tensor<2> = Noise::new(3, &place).normal([3, 4]);
        let gradient = |by_columns: bool| {
            let z = z.clone().autodiff().require_grad();
            let mut columns = Columns::of(z.clone());
            let (a, b, c) = match by_columns {
                true => {
                    let a: Tensor<2> = columns.take([3, 4]);
                    let _: Tensor<2> = columns.take([3, 1]);
                    (a, columns.take::<3>([3, 2, 2]), columns.take::<1>([3]))
                }
                false => {
                    let part = |start, size| z.clone().narrow(1, start, size);
                    (part(0, 4), part(5, 4).reshape([3, 2, 2]), part(9, 1).reshape([3]))
                }
            };
            let product = a.clone() * Tensor::from_inner(weights.clone());
            let sum = product.sum() + (a * b.clone().reshape([3, 4])).sum();
            let loss = sum + b.square().sum() + c.exp().sum();
            (host(loss.clone().inner()), host(z.grad(&loss.backward()).unwrap()))
        };
        assert_eq!(gradient(true), gradient(false));
    }
}
