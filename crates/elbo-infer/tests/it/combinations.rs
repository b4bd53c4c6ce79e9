//! Estimators beside each other, under masks, behind sums and in parts of plates: unbiased, or refused.

use burn::module::{Module, Param};
use burn::tensor::{Bool, Tensor, TensorData};
use elbo_dist::{Bernoulli, Noise, Normal};

use elbo_infer::{
    AnalyticKl, Controls, Dependencies, Elbo, GradientMoments, InferError, Iwae, Objective,
    Schedule, StickingTheLanding, Svi, Tempered, Vimco,
};
use elbo_model::{
    ControlVariate, Estimator, Latents, LogJoint, LogTerms, Model, ModelError, Program, Role,
    Subsample, Term, Trace,
};
use elbo_testkit::slopes;

use crate::f64_on_flex;
use crate::reach::{BITS, assert_unbiased, bit, guide, normal, row, svi};

// A bit, and a normal given it.
guide!(Mixed, |t, at| {
    let z = t.sample("z", Bernoulli::logits(at.get(0))); // [S, 1]
    t.sample("w", Normal::new(at.get(1) + z * at.get(2), 0.5));
});

fn mixed(t: &mut Trace, _: &()) {
    let z = t.sample("z", Bernoulli::<2>::logits(-0.8));
    let w = t.sample("w", Normal::new(z.clone(), 1.0));
    t.observe("x", Normal::new(w + z, 1.0), row(&[1.4]));
}

const MIXED: [f64; 3] = [0.3, 0.2, 0.9];

/// `log p(x, z, w) - log q(z, w)` at `w = m + c z + ε / 2`, and `log q(z)`.
fn log_weight(at: &[f64], z: f64, eps: f64) -> [f64; 2] {
    let w = at[1] + at[2] * z + 0.5 * eps;
    let log_q = bit(z, at[0]);
    let of_w = -0.5 * eps * eps - elbo_dist::HALF_LN_TWO_PI - 0.5_f64.ln();
    [bit(z, -0.8) + normal(w, z) + normal(1.4, w + z) - log_q - of_w, log_q]
}

/// Points of `ε` with their masses, by the trapezoid rule.
fn grid() -> Vec<(f64, f64)> {
    let points = (-30..=30).map(|i| f64::from(i) * 0.25);
    points.map(|eps| (eps, 0.25 * (-0.5 * eps * eps - elbo_dist::HALF_LN_TWO_PI).exp())).collect()
}

fn mixed_elbo(at: &[f64]) -> f64 {
    let grid = grid();
    let of_bit = |z: f64| -> f64 {
        let mean = grid.iter().map(|(eps, mass)| mass * log_weight(at, z, *eps)[0]).sum::<f64>();
        log_weight(at, z, 0.0)[1].exp() * mean
    };
    -BITS.map(of_bit).iter().sum::<f64>()
}

#[test]
fn a_path_behind_a_score_is_unbiased_for_every_objective_and_pair() {
    let exact = slopes(mixed_elbo, &MIXED);
    let of = |objective| svi(Model::new(mixed), Mixed::new(&MIXED), objective, 4);
    assert_unbiased(&of(Elbo.with_estimator("z", Estimator::Disarm)), &exact);
    assert_unbiased(&of(Elbo.with_estimator("z", Estimator::Enumerate)), &exact);
    let both = Elbo.with_estimator("z", Estimator::LEAVE_ONE_OUT);
    assert_unbiased(&of(both.and_estimator("w", Estimator::LEAVE_ONE_OUT)), &exact);
    let disarm = Elbo.with_estimator("z", Estimator::Disarm);
    assert_unbiased(&of(disarm.and_estimator("w", Estimator::LEAVE_ONE_OUT)), &exact);
    let of = |objective| svi(Model::new(mixed), Mixed::new(&MIXED), objective, 4);
    assert_unbiased(&of(StickingTheLanding), &exact);
    let of = |objective| svi(Model::new(mixed), Mixed::new(&MIXED), objective, 4);
    assert_unbiased(&of(AnalyticKl), &exact);
}

#[test]
fn an_importance_bound_of_a_bit_and_a_path_is_unbiased() {
    let bound = |at: &[f64]| {
        let grid = grid();
        let (mut sum, weights) = (0.0, |z: f64| -> Vec<(f64, f64)> {
            let weight = |(eps, mass): &(f64, f64)| {
                let [log_w, log_q] = log_weight(at, z, *eps);
                (mass * log_q.exp(), log_w)
            };
            grid.iter().map(weight).collect()
        });
        let all: Vec<(f64, f64)> = BITS.iter().flat_map(|z| weights(*z)).collect();
        for (mass, first) in &all {
            for (other, second) in &all {
                sum += mass * other * (0.5 * (first.exp() + second.exp())).ln();
            }
        }
        -sum
    };
    let exact = slopes(bound, &MIXED);
    assert_unbiased(&svi(Model::new(mixed), Mixed::new(&MIXED), Iwae, 2), &exact);
    assert_unbiased(&svi(Model::new(mixed), Mixed::new(&MIXED), Vimco, 2), &exact);
}

// What is drawn outside a part of a plate, after what is drawn inside.
guide!(Parts, |t, at| {
    let rows = Subsample { total: 6, batch: 2 };
    let z = t.plate("rows", rows, |t| t.sample("z", Bernoulli::logits(at.get(0))));
    let logit = at.get(1) + z.sum_dim(1) * at.get(2);
    t.sample("g", Bernoulli::logits(logit));
});

fn parts(t: &mut Trace, _: &()) {
    let g = t.sample("g", Bernoulli::<2>::logits(0.2));
    t.plate("rows", Subsample { total: 6, batch: 2 }, |t| {
        let z = t.sample("z", Bernoulli::<2>::probs(0.4));
        t.observe("y", Normal::new(z * 1.5 + g * 2.0, 1.0), row(&[0.5, 2.5]));
    });
}

/// The gradient of the bound of the batch, by order, and with nothing known.
#[test]
fn what_gathers_a_part_of_a_plate_counts_as_in_the_bound() {
    let at = [0.3, -0.5, 1.2];
    let loss = |at: &[f64]| {
        let mut sum = 0.0;
        for z in BITS.iter().flat_map(|one| BITS.map(|two| [*one, two])) {
            for g in BITS {
                let of_g = bit(g, at[1] + at[2] * (z[0] + z[1]));
                let chance = (of_g + bit(z[0], at[0]) + bit(z[1], at[0])).exp();
                let mut value = bit(g, 0.2) - of_g;
                for (z, y) in z.iter().zip([0.5, 2.5]) {
                    let prior = bit(*z, (0.4_f64 / 0.6).ln());
                    value += 3.0 * (prior + normal(y, 1.5 * z + 2.0 * g) - bit(*z, at[0]));
                }
                sum += chance * value;
            }
        }
        -sum
    };
    let exact = slopes(loss, &at);
    let fresh = || svi(Model::new(parts), Parts::new(&at), Elbo, 3);
    assert_unbiased(&fresh(), &exact);
    assert_unbiased(&fresh().with_dependencies(Dependencies::everything()), &exact);
}

// A latent whose term is summed into that of a marginal site, and that reaches further.
guide!(Behind, |t, at| {
    t.plate("rows", 2, |t| t.sample("z", Bernoulli::logits(at.values.val())));
});

fn behind(t: &mut Trace, _: &()) {
    let z = t.plate("rows", 2, |t| {
        let k = t.marginalize("k", Bernoulli::<2>::logits(0.3));
        let z = t.sample("z", Bernoulli::logits(k.clone() - 0.4));
        t.observe("x", Normal::new(k + z.clone(), 1.0), row(&[0.2, 1.1]));
        z
    });
    t.observe("y", Normal::new(z.sum_dim(1) * 1.5, 1.0), row(&[2.0]));
}

#[test]
fn a_latent_inside_a_sum_reaches_what_stands_before_the_sum() {
    let at = [0.3, -0.5];
    let loss = |at: &[f64]| {
        let mut sum = 0.0;
        for z in BITS.iter().flat_map(|one| BITS.map(|two| [*one, two])) {
            let log_q = bit(z[0], at[0]) + bit(z[1], at[1]);
            let mut log_p = normal(2.0, 1.5 * (z[0] + z[1]));
            for (z, x) in z.iter().zip([0.2, 1.1]) {
                let of = |k: f64| (bit(k, 0.3) + bit(*z, k - 0.4) + normal(x, k + z)).exp();
                log_p += (of(0.0) + of(1.0)).ln();
            }
            sum += log_q.exp() * (log_p - log_q);
        }
        -sum
    };
    let exact = slopes(loss, &at);
    assert_unbiased(&svi(Model::new(behind), Behind::new(&at), Elbo, 3), &exact);
    // A closed divergence given a parent that is summed out is none.
    assert_unbiased(&svi(Model::new(behind), Behind::new(&at), AnalyticKl, 3), &exact);
}

fn mask() -> Tensor<2, Bool> {
    let device = burn::tensor::Device::flex();
    Tensor::from_data(TensorData::from([[true, false]]), &device)
}

// The second of two bits is hidden.
guide!(Hidden, |t, at| {
    t.plate("rows", 2, |t| {
        t.mask(mask(), |t| t.sample("z", Bernoulli::logits(at.values.val())));
    });
});

fn hidden(t: &mut Trace, _: &()) {
    t.plate("rows", 2, |t| {
        t.mask(mask(), |t| {
            let z = t.sample("z", Bernoulli::<2>::logits(0.3));
            t.observe("x", Normal::new(z * 2.0, 1.0), row(&[1.1, f64::NAN]));
        });
    });
}

#[test]
fn hidden_elements_have_no_gradient_and_cannot_be_told() {
    let at = [0.3, -0.5];
    let loss = |at: &[f64]| {
        let value =
            |z: f64| bit(z, at[0]).exp() * (bit(z, 0.3) + normal(1.1, 2.0 * z) - bit(z, at[0]));
        -BITS.map(value).iter().sum::<f64>()
    };
    let exact = slopes(loss, &at);
    let optimal = Estimator::ScoreFunction(ControlVariate::OptimalCoefficient);
    for estimator in [Estimator::LEAVE_ONE_OUT, Estimator::Disarm, optimal] {
        let objective = Elbo.with_estimator("z", estimator);
        assert_unbiased(&svi(Model::new(hidden), Hidden::new(&at), objective, 4), &exact);
    }
    let refused = |estimator, text: &str| {
        let objective = Elbo.with_estimator("z", estimator);
        let svi = svi(Model::new(hidden), Hidden::new(&at), objective, 2);
        let error = svi.gradient_moments(&(), 2).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    };
    refused(Estimator::Enumerate, "put the data alone under the mask");
    refused(Estimator::Rebar { temperature: 0.5 }, "needs a site without a mask");
}

// Two layers of bits.
guide!(Layers, |t, at| {
    let first = t.sample("first", Bernoulli::logits(at.get(0)));
    t.sample("second", Bernoulli::logits(first + at.get(1)));
});

#[test]
fn what_follows_other_draws_is_not_taken_for_shared_by_one_particle() {
    fn layers(t: &mut Trace, _: &()) {
        t.sample("first", Bernoulli::<2>::logits(0.1));
        t.sample("second", Bernoulli::<2>::logits(0.2));
    }
    let rebar = Estimator::Rebar { temperature: 0.5 };
    let objective = Elbo.with_estimator("first", rebar).and_estimator("second", rebar);
    let error = svi(Model::new(layers), Layers::new(&[0.1, 0.2]), objective, 1).sites(&());
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("\"second\" (Bernoulli): REBAR at 0.5 needs parameters"), "{error}");
}

#[test]
fn a_network_that_mixes_elements_is_refused() {
    #[derive(Module, Debug)]
    struct Dense {
        weights: Param<Tensor<2>>,
    }
    impl Controls<()> for Dense {
        fn network(&self, _: &str, _: &(), noise: Tensor<2>) -> Option<Tensor<2>> {
            Some(noise.tanh().matmul(self.weights.val()))
        }
    }
    let relax = Estimator::Relax { temperature: 0.5 };
    let dense = |values: [f64; 4]| Dense {
        weights: Param::from_tensor(f64_on_flex().tensor(values.to_vec(), [2, 2])),
    };
    let of = |controls| {
        let objective = Elbo.with_estimator("z", relax);
        svi(Model::new(behind), Behind::new(&[0.3, -0.5]), objective, 2).with_controls(controls)
    };
    assert!(of(dense([0.3, 0.0, 0.0, 0.2])).gradient_moments(&(), 2).is_ok());
    let error = of(dense([0.3, 0.1, 0.0, 0.2])).gradient_moments(&(), 2).unwrap_err();
    assert!(matches!(&error, InferError::NetworkMixes { site, .. } if site == "z"), "{error}");
    let error = of(dense([0.3, 0.0, 0.1, 0.2])).gradient_moments(&(), 2).unwrap_err();
    assert!(matches!(error, InferError::NetworkMixes { .. }), "{error}");
}

/// Prior and likelihood in one term.
#[derive(Module, Debug)]
struct Whole {}

impl LogJoint for Whole {
    fn log_joint(&self, latents: &Latents, _: &()) -> Result<LogTerms, ModelError> {
        let (z, w) = (latents.get::<2>("z")?, latents.get::<2>("w")?);
        let mut terms = LogTerms::default();
        terms.push(Term::new("all", Role::Factor, vec![], (z - w).square() * -0.5));
        Ok(terms)
    }
}

#[test]
fn what_an_objective_cannot_do_is_refused() {
    let of_half = Tempered::new(Schedule::Constant(0.5));
    let error = svi(Whole {}, Mixed::new(&MIXED), of_half, 2).gradient_moments(&(), 2).unwrap_err();
    assert!(matches!(&error, InferError::NoPrior { site, .. } if site == "z"), "{error}");
    let error = svi(Model::new(mixed), Mixed::new(&MIXED), Iwae, 1).gradient_moments(&(), 2);
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("a bound by importance weights needs at least 2 particles"),
        "{error}"
    );
    let vimco = Vimco.with_estimator("z", Estimator::Disarm);
    let error = svi(Model::new(mixed), Mixed::new(&MIXED), vimco, 2).sites(&()).unwrap_err();
    assert!(error.to_string().contains("does not have one estimator for all sites"), "{error}");
    let disarm = Iwae.with_estimator("z", Estimator::Disarm);
    let error = svi(Model::new(mixed), Mixed::new(&MIXED), disarm, 2).gradient_moments(&(), 2);
    assert!(matches!(error, Err(InferError::NoEstimator { .. })), "{error:?}");
}

/// `q = N(m, e^2w)` of a flat guide by its score: the gradient of the bound of the chain is `2 m - 1` and `2 e^2w - 1`.
#[test]
fn a_flat_guide_takes_score_functions() {
    let place = f64_on_flex();
    let x = crate::one(&place);
    for control in [ControlVariate::LeaveOneOut, ControlVariate::OptimalCoefficient] {
        let (guide, noise) = crate::guide(&crate::chain, &x, &place, 0);
        let layout = elbo_model::Layout::discover(&crate::chain, &x, &noise).unwrap();
        let at = layout.at([("z", place.tensor::<2>(vec![-0.3], [1, 1]))]);
        let config = elbo_guide::MeanFieldConfig::new().with_scale(0.8);
        let config = config.with_init(elbo_guide::Init::Value(at));
        let guide_at = config.init(&layout, &crate::chain, &x, &mut noise.clone()).unwrap();
        drop(guide);
        let objective = Elbo.with_estimator("z", Estimator::ScoreFunction(control));
        let svi = Svi::new(Model::new(crate::chain), guide_at, objective, Noise::new(4, &place));
        let moments = svi.with_particles(5).gradient_moments(&x, 4000).unwrap();
        for (moments, exact) in moments.iter().zip([2.0 * -0.3 - 1.0, 2.0 * 0.64 - 1.0]) {
            let (mean, error) = (moments.mean[0], moments.standard_error()[0]);
            assert!((mean - exact).abs() < 4.0 * error, "{control}: {mean} for {exact}, {error}");
        }
    }
}

/// REBAR of several particles and sites in a plate, with a model that sums a site out.
#[test]
fn rebar_of_several_particles_beside_a_sum_is_unbiased() {
    let at = [0.3, -0.5];
    let rebar = Estimator::Rebar { temperature: 0.5 };
    let of = |estimator, particles| {
        let objective = Elbo.with_estimator("z", estimator);
        svi(Model::new(behind), Behind::new(&at), objective, particles)
    };
    let all = |moments: Vec<GradientMoments>| moments.last().unwrap().clone();
    let reference = all(of(Estimator::LEAVE_ONE_OUT, 16).gradient_moments(&(), 4000).unwrap());
    let found = all(of(rebar, 2).gradient_moments(&(), 4000).unwrap());
    for i in 0..2 {
        let error =
            (found.standard_error()[i].powi(2) + reference.standard_error()[i].powi(2)).sqrt();
        assert!((found.mean[i] - reference.mean[i]).abs() < 4.0 * error, "{found:?} {reference:?}");
    }
}

#[test]
fn a_guide_without_a_known_graph_is_taken_by_its_order() {
    let at = [0.3, 0.2, 0.9];
    let noise = Noise::new(0, f64_on_flex());
    let graph = elbo_model::Graph::discover(&mixed, &(), &noise).unwrap();
    let known = Dependencies::new(&graph, None);
    let svi = svi(
        Model::new(mixed),
        Mixed::new(&at),
        Elbo.with_estimator("w", Estimator::LEAVE_ONE_OUT),
        4,
    );
    assert_unbiased(&svi.with_dependencies(known), &slopes(mixed_elbo, &at));
}

// Two bits told, and a factor of their difference.
guide!(Told, |t, at| {
    t.plate("rows", 2, |t| t.sample("z", Bernoulli::logits(at.values.val())));
});

#[test]
fn a_guide_cannot_tell_values_whose_elements_meet_elsewhere() {
    fn smooth(t: &mut Trace, _: &()) {
        let z = t.plate("rows", 2, |t| t.sample("z", Bernoulli::<2>::probs(0.3)));
        let apart = z.clone().narrow(1, 0, 1) - z.narrow(1, 1, 1);
        t.factor("smooth", apart.square() * -3.0);
    }
    let objective = Elbo.with_estimator("z", Estimator::Enumerate);
    let error =
        svi(Model::new(smooth), Told::new(&[0.3, -0.5]), objective, 2).step(&()).unwrap_err();
    assert!(error.to_string().starts_with("\"smooth\" depends on the enumerated \"z\""), "{error}");
    let error = svi(Model::new(smooth), Told::new(&[0.3, -0.5]), Elbo, 0).sites(&()).unwrap_err();
    assert!(matches!(error, InferError::NoParticles), "{error}");
}

/// Near the evidence lower bound the power mean keeps its digits.
#[test]
fn a_renyi_bound_next_to_one_is_the_evidence_lower_bound() {
    let place = elbo_dist::Place::f32(&burn::tensor::Device::flex());
    let log_w: Vec<f64> =
        (0..16).map(|i| -1.5 + 0.3 * f64::from(i % 5) - 0.05 * f64::from(i)).collect();
    let mean = log_w.iter().sum::<f64>() / 16.0;
    let term = |values: Vec<f64>| {
        let mut terms = LogTerms::default();
        terms.push(Term::new::<2>("z", Role::Latent, vec![], place.tensor(values, [16, 1])));
        terms
    };
    for apart in [1e-15, 1e-9, 1e-7, 1e-5, 1e-4] {
        let terms = elbo_infer::Terms::new(term(log_w.clone()), term(vec![0.0; 16]));
        let renyi = elbo_infer::Renyi { alpha: 1.0 - apart };
        let bound: f64 = renyi.estimate(&terms).unwrap().bound.into_scalar();
        assert!((bound - mean).abs() < 1e-4, "{bound} for {mean} at {apart}");
    }
}

/// Controls that are not what a site needs stop the fit by name, and stay as they were.
#[test]
fn controls_that_go_astray_are_named() {
    #[derive(Module, Debug)]
    struct Root {
        level: Param<Tensor<2>>,
    }
    impl Controls<()> for Root {
        fn baseline(&self, _: &str, _: &()) -> Option<Tensor<2>> {
            Some(self.level.val().sqrt())
        }
        fn network(&self, _: &str, _: &(), noise: Tensor<2>) -> Option<Tensor<2>> {
            Some(noise.inner().narrow(1, 0, 1))
        }
    }
    let of = |estimator, place: elbo_dist::Place| {
        let level = Param::from_tensor(place.zeros([1, 1]));
        let objective = Elbo.with_estimator("z", estimator);
        svi(Model::new(behind), Behind::new(&[0.3, -0.5]), objective, 2)
            .with_controls(Root { level })
    };
    let baseline = Estimator::ScoreFunction(ControlVariate::Baseline);
    let mut rooted = of(baseline, f64_on_flex());
    let error = rooted.step(&()).unwrap_err();
    assert!(error.to_string().contains("parameter controls.level is"), "{error}");
    assert_eq!(rooted.controls().level.val().into_scalar::<f64>(), 0.0);
    let single = elbo_dist::Place::f32(&burn::tensor::Device::flex());
    let error = of(baseline, single).step(&()).unwrap_err();
    assert!(matches!(error, InferError::ControlPlace { .. }), "{error}");
    let error = of(Estimator::Relax { temperature: 0.5 }, f64_on_flex()).step(&()).unwrap_err();
    assert!(matches!(error, InferError::NetworkConstant { .. }), "{error}");
}
