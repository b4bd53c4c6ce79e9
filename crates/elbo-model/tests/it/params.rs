//! Parameters that are optimized, not inferred.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use elbo_dist::{Noise, Normal, Place, Support};
use elbo_model::{
    Condition, Latents, Layout, LogJoint, Model, Params, Program, Trace, named_param,
};

use crate::*;

fn noise_level(t: &mut Trace, x: &Tensor<2>) {
    let place = t.place().clone();
    let loc = t.param("loc", place.tensor(vec![0.5], [1, 1]), Support::Real);
    let scale = t.param("scale", place.tensor(vec![2.0], [1, 1]), Support::Positive);
    t.observe("x", Normal::new(loc, scale), x.clone());
}

type NoiseLevel = fn(&mut Trace, &Tensor<2>);

fn trained() -> Model<NoiseLevel> {
    let layout = Layout::discover(&noise_level, &data(), &Noise::new(0, double())).unwrap();
    Model::new(noise_level as NoiseLevel).with_params(&layout)
}

fn data() -> Tensor<2> {
    matrix([[0.5, 4.5]])
}

fn none() -> Latents {
    Latents::new(double())
}

fn ids<M: Module>(module: &M) -> Vec<u64> {
    struct Ids(Vec<u64>);
    impl ModuleVisitor for Ids {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.id.val());
        }
    }
    let mut visitor = Ids(vec![]);
    module.visit(&mut visitor);
    visitor.0
}

#[test]
fn a_parameter_is_kept_on_the_real_line() {
    let model = trained();
    assert_eq!(model.params().names().collect::<Vec<_>>(), ["loc", "scale"]);
    assert_close(&host(model.params().get("loc").unwrap()), &[0.5]);
    assert_close(&host(model.params().unconstrained("scale").unwrap()), &[std::f64::consts::LN_2]);
    assert_close(&host(model.params().get("scale").unwrap()), &[2.0]);
    assert!(model.params().get("other").is_none());
}

/// log N(0.5; 0.5, 2) + log N(4.5; 0.5, 2) = -2 - 2 log 2 - log 2π.
#[test]
fn the_program_sees_the_constrained_value() {
    let terms = score(&trained(), &none(), &data());
    assert_total(&terms, &[-5.224_171_427_529_236]);
}

/// Σ log N(xᵢ; m, s) by m is Σ (xᵢ - m)/s² = 4/4 = 1, by log s it is Σ ((xᵢ - m)/s)² - 1 = 4 - 2.
#[test]
fn the_gradient_reaches_the_unconstrained_parameter() {
    let model = trained().train();
    let gradients = model.log_joint(&none(), &data()).unwrap().total().backward();
    let slope = |name: &str| model.params().unconstrained(name).unwrap().grad(&gradients).unwrap();
    assert_close(&host(slope("loc")), &[1.0]);
    assert_close(&host(slope("scale")), &[2.0]);
}

#[test]
fn a_prediction_without_training_runs_at_the_start() {
    let mut t = Trace::prior(2, Noise::new(0, double())).simulate();
    noise_level(&mut t, &data());
    assert_eq!(t.finish().unwrap().values.get::<2>("x").unwrap().dims(), [2, 2]);
}

#[test]
fn a_name_gives_one_identity_in_every_build_and_names_give_different_ones() {
    let (first, second) = (ids(&trained()), ids(&trained()));
    assert_eq!(first, second);
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
    let [a, b] = ["loc", "loc"].map(|name| named_param(name, matrix([[1.0, 2.0]])).id);
    assert_eq!(a, b);
    assert_eq!(a.val(), first[0]);
}

/// A record restores the value 3 · 0.5 and both identities into a model that starts afresh.
#[test]
fn a_record_restores_values_and_identities() {
    struct Triple;
    impl burn::module::ModuleMapper for Triple {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|value| value * 3.0)
        }
    }
    let saved = trained().map(&mut Triple);
    let bytes = saved.clone().into_record().into_bytes().unwrap();
    let record = burn::store::ModuleRecord::from_bytes(bytes).unwrap();
    let loaded = trained().load_record(record);
    assert_eq!(ids(&loaded), ids(&saved));
    assert_close(&host(loaded.params().get("loc").unwrap()), &[1.5]);
    assert_eq!(
        host(loaded.params().get("scale").unwrap()),
        host(saved.params().get("scale").unwrap())
    );
    assert_eq!(Place::of(&loaded.params().get("loc").unwrap()).unwrap(), double());
}

#[test]
fn a_layout_of_a_trained_model_still_knows_the_starts() {
    let layout = Layout::discover(&trained(), &data(), &Noise::new(0, double())).unwrap();
    let again = Model::new(noise_level as NoiseLevel).with_params(&layout);
    assert_eq!(ids(&again), ids(&trained()));
    assert_close(&host(again.params().get("loc").unwrap()), &[0.5]);
}

#[test]
fn a_model_without_parameters_is_a_module_without_parameters() {
    let model = Model::new(|_: &mut Trace, _: &()| ());
    assert_eq!(model.num_params(), 0);
    assert_eq!(Params::default().names().count(), 0);
    assert_eq!(trained().num_params(), 2);
    model.run(&mut Trace::prior(1, noise()), &());
}

/// The gradient of log N(3; m, 1) at m = 0.5 is 2.5, in the condition as in the model within it.
#[test]
fn a_model_inside_a_condition_trains() {
    fn shifted(t: &mut Trace, _: &()) {
        let place = t.place().clone();
        let loc = t.param("loc", place.tensor(vec![0.5], [1, 1]), Support::Real);
        t.sample("x", Normal::new(loc, 1.0));
    }
    let layout = Layout::discover(&shifted, &(), &Noise::new(0, double())).unwrap();
    let model = Model::new(shifted).with_params(&layout);
    let seen = at([("x", matrix([[3.0]]))]);
    let conditioned = Condition::new(model.clone(), seen).train();
    assert_eq!(ids(&conditioned), ids(&model));
    let gradients = conditioned.log_joint(&none(), &()).unwrap().total().backward();
    struct Slope<'a>(&'a burn::tensor::Gradients, Vec<f64>);
    impl ModuleVisitor for Slope<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.extend(host(param.val().grad(self.0).unwrap()));
        }
    }
    let mut slope = Slope(&gradients, vec![]);
    conditioned.visit(&mut slope);
    assert_close(&slope.1, &[2.5]);
}

#[test]
fn a_model_prints_its_parameters_and_its_function() {
    let text = format!("{:?}", trained());
    assert!(text.contains("params") && text.contains("Trace"), "{text}");
}

/// On every set of vectors and matrices they start where they were put, and an event of another size is refused.
#[test]
fn parameters_live_on_sets_of_vectors_and_matrices() {
    type Start = (Support, Vec<f64>, [usize; 3]);
    let starts: [Start; 6] = [
        (Support::Simplex { count: 3 }, vec![0.2, 0.3, 0.5, 0.1, 0.1, 0.8], [1, 2, 3]),
        (Support::Ordered { count: 3 }, vec![-1.0, 0.5, 2.0], [1, 1, 3]),
        (Support::ZeroSum { count: 3 }, vec![-1.0, 0.5, 0.5], [1, 1, 3]),
        (Support::LowerCholesky { size: 2 }, vec![2.0, 0.0, 0.3, 1.5], [1, 2, 2]),
        (Support::CorrCholesky { size: 2 }, vec![1.0, 0.0, 0.6, 0.8], [1, 2, 2]),
        (Support::PositiveDefinite { size: 2 }, vec![4.0, 2.0, 2.0, 5.0], [1, 2, 2]),
    ];
    for (support, values, shape) in starts {
        let start = double().tensor::<3>(values.clone(), shape);
        let program = move |t: &mut Trace, _: &()| {
            let value = t.param("value", start.clone(), support);
            t.factor("factor", value.reshape([1, values_in(shape)]).sum_dim(1));
        };
        let noise = Noise::new(0, double());
        let layout = Layout::discover(&program, &(), &noise).unwrap();
        let model = Model::new(program).with_params(&layout);
        assert_close(&host(model.params().get("value").unwrap()), &values);
        let total: f64 = values.iter().sum();
        assert_total(&model.log_joint(&none(), &()).unwrap(), &[total]);
    }
    let wrong = |t: &mut Trace, _: &()| {
        let start = t.place().clone().tensor::<2>(vec![0.5, 0.5], [1, 2]);
        t.param("value", start, Support::Simplex { count: 3 });
    };
    let error = Layout::discover(&wrong, &(), &Noise::new(0, double())).unwrap_err().to_string();
    assert!(error.contains("\"value\"") && error.contains("[1, 3]"), "{error}");
}

fn values_in(shape: [usize; 3]) -> usize {
    shape.iter().product()
}
