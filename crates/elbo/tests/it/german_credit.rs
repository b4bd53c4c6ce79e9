//! Logistic regression of German credit data against its exact mean-field optimum.

use elbo::prelude::*;
use serde_json::Value as Json;

struct Credit {
    x: Tensor<2>, // [25, 1000], one column a person
    y: Tensor<2>, // [1, 1000]
}

fn logistic(t: &mut Trace, d: &Credit) {
    let w = t.sample("w", Normal::new(0.0, 1.0).iid([1, 25])); // [S, 25]
    let logits = w.matmul(d.x.clone()); // [S, 1000]
    t.plate("people", 1000, |t| t.observe("y", Bernoulli::logits(logits), d.y.clone()));
}

fn numbers(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().expect("a number")],
    }
}

/// The optimum -531.7075 is exact (Gauss-Hermite quadrature of the closed-form expectations);
/// ours may lie 0.1 nats under it, and 0.05 reference deviations beside it.
#[test]
fn mean_field_reaches_the_exact_optimum_on_german_credit() {
    let Some(root) = elbo_testkit::data_dir() else { return };
    let file = root.join("inference_gym/german_credit_numeric_logistic_regression.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let device = elbo::device("flex").unwrap();
    let place = Place::f32(&device);
    let data = Credit {
        x: place.tensor(numbers(&json["data"]["x"]), [1000, 25]).transpose(),
        y: place.tensor(numbers(&json["data"]["y"]), [1, 1000]),
    };
    let mut noise = Noise::new(0, &device);
    let layout = Layout::discover(&logistic, &data, &noise).unwrap();
    let guide = MeanField::new(&layout, &logistic, &data, &mut noise).unwrap();
    let schedule = burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig::new(0.05, 0.998);
    let mut svi = Svi::new(Model::new(logistic), guide, Elbo, noise)
        .with_particles(10)
        .with_schedule(schedule.init().unwrap());
    svi.run(2500, &data, &mut ()).unwrap();
    let posterior = svi.posterior();
    let bound = posterior.bound(&data, 10_000).unwrap();
    let optimum = json["vi_anchor"]["meanfield"]["elbo"].as_f64().unwrap();
    assert!((bound.mean - optimum).abs() < 0.1, "{bound:?}, exact {optimum}");
    assert!(bound.standard_error < 0.05, "{bound:?}");
    let loc = posterior.guide().loc().into_data().try_to_vec::<f32>().unwrap();
    let exact = numbers(&json["vi_anchor"]["meanfield"]["mean"]);
    for (i, (ours, exact)) in loc.iter().zip(exact).enumerate() {
        let sd = json["reference"][format!("x[{}]", i + 1)]["sd"].as_f64().unwrap();
        let error = (f64::from(*ours) - exact).abs() / sd;
        assert!(error < 0.05, "w[{i}] is {ours}, exact {exact}: {error:.3} deviations off");
    }
}
