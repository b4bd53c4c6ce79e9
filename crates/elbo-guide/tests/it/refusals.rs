//! What cannot be is refused with a text that says what to do.

use burn::tensor::{Bool, Tensor};
use elbo_dist::{Bernoulli, HalfCauchy, Masked, Noise, Normal};
use elbo_guide::{
    Amortized, AutomaticConfig, AutomaticStructured, ExponentialFamily, FullRankConfig,
    FullRankNormalConfig, Guide, GuideError, GuideMixtureConfig, Init, Local, MeanField,
    PathfinderConfig, Product, resample,
};
use elbo_model::{Estimator, Layout, Model, Plan, Program, Trace};

use crate::{Batch, discover, f64_on_flex, numbers};

fn pair(t: &mut Trace, _: &()) {
    let a = t.sample("a", Normal::<2>::new(0.0, 1.0));
    t.sample("b", Normal::new(a, 1.0));
}

#[test]
fn products_take_guides_of_one_member_without_enumeration() {
    let (layout, mut noise) = discover(&pair, &f64_on_flex());
    let [a, b] = ["a", "b"].map(|name| layout.of_latents(move |site| site == name));
    let several = FullRankConfig::new().with_restarts(2);
    let several = several.init(&a, &pair, &(), &mut noise).unwrap();
    let one = || MeanField::new(&b, &pair, &(), &mut Noise::new(0, f64_on_flex())).unwrap();
    let error = Product::new(several, one()).draw(&(), 2, &Plan::default(), &mut noise);
    assert!(matches!(error.unwrap_err(), GuideError::ProductRestarts));
    let bit = |t: &mut Trace, _: &()| {
        t.sample_with("a", Bernoulli::<2>::logits(0.0), Estimator::Enumerate);
    };
    let guide = Product::new(Amortized::new(Model::new(bit)), one());
    let error = guide.draw(&(), 2, &Plan::default(), &mut noise).unwrap_err();
    assert!(matches!(&error, GuideError::ProductEnumerates { site } if site == "a"), "{error}");
}

/// Two guides of one kind are two modules, with parameters of their own.
#[test]
fn a_product_of_two_guides_of_one_kind_has_no_parameter_twice() {
    let (layout, mut noise) = discover(&pair, &f64_on_flex());
    let [a, b] = ["a", "b"].map(|name| layout.of_latents(move |site| site == name));
    let first = MeanField::new(&a, &pair, &(), &mut noise).unwrap();
    let guide = Product::new(first, MeanField::new(&b, &pair, &(), &mut noise).unwrap());
    let mut ids = burn::module::list_param_ids(&guide);
    let all = ids.len();
    ids.sort_by_key(|id| id.val());
    ids.dedup();
    assert_eq!((ids.len(), all), (4, 4));
}

#[test]
fn mixtures_have_no_restarts() {
    let (layout, mut noise) = discover(&pair, &f64_on_flex());
    let config = AutomaticConfig::of(GuideMixtureConfig::new(FullRankNormalConfig, 2));
    let error = config.with_restarts(3).init(&layout, &pair, &(), &mut noise).map(|_| ());
    assert!(matches!(error.unwrap_err(), GuideError::MixtureRestarts));
}

#[test]
fn searches_for_nothing_and_without_a_normal_are_refused() {
    let (layout, mut noise) = discover(&pair, &f64_on_flex());
    let none = PathfinderConfig::new().with_paths(0);
    let error = none.init(&layout, &pair, &(), &mut noise).unwrap_err();
    assert_eq!(error.to_string(), "Pathfinder is asked for 0 paths; ask for 1 or more");
    // Nothing is seen and nothing is expected: there is no way up.
    let nothing = |t: &mut Trace, _: &()| {
        let _: Tensor<2> = t.sample("a", elbo_dist::Flat::new(elbo_dist::Support::Real));
    };
    let (layout, mut noise) = discover(&nothing, &f64_on_flex());
    let error = PathfinderConfig::new().init(&layout, &nothing, &(), &mut noise).unwrap_err();
    assert!(matches!(error, GuideError::NoPath { paths: 4 }), "{error}");
    assert_no_mode(nothing);
}

fn assert_no_mode(program: impl Program) {
    let (layout, mut noise) = discover(&program, &f64_on_flex());
    let config = FullRankConfig::new().with_init(Init::Laplace);
    let error = config.init(&layout, &program, &(), &mut noise).map(|_| ()).unwrap_err();
    assert!(matches!(error, GuideError::NotAMode), "{error}");
}

/// Two numbers of which the data say the sum alone: along their difference the curvature is what rounding leaves of it.
#[test]
fn a_density_that_is_flat_along_no_axis_has_no_mode() {
    let ridge = |t: &mut Trace, _: &()| {
        let flat = || elbo_dist::Flat::new(elbo_dist::Support::Real);
        let sum: Tensor<2> = t.sample("a", flat()) * 0.3 + t.sample("b", flat()) * 0.7;
        t.observe("y", Normal::new(sum, 0.1), t.place().tensor(vec![1.7], [1, 1]));
    };
    assert_no_mode(ridge);
}

#[test]
fn masked_latents_are_left_to_guide_programs() {
    let masked = |t: &mut Trace, _: &()| {
        let mask = Tensor::<2, Bool>::from_data([[true, false]], t.place().device());
        t.mask(mask, |t| t.plate("rows", 2, |t| t.sample("z", Normal::<2>::new(0.0, 1.0))));
    };
    let (layout, mut noise) = discover(&masked, &f64_on_flex());
    let errors = [
        MeanField::new(&layout, &masked, &(), &mut noise).unwrap_err(),
        ExponentialFamily::of_prior(&layout).unwrap_err(),
        Local::new("rows", &layout).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, GuideError::Masked { site } if site == "z"), "{error}");
    }
    let own = |t: &mut Trace, _: &()| {
        let mask = Tensor::<2, Bool>::from_data([[true, false]], t.place().device());
        t.sample("z", Masked::new(Normal::new(0.0, 1.0), mask));
    };
    let (layout, _) = discover(&own, &f64_on_flex());
    let error = MeanField::new(&layout, &own, &(), &mut noise).unwrap_err();
    assert!(matches!(error, GuideError::Masked { .. }), "{error}");
    // The conditionals of a program that the guide runs are under its masks.
    let program = Model::new(masked);
    let guide = AutomaticStructured::new(program, &layout, &(), &mut noise).unwrap();
    let draw = guide.draw(&(), 4, &Plan::default(), &mut noise).unwrap();
    let hidden = numbers(draw.log_q.blocks()[0].log_prob.clone().narrow(1, 1, 1));
    assert_eq!(hidden, [0.0; 4]);
}

/// `log σ(z)` rises for ever, ever flatter.
#[test]
fn a_slope_that_flattens_is_no_mode() {
    let slope = |t: &mut Trace, _: &()| {
        let z: Tensor<2> = t.sample("z", elbo_dist::Flat::new(elbo_dist::Support::Real));
        t.observe("y", Bernoulli::logits(z), t.place().zeros([1, 1]) + 1.0);
    };
    assert_no_mode(slope);
}

/// A guide whose draws the model excludes has no weights.
#[test]
fn draws_that_the_model_excludes_have_no_weight() {
    let far = |t: &mut Trace, _: &()| {
        t.sample("a", Normal::<2>::new(1e200, 1.0));
    };
    let narrow = |t: &mut Trace, _: &()| {
        t.sample("a", Normal::<2>::new(0.0, 1.0));
    };
    let (_, mut noise) = discover(&narrow, &f64_on_flex());
    let guide = Amortized::new(Model::new(far));
    let error = resample(&guide, &narrow, &(), 10, &mut noise).map(|_| ()).unwrap_err();
    assert!(matches!(error, GuideError::NoWeight { draws: 10 }), "{error}");
}

#[test]
fn conditionals_beside_a_mean_field_are_not_enumerated() {
    let program = |t: &mut Trace, _: &()| {
        t.sample("scale", HalfCauchy::<2>::new(1.0));
        t.sample("bit", Bernoulli::<2>::logits(0.0));
    };
    let (layout, mut noise) = discover(&program, &f64_on_flex());
    let guide = AutomaticStructured::new(Model::new(program), &layout, &(), &mut noise).unwrap();
    let plan = Plan::default().with_estimator("bit", Estimator::Enumerate);
    let error = guide.draw(&(), 2, &plan, &mut noise).unwrap_err();
    assert!(matches!(&error, GuideError::BesideEnumerated { site } if site == "bit"), "{error}");
    let part = layout.of_latents(|name| name == "bit");
    let error = AutomaticStructured::new(Model::new(program), &part, &(), &mut noise);
    let error = error.map(|_| ()).unwrap_err();
    assert!(matches!(&error, GuideError::PartOfModel { site } if site == "scale"), "{error}");
}

#[test]
fn tables_need_latents_and_rows() {
    let local = |t: &mut Trace, _: &Batch| {
        t.plate("rows", 3, |t| {
            t.sample("z", Normal::<2>::new(0.0, 1.0));
        });
    };
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&local, &Batch(vec![0, 1, 2]), &noise).unwrap();
    let none = layout.of_latents(|_| false);
    let error = Local::new("rows", &none).unwrap_err();
    assert!(matches!(&error, GuideError::NoLocals { plate } if plate == "rows"), "{error}");
    let table = Local::new("rows", &layout).unwrap();
    let error = table.draw(&Batch(vec![]), 1, &Plan::default(), &mut noise).unwrap_err();
    assert!(matches!(&error, GuideError::NoRows { plate } if plate == "rows"), "{error}");
}
