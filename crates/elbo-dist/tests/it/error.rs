//! What each error says.

use burn::tensor::{DType, Tensor};
use elbo_dist::{
    Bernoulli, Categorical, DistError, Distribution, Exponential, Noise, Normal, Place, Uniform,
};

use crate::single;

fn ones(shape: [usize; 2]) -> Tensor<2> {
    single().tensor(vec![1.0; shape[0] * shape[1]], shape)
}

#[test]
fn parameters_that_do_not_broadcast_are_named_with_their_shapes() {
    let normal = Normal::new(ones([1, 8]), ones([1, 7]));
    let text = "Normal: the shapes loc [1, 8], scale [1, 7] do not broadcast; every axis must have \
                one size or 1 (unsqueeze the smaller one so that axis 0 stays the particle axis)";
    assert_eq!(normal.shape().unwrap_err().to_string(), text);
    let error = normal.sample(1, &mut Noise::new(0, single())).unwrap_err();
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_number_of_particles_that_the_parameters_contradict_is_an_error() {
    let normal = Normal::new(ones([3, 1]), 1.0);
    let error = normal.sample(4, &mut Noise::new(0, single())).unwrap_err();
    assert_eq!(error, DistError::Particles { distribution: "Normal", asked: 4, found: 3 });
    assert_eq!(
        error.to_string(),
        "Normal: 4 particles were asked for, but axis 0 of its parameters has size 3; it must be 1 \
         or 4"
    );
}

#[test]
fn copies_that_do_not_fit_the_base_are_named_with_both_shapes() {
    let copies = Normal::new(ones([1, 8]), 1.0).iid([1, 5]);
    assert_eq!(
        copies.shape().unwrap_err().to_string(),
        "Normal: the shapes base [1, 8], iid [1, 5] do not broadcast; every axis must have one \
         size or 1 (unsqueeze the smaller one so that axis 0 stays the particle axis)"
    );
}

#[test]
fn copies_along_an_event_axis_are_an_error() {
    let copies = Categorical::logits(ones([1, 6])).iid([1, 8]);
    assert_eq!(
        copies.shape().unwrap_err().to_string(),
        "Categorical: the shapes base [1, 1] with one event along axis 1, iid [1, 8] do not \
         broadcast; every axis must have one size or 1 (unsqueeze the smaller one so that axis 0 \
         stays the particle axis)"
    );
}

fn refused(distribution: impl Distribution<2>) -> String {
    distribution.sample(1, &mut Noise::new(0, single())).unwrap_err().to_string()
}

#[test]
fn a_parameter_outside_its_domain_is_named_with_its_element() {
    assert_eq!(
        refused(Normal::new(0.0, -2.0)),
        "Normal: scale is -2, but must be positive and finite (exp and softplus make numbers so); correct \
         it, or map it there"
    );
    let rate = single().tensor(vec![1.0, 2.0, 0.0, 4.0], [2, 2]);
    let error = Exponential::new(rate).sample(2, &mut Noise::new(0, single())).unwrap_err();
    let text = "Exponential: rate is 0 at [1, 0], but must be positive and finite";
    assert!(error.to_string().starts_with(text), "{error}");
    let error = refused(Normal::new(f64::NAN, 1.0));
    assert!(error.starts_with("Normal: loc is NaN, but must be a finite number;"), "{error}");
    let error = refused(Bernoulli::probs(1.5));
    let text =
        "Bernoulli: probs is 1.5, but must be strictly between 0 and 1 (logits have no ends);";
    assert!(error.starts_with(text), "{error}");
    let certain = single().tensor(vec![0.0, f64::NEG_INFINITY], [1, 2]);
    assert!(Categorical::logits(certain).sample(1, &mut Noise::new(0, single())).is_ok());
    let nowhere = single().tensor(vec![0.0, f64::NAN], [1, 2]);
    let error = refused(Categorical::logits(nowhere));
    let text = "Categorical: logits is NaN at [0, 1], but must be a finite number or -∞;";
    assert!(error.starts_with(text), "{error}");
}

#[test]
fn an_event_that_cannot_happen_is_refused() {
    let probs = single().tensor(vec![0.5, 0.5, 0.0, 0.0], [2, 2]);
    let error = Categorical::probs(probs).sample(2, &mut Noise::new(0, single())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Categorical: event 1 (in row-major order) gives every category probability 0; give at least \
         one a positive one"
    );
    let negative = single().tensor(vec![0.5, -0.5], [1, 2]);
    let error = refused(Categorical::probs(negative));
    let text = "Categorical: probs is -0.5 at [0, 1], but must be 0 or more, and finite;";
    assert!(error.starts_with(text), "{error}");
}

#[test]
fn an_interval_without_inner_points_is_refused() {
    assert_eq!(
        refused(Uniform::new(2.0, 1.0)),
        "Uniform: there is no interval from 2 to 1; give low < high (finite, but where an open end is meant)"
    );
    for (low, high) in [(1.0, 1.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
        let error = Distribution::<2>::shape(&Uniform::new(low, high)).unwrap_err();
        assert!(matches!(error, DistError::Interval { .. }), "{error}");
    }
}

#[test]
fn a_distribution_over_no_category_is_refused() {
    assert_eq!(
        refused(Categorical::logits(single().zeros([3, 0]))),
        "Categorical: the last axis of the parameters, [3, 0], holds no category; give 1 or more"
    );
}

#[test]
fn half_precision_is_refused() {
    let half = ones([1, 1]).cast(DType::F16);
    let error = Place::of(&half).unwrap_err();
    assert_eq!(error.to_string(), "elbo computes in F32 or F64, not in F16");
}

#[test]
fn shapes_broadcast_and_copies_fill_them() {
    assert_eq!(Normal::new(ones([1, 8]), ones([4, 1])).shape().unwrap(), [4, 8]);
    assert_eq!(Normal::<2>::new(0.0, 1.0).iid([1, 3]).shape().unwrap(), [1, 3]);
    assert_eq!(Normal::new(ones([1, 8]), 1.0).iid([5, 8]).shape().unwrap(), [5, 8]);
    assert_eq!(Categorical::logits(ones([2, 6])).shape().unwrap(), [2, 1]);
    let logits = ones([1, 6]).reshape([1, 1, 6]);
    assert_eq!(Categorical::logits(logits).iid([1, 8, 1]).shape().unwrap(), [1, 8, 1]);
}
