//! What is refused.

use burn::tensor::{DType, Device, Tensor};
use elbo_compile::{CompileError, Compiled, MeanFieldSteps};
use elbo_dist::{Noise, Normal, Poisson};
use elbo_guide::GuideError;
use elbo_model::{Layout, ModelError, Trace};

fn refused(function: impl FnOnce(Tensor<2>) -> Tensor<2>) -> CompileError {
    Compiled::function(function, [2, 3]).unwrap_err()
}

#[test]
fn an_operation_without_code_is_named() {
    let named = |function: fn(Tensor<2>) -> Tensor<2>| match refused(function) {
        CompileError::Operation { operation } => operation,
        other => panic!("{other}"),
    };
    assert_eq!(named(|x| x.erf().sum_dim(1)), "Erf");
    assert_eq!(named(|x| x.cumsum(1).sum_dim(1)), "CumSum");
    assert_eq!(named(|x| Tensor::cat(vec![x.clone(), x], 1).sum_dim(1)), "Cat");
    assert_eq!(named(|x| x.max_dim(1)), "MaxDim");
    let message = refused(|x| x.erf().sum_dim(1)).to_string();
    assert_eq!(
        message,
        "the operation Erf is not covered: run the density uncompiled, or write it without"
    );
}

#[test]
fn double_precision_is_refused() {
    let error = refused(|x| (x.cast(DType::F64) * 2.0).cast(DType::F32).sum_dim(1));
    assert!(
        matches!(error, CompileError::Operation { .. } | CompileError::DType { .. }),
        "{error}"
    );
    let error = refused(|x| {
        let two = Tensor::<2>::from_data([[2.0]], (&x.device(), DType::F64));
        two.clone() * two
    });
    assert!(matches!(error, CompileError::DType { found: DType::F64 }), "{error}");
}

#[test]
fn what_reads_values_or_leaves_the_device_cannot_be_recorded() {
    let read = |x: Tensor<2>| {
        let sum: f32 = x.clone().sum().into_scalar();
        x.sum_dim(1) * sum
    };
    assert!(matches!(refused(read), CompileError::Recording { .. }));
    let elsewhere = |_| Tensor::<2>::zeros([2, 1], &Device::flex());
    let message = refused(elsewhere).to_string();
    assert!(message.contains("its value lies on another device"), "{message}");
}

#[test]
fn a_density_needs_a_number_a_row() {
    let message = refused(|x| x).to_string();
    assert_eq!(message, "expected a density of shape [2, 1] or [1, 1], found [2, 3]");
}

#[test]
fn points_and_starts_have_the_size_that_was_compiled() {
    let mut density = Compiled::function(|x| x.sum_dim(1), [2, 3]).unwrap();
    assert_eq!(density.run(&[0.0; 5]).unwrap_err().to_string(), "expected 6 numbers, found 5");
    let noise = Noise::new(0, &Device::flex());
    let error = MeanFieldSteps::new(density, &[0.0; 3], &[0.0; 2], noise).unwrap_err();
    assert_eq!(error.to_string(), "expected 3 numbers, found 2");
}

#[test]
fn errors_of_programs_and_of_their_latents_are_passed_on() {
    let count = |t: &mut Trace, _: &()| {
        t.sample("count", Poisson::<2>::new(3.0));
    };
    let device = Device::flex();
    let layout = Layout::discover(&count, &(), &Noise::new(0, &device)).unwrap();
    let error = Compiled::new(&count, |_| (), &layout, 1).unwrap_err();
    assert!(matches!(error, CompileError::Guide(GuideError::Discrete { .. })), "{error}");

    let sites = |t: &mut Trace, more: &bool| {
        t.sample("a", Normal::<2>::new(0.0, 1.0));
        if *more {
            t.sample("b", Normal::<2>::new(0.0, 1.0));
        }
    };
    let layout = Layout::discover(&sites, &false, &Noise::new(0, &device)).unwrap();
    let error = Compiled::new(&sites, |_| true, &layout, 1).unwrap_err();
    assert!(matches!(error, CompileError::Model(ModelError::MissingSite { .. })), "{error}");
}
