use burn::module::Module;
use burn::store::ModuleRecord;
use elbo_dist::{
    Bernoulli, Categorical, Dirichlet, Distribution, Gamma, HalfCauchy, Noise, Normal, Place,
    Support, Uniform,
};
use elbo_guide::{Guide, GuideError, Init, MeanField, MeanFieldConfig};
use elbo_model::{Layout, LogJoint, Path, Plan, Program, Site, Subsample, Trace};

use crate::f64_on_flex;

fn of<P: Program>(program: &P, config: MeanFieldConfig, place: &Place) -> MeanField {
    let mut noise = Noise::new(0, place);
    let layout = Layout::discover(program, &(), &noise).unwrap();
    config.init(&layout, program, &(), &mut noise).unwrap()
}

/// A site of each continuous support.
fn supports(t: &mut Trace, _: &()) {
    t.sample("real", Normal::<2>::new(0.0, 1.0));
    t.sample("positive", HalfCauchy::<3>::new(1.0).iid([1, 1, 2]));
    t.sample("interval", Distribution::<2>::iid(Uniform::new(-1.0, 3.0), [1, 1]));
}

/// For `log τ ~ N(μ, σ²)`: `log q(τ) = log N(log τ; μ, σ²) - log τ`.
#[test]
fn log_q_is_the_density_of_the_transformed_normal() {
    fn half(t: &mut Trace, _: &()) {
        t.sample("tau", HalfCauchy::<2>::new(1.0));
    }
    let place = f64_on_flex();
    let guide = of(&half, MeanFieldConfig::new().with_scale(0.7), &place);
    let mu: f64 = guide.loc().into_scalar();
    let draw = guide.draw(&(), 50, &Plan::default(), &mut Noise::new(1, &place)).unwrap();
    let tau = draw.latents.value("tau").unwrap().to_vec();
    let log_q: Vec<f64> = draw.log_q.total().into_data().iter::<f64>().collect();
    for (tau, log_q) in tau.into_iter().zip(log_q) {
        let z = (tau.ln() - mu) / 0.7;
        let log_normal = -0.5 * z * z - 0.7_f64.ln() - 0.5 * std::f64::consts::TAU.ln() - tau.ln();
        assert!((log_q - log_normal).abs() < 1e-12, "{tau}: {log_q} {log_normal}");
    }
}

/// On a grid of `z` the density of every support integrates to 1: `q(x) dx = q(z) dz`, and
/// `log q(x)` is `log q(z)` less the log-determinant that [`elbo_guide::FlatLatents`] reports. The grid
/// spans 12 deviations in steps of 0.001 and the trapezoidal error is below 1e-9.
#[test]
fn log_q_integrates_to_one_on_every_support() {
    let place = f64_on_flex();
    let interval = Support::Interval { low: -1.0, high: 3.0 };
    for support in [Support::Real, Support::Positive, Support::UnitInterval, interval] {
        let layout = Layout::by_hand(&place, [Site::latent("x", [1, 1], support)]);
        let flat = elbo_guide::FlatLatents::new(&layout).unwrap();
        let n = 24_001;
        let z: Vec<f64> = (0..n).map(|i| -12.0 + 0.001 * f64::from(i)).collect();
        let (latents, minus_log_det) = flat.unpack(place.tensor(z.clone(), [n as usize, 1]));
        let x = latents.value("x").unwrap().to_vec();
        let minus_log_det = minus_log_det
            .try_total()
            .map_or(vec![0.0; z.len()], |t| t.into_data().iter::<f64>().collect());
        let q: Vec<f64> = z
            .iter()
            .zip(&minus_log_det)
            .map(|(z, m)| (-0.5 * z * z - 0.5 * std::f64::consts::TAU.ln() + m).exp())
            .collect();
        let total: f64 = (1..x.len()).map(|i| 0.5 * (q[i] + q[i - 1]) * (x[i] - x[i - 1])).sum();
        assert!((total - 1.0).abs() < 1e-5, "{support}: {total}");
    }
}

/// The mean over draws of `-log q` is the entropy: `½ log 2πe + log σ + E[log |dx/dz|]`, and for
/// the positive site that last mean is its location. 4 standard errors of 20,000 draws, whose
/// standard deviation is `√½` on the real line and `√(½ + σ²)` for `log τ`.
#[test]
fn draws_and_log_q_agree_on_the_entropy() {
    fn half(t: &mut Trace, _: &()) {
        t.sample("tau", HalfCauchy::<2>::new(1.0));
    }
    let place = f64_on_flex();
    let guide = of(&half, MeanFieldConfig::new().with_scale(0.5), &place);
    let mu: f64 = guide.loc().into_scalar();
    let draw = guide.draw(&(), 20_000, &Plan::default(), &mut Noise::new(9, &place)).unwrap();
    let mean: f64 = draw.log_q.total().mean().into_scalar();
    let entropy = 0.5 * (std::f64::consts::TAU.ln() + 1.0) + 0.5_f64.ln() + mu;
    let error = (0.5_f64 + 0.25).sqrt() / 20_000_f64.sqrt();
    assert!((-mean - entropy).abs() < 4.0 * error, "{} {entropy} {error}", -mean);
}

#[test]
fn both_paths_give_the_same_log_q() {
    let place = f64_on_flex();
    let guide = of(&supports, MeanFieldConfig::new().with_scale(0.3), &place);
    let [full, draws_only] = [Path::Full, Path::DrawsOnly].map(|path| {
        let draw = guide.draw(&(), 6, &Plan::new(path), &mut Noise::new(2, &place)).unwrap();
        draw.log_q.total().into_data().iter::<f64>().collect::<Vec<_>>()
    });
    for (x, y) in full.into_iter().zip(draws_only) {
        assert!((x - y).abs() < 1e-12, "{x} {y}");
    }
}

#[test]
fn draws_have_the_shape_and_the_support_of_their_sites() {
    let place = f64_on_flex();
    let guide = of(&supports, MeanFieldConfig::new().with_scale(3.0), &place);
    let latents =
        guide.draw(&(), 500, &Plan::default(), &mut Noise::new(2, &place)).unwrap().latents;
    assert_eq!(latents.get::<2>("real").unwrap().dims(), [500, 1]);
    assert_eq!(latents.get::<3>("positive").unwrap().dims(), [500, 1, 2]);
    assert!(latents.value("positive").unwrap().find(|x| x <= 0.0).is_none());
    assert!(latents.value("interval").unwrap().find(|x| !(-1.0..=3.0).contains(&x)).is_none());
}

/// A site in a plate of 3 keeps its block `[S, 3]`; with it, the total is what it is without.
#[test]
fn a_latent_in_a_plate_keeps_one_log_q_an_element() {
    fn plated(t: &mut Trace, _: &()) {
        t.plate("rows", 3, |t| t.sample("z", Normal::<3>::new(0.0, 1.0).iid([1, 1, 2])));
    }
    fn bare(t: &mut Trace, _: &()) {
        t.sample("z", Normal::<3>::new(0.0, 1.0).iid([1, 3, 2]));
    }
    let place = f64_on_flex();
    let config = || MeanFieldConfig::new().with_scale(0.4);
    let draw = |guide: &MeanField| {
        guide.draw(&(), 4, &Plan::default(), &mut Noise::new(2, &place)).unwrap().log_q
    };
    let plated = draw(&of(&plated, config(), &place));
    let bare = draw(&of(&bare, config(), &place));
    let blocks = plated.blocks();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].log_prob.dims(), [4, 3]);
    let difference: f64 = (plated.total() - bare.total()).abs().max().into_scalar();
    assert!(difference < 1e-12, "{difference}");
}

#[test]
fn a_guide_survives_saving_and_loading() {
    let place = f64_on_flex();
    let trained = of(&supports, MeanFieldConfig::new().with_scale(0.3), &place);
    let other = of(&supports, MeanFieldConfig::new().with_scale(0.9), &place);
    let bytes = trained.clone().into_record().into_bytes().unwrap();
    let loaded = other.load_record(ModuleRecord::from_bytes(bytes).unwrap());
    assert_eq!(loaded.loc().into_data(), trained.loc().into_data());
    assert_eq!(loaded.scale().into_data(), trained.scale().into_data());
}

fn refusal<P: Program>(program: &P) -> GuideError {
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let layout = Layout::discover(program, &(), &noise).unwrap();
    MeanField::new(&layout, program, &(), &mut noise).unwrap_err()
}

#[test]
fn a_discrete_site_is_refused() {
    fn coin(t: &mut Trace, _: &()) {
        t.sample("heads", Bernoulli::<2>::probs(0.5));
    }
    fn die(t: &mut Trace, _: &()) {
        let place = t.place().clone();
        t.sample("face", Categorical::logits(place.zeros::<2>([1, 6])));
    }
    assert!(matches!(refusal(&coin), GuideError::Discrete { site, .. } if site == "heads"));
    assert_eq!(
        refusal(&die).to_string(),
        "\"face\" has the support {0..6}, which has no map from the real line; draw it by \
         ExponentialFamily or a guide program (Amortized), beside this guide of the other latents \
         (Product), or sum it out of the model (t.marginalize)"
    );
}

#[test]
fn a_latent_local_to_a_minibatch_is_refused() {
    fn local(t: &mut Trace, _: &()) {
        t.plate("rows", Subsample { total: 100, batch: 10 }, |t| {
            t.sample("z", Normal::<2>::new(0.0, 1.0));
        });
    }
    let error = refusal(&local);
    let GuideError::SubsampledLocal { site, plate, batch: 10, total: 100 } = &error else {
        panic!("{error}");
    };
    assert_eq!((site.as_str(), plate.as_str()), ("z", "rows"));
}

#[test]
fn a_program_without_latents_is_refused() {
    fn empty(t: &mut Trace, _: &()) {
        let place = t.place().clone();
        t.observe("x", Normal::new(0.0, 1.0), place.zeros::<2>([1, 1]));
    }
    assert_eq!(refusal(&empty), GuideError::NoLatents);
}

#[test]
fn a_scale_that_is_not_positive_is_refused() {
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let layout = Layout::discover(&supports, &(), &noise).unwrap();
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let config = MeanFieldConfig::new().with_scale(scale).with_init(Init::PriorDraw);
        let error = config.init(&layout, &supports, &(), &mut noise).unwrap_err();
        assert!(matches!(error, GuideError::Scale(_)), "{error}");
    }
}

/// `E_q[p(x) / q(x)] = 1` for a normalized density `p` over three numbers: a vector of three parts, whose
/// last follows from the others, and a positive one; within 4 standard errors.
#[test]
fn log_q_of_a_simplex_is_a_density_over_it() {
    fn model(t: &mut Trace, _: &()) {
        let ones = t.place().zeros::<2>([1, 3]) + 2.0;
        t.sample("weights", Dirichlet::new(ones));
        t.sample("rate", Gamma::<2>::new(3.0, 2.0));
    }
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let layout = Layout::discover(&model, &(), &noise).unwrap();
    let guide = MeanFieldConfig::new().with_scale(0.9).init(&layout, &model, &(), &mut noise);
    let guide = guide.unwrap();
    assert_eq!(guide.loc().dims(), [1, 3]);
    let draw = guide.draw(&(), 40_000, &Plan::default(), &mut noise).unwrap();
    let log_p = model.log_joint(&draw.latents, &()).unwrap().total();
    let ratio: Vec<f64> = (log_p - draw.log_q.total()).inner().exp().into_data().iter().collect();
    let n = ratio.len() as f64;
    let mean = ratio.iter().sum::<f64>() / n;
    let variance = ratio.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
    assert!((mean - 1.0).abs() < 4.0 * (variance / n).sqrt(), "{mean}, variance {variance}");
    assert!(variance < 10.0, "{variance}"); // so that the standard error means something
    let flat = guide.flat();
    let values: Vec<f64> = draw.latents.value("weights").unwrap().to_vec();
    let mut again = elbo_model::Latents::new(place.clone());
    again.insert("weights", place.tensor::<2>(values[..3].to_vec(), [1, 3]));
    let rate = draw.latents.value("rate").unwrap().to_vec()[0];
    again.insert("rate", place.tensor::<2>(vec![rate], [1, 1]));
    let z = flat.pack(&again).unwrap();
    let (back, _) = flat.unpack(place.tensor(z[0].clone(), [1, 3]));
    let back = back.value("weights").unwrap().to_vec();
    elbo_testkit::assert_close(&back, &values[..3], 1e-12, 0.0);
}

/// Every set that has a map from the real line: what a guide draws lies in it, and goes back to where it was.
#[test]
fn latents_of_every_support_are_drawn_inside_it_and_packed_again() {
    use elbo_dist::Support;
    use elbo_model::{Layout, Site};
    let sites = [
        Site::latent("simplex", [1, 2, 3], Support::Simplex { count: 3 }),
        Site::latent("ordered", [1, 4], Support::Ordered { count: 4 }),
        Site::latent("zero sum", [1, 3], Support::ZeroSum { count: 3 }),
        Site::latent("direction", [1, 3], Support::UnitVector { count: 3 }),
        Site::latent("factor", [1, 2, 2], Support::LowerCholesky { size: 2 }),
        Site::latent("correlations", [1, 2, 3, 3], Support::CorrCholesky { size: 3 }),
        Site::latent("definite", [1, 2, 2], Support::PositiveDefinite { size: 2 }),
        Site::latent("positive", [1, 2], Support::Positive),
    ];
    let place = f64_on_flex();
    let layout = Layout::by_hand(&place, sites.clone());
    let flat = elbo_guide::FlatLatents::new(&layout).unwrap();
    assert_eq!(flat.len(), 4 + 4 + 2 + 2 + 3 + 6 + 3 + 2);
    let z: burn::tensor::Tensor<2> = Noise::new(1, &place).normal([5, flat.len()]);
    let (latents, terms) = flat.unpack(z.clone());
    assert_eq!(terms.iter().count(), 8);
    for site in &sites {
        let value = latents.value(&site.name).unwrap();
        assert_eq!(value.shape()[1..], site.shape[1..]);
        let numbers = value.to_vec();
        assert!(numbers.iter().all(|x| site.support.contains(*x)), "{}", site.name);
        let count = site.support.event_shape().iter().product::<usize>();
        assert!(numbers.chunks(count).all(|event| site.support.contains_event(event)));
    }
    let packed: Vec<f64> = flat.pack(&latents).unwrap().concat();
    let expected: Vec<f64> = z.into_data().iter::<f64>().collect();
    elbo_testkit::assert_close(&packed, &expected, 1e-9, 1e-9);
    // A shape that does not end in an event cannot be mapped.
    let wrong = Site::latent("factor", [1, 2, 3], Support::LowerCholesky { size: 2 });
    let error = elbo_guide::FlatLatents::new(&Layout::by_hand(&place, [wrong])).unwrap_err();
    assert!(error.to_string().contains("one event of the support along the last axes"), "{error}");
}
