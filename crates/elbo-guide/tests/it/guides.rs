//! Guides that are not of a family of vectors, and what all of them refuse.

use burn::tensor::{Int, Tensor};
use elbo_dist::{
    Bernoulli, Beta, Categorical, Dirichlet, Distribution, Gamma, HalfNormal, Noise, Normal, Place,
    StudentT,
};
use elbo_guide::{
    DeltaGuide, ExponentialFamily, FullRank, FullRankConfig, Guide, GuideError, Init,
    LaplaceApproximation, Local, LowRankConfig, MeanField, MeanFieldConfig, ParetoSmoothed,
    PathfinderConfig, Product, Rows, StructuredConfig, resample,
};
use elbo_model::{Estimator, Layout, LogJoint, ModelError, Plan, Subsample, Trace};

use crate::{discover, f64_on_flex, numbers};

/// `x = 1` with `z₁ ~ N(0, 1)`, `z₂ ~ N(z₁, 1)`, `x ~ N(z₂, 1)`: the posterior is normal.
fn chain(t: &mut Trace, _: &()) {
    let z1 = t.sample("z1", Normal::<2>::new(0.0, 1.0));
    let z2 = t.sample("z2", Normal::new(z1, 1.0));
    let x = t.place().tensor(vec![1.0], [1, 1]);
    t.observe("x", Normal::new(z2, 1.0), x);
}

/// Means 1/3 and 2/3, covariance [[2/3, 1/3], [1/3, 2/3]], log evidence -1.634911 (all by hand).
#[test]
fn laplace_and_pathfinder_find_a_normal_posterior() {
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&chain, &place);
    let laplace = LaplaceApproximation::new(&layout, &chain, &(), &mut noise).unwrap();
    for log_weight in weights(&laplace, &mut noise) {
        assert!((log_weight + 1.634_911).abs() < 1e-5, "{log_weight}");
    }
    for init in [Init::Laplace, Init::BestNormal(PathfinderConfig::new())] {
        let config = FullRankConfig::new().with_init(init);
        let guide = config.init(&layout, &chain, &(), &mut noise).unwrap();
        let loc = numbers(guide.loc());
        assert!((loc[0] - 1.0 / 3.0).abs() < 1e-5 && (loc[1] - 2.0 / 3.0).abs() < 1e-5, "{loc:?}");
        let covariance: Vec<f64> = guide.covariance().into_data().iter::<f64>().collect();
        let exact = [2.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0];
        for (found, exact) in covariance.iter().zip(exact) {
            assert!((found - exact).abs() < 1e-4, "{covariance:?}");
        }
    }
}

/// The covariance that a path learns is not exact, but a normal's bound stays below the evidence by its divergence: the mean of 20
/// log-weights, whose standard deviation is below 0.5 where the divergence is below 0.3.
#[test]
fn pathfinder_comes_close_to_a_normal_posterior() {
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&chain, &place);
    for paths in [1, 4] {
        let config = PathfinderConfig::new().with_paths(paths);
        let guide = config.init(&layout, &chain, &(), &mut noise).unwrap();
        let log_weights = weights(&guide, &mut noise);
        let bound = log_weights.iter().sum::<f64>() / 20.0;
        let error = 0.5 / 20.0_f64.sqrt();
        assert!((-0.3 - 4.0 * error..4.0 * error).contains(&(bound + 1.634_911)), "{bound}");
    }
}

fn weights(guide: &impl Guide, noise: &mut Noise) -> Vec<f64> {
    let draw = guide.draw(&(), 20, &Plan::sampling(), noise).unwrap();
    let log_p = chain.log_joint(&draw.latents, &()).unwrap().total();
    numbers(log_p - draw.log_q.total())
}

/// A density that grows without bound towards `z = 0` has no mode there.
#[test]
fn laplace_refuses_what_has_no_mode() {
    fn funnel(t: &mut Trace, _: &()) {
        let tau = t.sample("tau", HalfNormal::<2>::new(1.0));
        t.sample("z", Normal::new(0.0, tau).iid([1, 5]));
    }
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&funnel, &place);
    let error = LaplaceApproximation::new(&layout, &funnel, &(), &mut noise).unwrap_err();
    assert_eq!(error, GuideError::NotAMode);
    assert!(error.to_string().contains("use Init::Pathfinder"), "{error}");
}

/// The parameters of a mean-field guide whose start is Pathfinder's count in standard deviations: that of `10⁴ z` is 10⁴.
#[test]
fn a_start_by_pathfinder_finds_the_units() {
    fn large(t: &mut Trace, _: &()) {
        t.sample("z", Normal::<2>::new(-5e4, 1e4));
    }
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&large, &place);
    let config = MeanFieldConfig::new().with_init(Init::Pathfinder(PathfinderConfig::new()));
    let guide = config.init(&layout, &large, &(), &mut noise).unwrap();
    let [loc, scale] = [guide.loc(), guide.scale()].map(|x| numbers(x)[0]);
    assert!((loc + 5e4).abs() < 1.0 && (scale / 1e4 - 1.0).abs() < 1e-3, "{loc} {scale}");
    assert!((numbers(guide.units())[0] / 1e4 - 1.0).abs() < 1e-3);
}

/// `log q` of a Student-t mean field, by hand: `log t₄((z - μ) / σ) - log σ`.
#[test]
fn a_mean_field_of_another_base_has_its_density() {
    fn one(t: &mut Trace, _: &()) {
        t.sample("z", Normal::<2>::new(0.0, 1.0));
    }
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&one, &place);
    let base = StudentT::<2>::new(4.0, 0.0, 1.0);
    let config = MeanFieldConfig::new().with_base(base).with_scale(0.5);
    let guide = config.init(&layout, &one, &(), &mut noise).unwrap();
    let draw = guide.draw(&(), 30, &Plan::default(), &mut noise).unwrap();
    let loc = numbers(guide.loc())[0];
    let log_q = numbers(draw.log_q.total());
    for (z, log_q) in draw.latents.value("z").unwrap().to_vec().into_iter().zip(log_q) {
        let eps = (z - loc) / 0.5;
        // Γ(5/2) / (Γ(2) √(4 π)) = 3/8
        let by_hand = 0.375_f64.ln() - 2.5 * (1.0 + eps * eps / 4.0).ln() - 0.5_f64.ln();
        assert!((log_q - by_hand).abs() < 1e-10, "{log_q} {by_hand}");
    }
    assert_eq!(guide.distributions().next().unwrap(), ("z", None));
    let wrong = MeanFieldConfig::new().with_base(Beta::<2>::new(2.0, 2.0));
    let error = wrong.init(&layout, &one, &(), &mut noise).unwrap_err();
    assert!(error.to_string().starts_with("the base Beta needs all of the real line"), "{error}");
}

/// The point keeps the latents' own coordinates: no `log |dx/dz|` comes with it, and all particles are the same.
#[test]
fn a_point_has_no_density() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("tau", Gamma::<2>::new(3.0, 1.0));
    }
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&model, &place);
    let guide = DeltaGuide::new(&layout, &model, &(), &mut noise).unwrap();
    let draw = guide.draw(&(), 3, &Plan::default(), &mut noise).unwrap();
    let tau = draw.latents.value("tau").unwrap().to_vec();
    assert_eq!(tau, [tau[0]; 3]);
    assert!(draw.log_q.try_total().is_none());
    fn bare(t: &mut Trace, _: &()) {
        let x = t.place().tensor::<2>(vec![1.0], [1, 1]);
        t.observe("x", Normal::new(0.0, 1.0), x);
    }
    let (layout, mut noise) = discover(&bare, &place);
    let guide = DeltaGuide::new(&layout, &bare, &(), &mut noise).unwrap();
    assert!(guide.draw(&(), 1, &Plan::default(), &mut noise).unwrap().latents.is_empty());
}

/// Sites of a family each, in a plate and outside, continuous and discrete.
fn families(t: &mut Trace, _: &()) {
    let concentration = t.place().tensor(vec![2.0; 3], [1, 3]);
    t.sample("weights", Dirichlet::<2>::new(concentration));
    t.sample("rate", Gamma::<2>::new(2.0, 1.0));
    t.plate("rows", 4, |t| {
        t.sample("on", Bernoulli::<2>::probs(0.3));
        t.sample("p", Beta::<2>::new(2.0, 3.0));
        let probs = t.place().tensor::<3>(vec![0.2, 0.3, 0.5], [1, 1, 3]);
        t.sample("kind", Categorical::probs(probs).iid([1, 4, 1]));
    });
}

#[test]
fn the_exponential_family_draws_what_the_prior_draws() {
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&families, &place);
    let guide = ExponentialFamily::of_prior(&layout).unwrap();
    let draw = guide.draw(&(), 6, &Plan::default(), &mut noise).unwrap();
    for site in layout.latents() {
        let value = draw.latents.value(&site.name).unwrap();
        assert_eq!(value.shape()[1..], site.shape[1..], "{}", site.name);
    }
    // The model scores all of it: supports and plates are those of the sites.
    families.check(&draw.latents, &()).unwrap();
    for site in ["on", "p", "kind"] {
        let term = draw.log_q.iter().find(|term| &*term.site == site).unwrap();
        assert_eq!(term.log_prob.dims(), [6, 4], "{site}");
    }
}

#[test]
fn the_exponential_family_names_what_it_does_not_know() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("z", StudentT::<2>::new(3.0, 0.0, 1.0));
    }
    let place = f64_on_flex();
    let (layout, _) = discover(&model, &place);
    let error = ExponentialFamily::of_prior(&layout).unwrap_err().to_string();
    assert!(
        error.starts_with("\"z\" has the distribution StudentT, but this guide knows"),
        "{error}"
    );
}

struct Batch {
    x: Tensor<2>,
    index: Tensor<1, Int>,
}

impl Rows for Batch {
    fn rows(&self) -> Tensor<1, Int> {
        self.index.clone()
    }
}

fn local(t: &mut Trace, d: &Batch) {
    let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0));
    let rows = Subsample { total: 10, batch: d.x.dims()[1] };
    t.plate("rows", rows, |t| {
        let z = t.sample("z", Normal::new(mu, 1.0));
        let s = t.sample("s", HalfNormal::<3>::new(1.0).iid([1, d.x.dims()[1], 2]));
        let scale = s.sum_dim(2).squeeze_dim(2);
        t.observe("x", Normal::new(z, scale), d.x.clone());
    });
}

fn batch(place: &Place, rows: &[i64]) -> Batch {
    let x = place.tensor(rows.iter().map(|row| *row as f64).collect(), [1, rows.len()]);
    let index = Tensor::from_ints(rows, place.device());
    Batch { x, index }
}

/// A batch takes its own rows of the table, whatever its size, and the total is theirs in proportion.
#[test]
fn a_table_follows_the_batches_beside_a_guide_of_the_rest() {
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let first = batch(&place, &[3, 1, 7]);
    let layout = Layout::discover(&local, &first, &noise).unwrap();
    let error = FullRank::new(&layout, &local, &first, &mut noise).unwrap_err();
    assert!(matches!(&error, GuideError::SubsampledLocal { site, .. } if site == "z"), "{error}");
    assert!(error.to_string().contains("(Local)"), "{error}");
    let globals = layout.of_latents(|name| name == "mu");
    let globals = FullRank::new(&globals, &local, &first, &mut noise).unwrap();
    let table = Local::new("rows", &layout.of_latents(|name| name != "mu")).unwrap();
    assert_eq!(table.loc().dims(), [10, 3]);
    let guide = Product::new(globals, table);
    for rows in [vec![0, 9], vec![3, 1, 7, 2]] {
        let data = batch(&place, &rows);
        let draw = guide.draw(&data, 5, &Plan::default(), &mut noise).unwrap();
        assert_eq!(draw.latents.get::<2>("z").unwrap().dims(), [5, rows.len()]);
        assert_eq!(draw.latents.get::<3>("s").unwrap().dims(), [5, rows.len(), 2]);
        local.check(&draw.latents, &data).unwrap();
        let term = draw.log_q.iter().find(|term| &*term.site == "s").unwrap();
        assert_eq!(term.log_prob.dims(), [5, rows.len()]);
        assert_eq!(term.scale(), 10.0 / rows.len() as f64);
    }
    let error = guide.draw(&batch(&place, &[10]), 1, &Plan::default(), &mut noise).unwrap_err();
    assert!(matches!(error, GuideError::NoSuchRow { row: 10, total: 10, .. }), "{error}");
    let error = Local::new("rows", &layout).unwrap_err();
    assert!(matches!(&error, GuideError::NotLocal { site, .. } if site == "mu"), "{error}");
}

/// Both ways of the gradient give the same density of a table's draws.
#[test]
fn a_table_has_the_density_of_its_draws() {
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let data = batch(&place, &[3, 1]);
    let layout = Layout::discover(&local, &data, &noise).unwrap();
    let table = Local::new("rows", &layout.of_latents(|name| name == "z")).unwrap();
    let draw = table.draw(&data, 4, &Plan::default(), &mut noise).unwrap();
    let (loc, scale) = (numbers(table.loc()), numbers(table.scale()));
    let term = draw.log_q.iter().next().unwrap();
    let z = draw.latents.value("z").unwrap().to_vec();
    for (at, log_q) in numbers(term.log_prob.clone()).into_iter().enumerate() {
        let row = [3, 1][at % 2];
        let eps = (z[at] - loc[row]) / scale[row];
        let by_hand = -0.5 * eps * eps - scale[row].ln() - 0.5 * std::f64::consts::TAU.ln();
        assert!((log_q - by_hand).abs() < 1e-10);
    }
}

#[test]
fn a_product_refuses_a_site_of_both_guides() {
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&chain, &place);
    let guide = || FullRank::new(&layout, &chain, &(), &mut Noise::new(0, &place)).unwrap();
    let error = Product::new(guide(), guide()).draw(&(), 1, &Plan::default(), &mut noise);
    assert!(matches!(error.unwrap_err(), GuideError::DrawnTwice { site } if site == "z1"));
}

#[test]
fn an_estimator_of_a_product_may_be_that_of_either_guide() {
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&chain, &place);
    let part = |name: &'static str| layout.of_latents(move |site| site == name);
    let first = MeanField::new(&part("z1"), &chain, &(), &mut noise).unwrap();
    let second = MeanField::new(&part("z2"), &chain, &(), &mut noise).unwrap();
    let guide = Product::new(first, second);
    let plan = Plan::default().with_estimator("z2", Estimator::LEAVE_ONE_OUT);
    let draw = guide.draw(&(), 4, &plan, &mut noise).unwrap();
    assert_eq!(draw.log_q.iter().count(), 2);
    let plan = Plan::default().with_estimator("y", Estimator::LEAVE_ONE_OUT);
    let error = guide.draw(&(), 4, &plan, &mut noise).unwrap_err();
    assert!(matches!(error, GuideError::Model(ModelError::UnknownEstimatorSite { .. })), "{error}");
}

/// What an automatic guide cannot do names the site.
#[test]
fn automatic_guides_refuse_discrete_sites_and_score_functions() {
    fn discrete(t: &mut Trace, _: &()) {
        t.sample("k", Bernoulli::<2>::probs(0.5));
    }
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&discrete, &place);
    let error = FullRank::new(&layout, &discrete, &(), &mut noise).unwrap_err();
    assert!(matches!(&error, GuideError::Discrete { site, .. } if site == "k"), "{error}");
    assert!(error.to_string().contains("ExponentialFamily"), "{error}");
    let (layout, mut noise) = discover(&chain, &place);
    let guide = FullRank::new(&layout, &chain, &(), &mut noise).unwrap();
    let plan = Plan::default().with_estimator("z1", Estimator::LEAVE_ONE_OUT);
    let error = guide.draw(&(), 4, &plan, &mut noise).unwrap_err();
    assert!(matches!(error, GuideError::Model(ModelError::Estimator { .. })), "{error}");
    let error = guide.draw(&(), 4, &Plan::default().isolating("z1"), &mut noise).unwrap_err();
    assert_eq!(error, GuideError::Joint { site: "z2".to_string() });
    let config = FullRankConfig::new().with_restarts(0);
    let error = config.init(&layout, &chain, &(), &mut noise).unwrap_err();
    assert_eq!(error, GuideError::NoRestarts);
    let error = LowRankConfig::rank(3).init(&layout, &chain, &(), &mut noise).unwrap_err();
    assert_eq!(error, GuideError::Rank { rank: 3, size: 2 });
    let config = StructuredConfig::independent().with_dependency("z2", "z3");
    let error = config.init(&layout, &chain, &(), &mut noise).unwrap_err();
    assert!(matches!(error, GuideError::Dependency { .. }), "{error}");
}

/// Weights of `N(0, 1)` draws for `N(0, 1)` are equal; for `N(0, 4)` their tail is that of `k = 1 - 1/4` (Vehtari et al. 2024,
/// section 2: draws beyond `x` have the weight `exp(3 x² / 8)`, whose survival falls by `w^(-4/3)`).
#[test]
fn the_shape_of_the_weights_tells_a_proposal_that_is_too_narrow() {
    let draws: Tensor<2> = Noise::new(5, f64_on_flex()).normal([20_000, 1]);
    let draws = numbers(draws);
    let equal = ParetoSmoothed::new(vec![-3.0; 1000]);
    assert_eq!(equal.k_hat, f64::NEG_INFINITY);
    assert!((equal.effective_size() - 1000.0).abs() < 1e-6);
    let narrow = ParetoSmoothed::new(draws.iter().map(|x| 0.375 * x * x - 2.0_f64.ln()).collect());
    // The standard error of the shape of a tail of 424 weights is (1 + k) / √424 = 0.085.
    assert!((narrow.k_hat - 0.75).abs() < 3.0 * 0.085, "{}", narrow.k_hat);
    let total: f64 = narrow.log_weights.iter().map(|weight| weight.exp()).sum();
    assert!((total - 1.0).abs() < 1e-9);
    assert_eq!(ParetoSmoothed::new(vec![f64::NAN; 30]).k_hat, f64::INFINITY);
}

/// Draws of a guide that is off are corrected: `N(½, ½)` by draws of `N(0, 1)`. The importance weights have an effective size
/// above 3,000 of 10,000; 4 standard errors of the mean.
#[test]
fn resampled_draws_are_those_of_the_posterior() {
    fn one(t: &mut Trace, _: &()) {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        let x = t.place().tensor(vec![1.0], [1, 1]);
        t.observe("x", Normal::new(z, 1.0), x);
    }
    let place = f64_on_flex();
    let (layout, mut noise) = discover(&one, &place);
    let start = layout.at([("z", place.zeros::<2>([1, 1]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(start)).with_scale(1.0);
    let guide = config.init(&layout, &one, &(), &mut noise).unwrap();
    let drawn = resample(&guide, &one, &(), 10_000, &mut noise).unwrap();
    assert!(drawn.effective_size > 3000.0 && drawn.k_hat < 0.5, "{drawn:?}");
    let z = drawn.latents.value("z").unwrap().to_vec();
    let mean = z.iter().sum::<f64>() / 1e4;
    let variance = z.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / 1e4;
    assert!((mean - 0.5).abs() < 4.0 * (0.5_f64 / 3000.0).sqrt(), "{mean}");
    assert!((variance - 0.5).abs() < 4.0 * 0.5 * (2.0_f64 / 3000.0).sqrt(), "{variance}");
}
