//! Guides that are no family of vectors have a density at any latents, too.

use elbo_dist::{Distribution, Gamma, HalfCauchy, Noise, Normal, StudentT};
use elbo_guide::{
    AutomaticStructured, ExponentialFamily, GuideError, Init, Local, MeanField, MeanFieldConfig,
    PathfinderConfig, Product, Score,
};
use elbo_model::{Layout, Model, ModelError, Subsample, Trace};

use crate::{Batch, agrees, discover, f64_on_flex, shaken};

fn hierarchy(t: &mut Trace, _: &()) {
    let mu = t.sample("mu", Normal::<2>::new(1.0, 2.0));
    let tau = t.sample("tau", HalfCauchy::<2>::new(1.0));
    t.sample("rate", Gamma::<2>::new(2.0, 3.0));
    t.plate("groups", 3, |t| t.sample("theta", Normal::new(mu, tau)));
}

#[test]
fn a_mean_field_of_any_base_scores_its_draws() {
    let (layout, mut noise) = discover(&hierarchy, &f64_on_flex());
    let found = MeanFieldConfig::new().with_init(Init::Pathfinder(PathfinderConfig::new()));
    for config in [found, MeanFieldConfig::new().with_base(StudentT::new(4.0, 0.0, 1.0))] {
        let guide = config.init(&layout, &hierarchy, &(), &mut noise).unwrap();
        agrees(&shaken(guide), &());
    }
}

#[test]
fn conditionals_beside_a_mean_field_score_their_draws() {
    let (layout, mut noise) = discover(&hierarchy, &f64_on_flex());
    let program = Model::new(hierarchy);
    let draws = layout.prior_draws().unwrap().rows(&[3]);
    let start = Init::Value(draws.clone());
    let guide = AutomaticStructured::at(start, program, &layout, &(), &mut noise).unwrap();
    let tau = draws.get::<2>("tau").unwrap().into_scalar::<f64>();
    assert_eq!(guide.others().unwrap().loc().into_scalar::<f64>(), tau.ln()); // the half-Cauchy alone cannot be moved
    agrees(&shaken(guide), &());
}

#[test]
fn a_product_with_a_program_scores_its_draws() {
    let (layout, mut noise) = discover(&hierarchy, &f64_on_flex());
    let program = ExponentialFamily::of_prior(&layout.of_latents(|name| name == "rate")).unwrap();
    let others = layout.of_latents(|name| name != "rate");
    let others = MeanField::new(&others, &hierarchy, &(), &mut noise).unwrap();
    agrees(&shaken(Product::new(program, others)), &());
}

fn rows(t: &mut Trace, batch: &Batch) {
    t.plate("rows", Subsample { total: 9, batch: batch.0.len() }, |t| {
        t.sample("z", Normal::<3>::new(0.0, 1.0).iid([1, 1, 2]));
        t.sample("rate", Gamma::<2>::new(2.0, 3.0));
    });
}

#[test]
fn a_table_scores_the_rows_of_a_batch() {
    let (batch, noise) = (Batch(vec![4, 0, 7]), Noise::new(0, f64_on_flex()));
    let layout = Layout::discover(&rows, &batch, &noise).unwrap();
    let guide = shaken(Local::new("rows", &layout).unwrap());
    agrees(&guide, &Batch(vec![8, 1]));
    let none = layout.at::<2>([]);
    let error = guide.log_q(&batch, &none).unwrap_err();
    let GuideError::Model(ModelError::MissingSite { site, .. }) = &error else { panic!("{error}") };
    assert_eq!(site, "z");
    let error = guide.log_q(&Batch(vec![9]), &none).unwrap_err();
    assert!(matches!(error, GuideError::NoSuchRow { row: 9, total: 9, .. }), "{error}");
}
