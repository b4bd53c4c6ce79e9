//! Devices and precisions.

use burn::tensor::Tensor;
use elbo_dist::{Categorical, Normal, Support};
use elbo_model::Trace;

use crate::errors::*;
use crate::*;

#[test]
fn data_of_another_precision_are_refused() {
    let error = observing(|t, _| {
        t.observe("y", normal(), matrix([[0.0]]));
    });
    assert_eq!(
        error,
        "\"y\": value is F64 on Device<Flex(Cpu)>, but the program runs on F32 on Device<Flex(Cpu)>; move it with to_device or cast"
    );
}

#[test]
fn a_parameter_of_another_precision_is_refused() {
    let error = observing(|t, _| {
        t.observe("y", Normal::new(0.0, matrix([[1.0]])), single_matrix([[0.0]]));
    });
    assert!(error.starts_with("\"y\": scale is F64 on"), "{error}");
    let error = discovering(|t: &mut Trace, _: &()| {
        t.sample("z", Normal::new(matrix([[1.0]]), 1.0));
    });
    assert!(error.starts_with("\"z\": loc is F64 on"), "{error}");
}

/// Values, factors, starts of parameters and masks are checked as data are.
#[test]
fn whatever_lies_elsewhere_is_refused() {
    let given = at_place(single(), [("x", matrix([[0.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("x", normal());
        },
        &given,
    );
    assert!(error.starts_with("\"x\": value is F64 on"), "{error}");
    let error = observing(|t, _| t.factor("f", matrix([[0.0]])));
    assert!(error.starts_with("\"f\": log-factor is F64 on"), "{error}");
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("p", matrix([[0.0]]), Support::Real);
    });
    assert!(error.starts_with("\"p\": initial value is F64 on"), "{error}");
    let elsewhere = || Tensor::<2, Bool>::from_data([[true]], &ndarray());
    let error = observing(|t, _| t.mask(elsewhere(), |t| t.factor("f", single_matrix([[0.0]]))));
    assert!(error.starts_with("\"f\": mask is Bool"), "{error}");
}

#[test]
fn data_on_another_device_are_refused() {
    let error = observing(|t, _| {
        t.observe("y", normal(), Tensor::from_floats([[0.0]], &ndarray()));
    });
    assert_eq!(
        error,
        "\"y\": value is F32 on Device<NdArray(Cpu)>, but the program runs on F32 on Device<Flex(Cpu)>; move it with to_device or cast"
    );
    let error = observing(|t, _| {
        let category = Tensor::<2, Int>::from_ints([[0]], &ndarray());
        t.observe("k", Categorical::logits(single_matrix([[0.0, 0.0]])), category);
    });
    assert!(error.starts_with("\"k\": value is I64 on Device<NdArray(Cpu)>,"), "{error}");
}
