use burn::tensor::{Device, Tensor};
use elbo_dist::{Distribution, Exponential, Noise, Normal, Place, Support};
use elbo_guide::{FlatLatents, GuideError, Init, MeanField, MeanFieldConfig};
use elbo_model::{Latents, Layout, ModelError, Plan, Plate, Program, Site, Trace};

use crate::f64_on_flex;

fn loc(guide: &MeanField) -> Vec<f64> {
    guide.loc().into_data().iter::<f64>().collect()
}

fn start<P: Program>(program: &P, init: Init) -> Result<MeanField, GuideError> {
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(program, &(), &noise).unwrap();
    MeanFieldConfig::new().with_init(init).init(&layout, program, &(), &mut noise)
}

fn shifted(t: &mut Trace, _: &()) {
    t.sample("mu", Normal::<2>::new(10.0, 0.1).iid([1, 3]));
    t.sample("rate", Exponential::<2>::new(1.0));
}

/// The median of 15 draws of `N(10, 0.1²)` lies within 0.15 of 10: its standard error is
/// `1.2533 · 0.1 / √15 = 0.032`. That of an exponential's logarithm lies about `log log 2`, -0.37,
/// with a standard error of `√(½ · ½ / 15) / (½ log 2) = 0.37`.
#[test]
fn the_median_is_that_of_the_prior_on_the_real_line() {
    let guide = start(&shifted, Init::Median).unwrap();
    let at = loc(&guide);
    assert!(at[..3].iter().all(|x| (x - 10.0).abs() < 0.15), "{at:?}");
    assert!((at[3] + 0.37).abs() < 4.0 * 0.37, "{at:?}");
}

#[test]
fn a_prior_draw_is_one_of_the_layouts_draws() {
    let place = f64_on_flex();
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&shifted, &(), &noise).unwrap();
    let first = layout.prior_draws().unwrap().value("mu").unwrap().to_vec();
    let at = loc(&start(&shifted, Init::PriorDraw).unwrap());
    assert_eq!(at[..3], first[..3]);
}

#[test]
fn a_value_is_taken_to_the_real_line() {
    let place = f64_on_flex();
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&shifted, &(), &noise).unwrap();
    let mut values = layout.at([("mu", place.tensor::<2>(vec![1.0, 2.0, 3.0], [1, 3]))]);
    values.insert("rate", place.tensor::<2>(vec![2.0], [1, 1]));
    let at = loc(&start(&shifted, Init::Value(values)).unwrap());
    assert_eq!(at[..3], [1.0, 2.0, 3.0]);
    assert!((at[3] - 2.0_f64.ln()).abs() < 1e-15);
}

#[test]
fn a_uniform_start_stays_within_its_radius() {
    let at = loc(&start(&shifted, Init::Uniform { radius: 0.25 }).unwrap());
    assert!(at.iter().all(|x| x.abs() <= 0.25), "{at:?}");
    assert!(at.iter().any(|x| x.abs() > 0.02), "{at:?}");
}

/// The log of a negative number: about half of all uniform starts have no density.
#[test]
fn a_start_is_retried_until_its_density_is_finite() {
    fn half_line(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::<2>::new(-1.0, 0.01));
        t.factor("log", x.log());
    }
    let at = loc(&start(&half_line, Init::Median).unwrap());
    assert!(at[0] > 0.0, "the median -1 has no density, {at:?} does");
}

#[test]
fn a_density_that_is_never_finite_names_its_site() {
    fn hopeless(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::<2>::new(0.0, 1.0));
        t.factor("abyss", (x.square() + 1.0).neg().log());
    }
    let error = start(&hopeless, Init::Uniform { radius: 2.0 }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no finite log-density in 100 starting points: the first site that was not finite is \
         \"abyss\" (100 times); check its parameters, or start elsewhere (Init::Value)"
    );
}

#[test]
fn a_value_that_lacks_a_site_or_has_another_shape_is_an_error() {
    let place = f64_on_flex();
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&shifted, &(), &noise).unwrap();
    let lacking = layout.at([("mu", place.zeros::<2>([1, 3]))]);
    let error = start(&shifted, Init::Value(lacking)).unwrap_err();
    assert!(matches!(error, GuideError::Model(ModelError::MissingSite { .. })), "{error}");
    let odd = layout.at([("mu", place.zeros::<2>([1, 2]))]);
    let error = start(&shifted, Init::Value(odd)).unwrap_err();
    assert!(matches!(error, GuideError::Model(ModelError::Shape { .. })), "{error}");
}

#[test]
fn a_layout_by_hand_has_no_median() {
    #[derive(Debug)]
    struct Bowl;
    impl elbo_model::LogJoint for Bowl {
        fn log_joint(
            &self,
            latents: &elbo_model::Latents,
            _: &(),
        ) -> Result<elbo_model::LogTerms, ModelError> {
            let x: Tensor<2> = latents.get("x")?;
            let mut terms = elbo_model::LogTerms::default();
            let role = elbo_model::Role::Factor;
            terms.push(elbo_model::Term::new("bowl", role, vec![], x.square() * -0.5));
            Ok(terms)
        }
    }
    let place = Place::f32(&Device::flex());
    let layout = Layout::by_hand(&place, [Site::latent("x", [1, 1], Support::Real)]);
    let mut noise = Noise::new(0, &place);
    let error = MeanField::new(&layout, &Bowl, &(), &mut noise).unwrap_err();
    assert_eq!(error, GuideError::Model(ModelError::NoPriorDraws));
    let config = MeanFieldConfig::new().with_init(Init::Uniform { radius: 2.0 });
    assert!(config.init(&layout, &Bowl, &(), &mut noise).is_ok());
}

#[test]
fn shapes_that_a_flat_vector_cannot_hold_are_refused() {
    let place = f64_on_flex();
    let refused = |site: Site| {
        let error = FlatLatents::new(&Layout::by_hand(&place, [site])).unwrap_err();
        assert!(matches!(&error, GuideError::Shape { site, .. } if site == "x"), "{error}");
    };
    for shape in [vec![1; 7], vec![], vec![1, 0], vec![2, 3]] {
        refused(Site::latent("x", shape, Support::Real));
    }
    let plate = |axis, batch| Plate { name: "rows".into(), axis, total: 4, batch };
    let site = Site { plates: vec![plate(1, 4)], ..Site::latent("x", [1, 3], Support::Real) };
    let error = |site| FlatLatents::new(&Layout::by_hand(&place, [site])).unwrap_err();
    assert!(matches!(error(site.clone()), GuideError::Model(ModelError::PlateSize { .. })));
    let twice = Site { plates: vec![plate(1, 3), plate(1, 3)], ..site.clone() };
    assert_eq!(
        error(twice).to_string(),
        "\"x\": plate \"rows\" lies on axis 1, but is to lie on axis 2; the outermost plate has axis 1, the one inside it axis 2, and so on"
    );
    let empty = Site { plates: vec![plate(1, 0)], ..site };
    assert!(matches!(error(empty), GuideError::Model(ModelError::PlateTotal { .. })));
    let backwards = Support::Interval { low: 2.0, high: 1.0 };
    let text = error(Site::latent("x", [1, 1], backwards)).to_string();
    assert!(text.starts_with("\"x\" has the support [2, 1], which has no map"), "{text}");
}

#[test]
fn a_layout_with_two_latents_of_one_name_is_refused() {
    let site = || Site::latent("x", [1, 1], Support::Real);
    let error = FlatLatents::new(&Layout::by_hand(f64_on_flex(), [site(), site()])).unwrap_err();
    assert_eq!(error, GuideError::Model(ModelError::DuplicateSite { site: "x".into() }));
}

#[test]
fn a_value_for_no_latent_is_refused() {
    let mut values = Latents::new(f64_on_flex());
    values.insert("mu", f64_on_flex().zeros::<2>([1, 3]));
    values.insert("raet", f64_on_flex().zeros::<2>([1, 1]));
    let error = start(&shifted, Init::Value(values)).unwrap_err().to_string();
    let text = "a value is given for \"raet\", but the program samples only \"mu\", \"rate\"";
    assert!(error.starts_with(text), "{error}");
}

#[test]
fn initial_values_are_one_particle_a_fit() {
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let layout = Layout::by_hand(&place, [Site::latent("mu", [1, 3], Support::Real)]);
    fn model(t: &mut Trace, _: &()) {
        t.sample("mu", Normal::<2>::new(0.0, 1.0).iid([1, 3]));
    }
    for particles in [0, 2] {
        let values = layout.at([("mu", place.zeros::<2>([particles, 3]))]);
        let config = MeanFieldConfig::new().with_init(Init::Value(values));
        let error = config.init(&layout, &model, &(), &mut noise).unwrap_err();
        assert_eq!(error, GuideError::StartParticles { particles, starts: 1 });
    }
    let values = layout.at([("mu", place.tensor::<2>(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(values));
    let guide = config.clone().with_restarts(2).init(&layout, &model, &(), &mut noise).unwrap();
    assert_eq!(loc(&guide), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]); // each fit has its own
    let error = config.with_restarts(3).init(&layout, &model, &(), &mut noise).unwrap_err();
    let text = "the initial values hold 2 particles, but must hold 3";
    assert!(error.to_string().starts_with(text), "{error}");
}

#[test]
fn noise_at_another_place_than_the_guide_is_refused() {
    use elbo_guide::Guide;
    let guide = start(&shifted, Init::Median).unwrap();
    let mut single = Noise::new(0, &Device::flex());
    let error = Guide::<()>::draw(&guide, &(), 2, &Plan::default(), &mut single).unwrap_err();
    assert!(matches!(error, GuideError::Place { .. }), "{error}");
}
