//! Reports, against numbers that are known.

use burn::module::{Module, Param};
use burn::tensor::{Bool, Tensor};
use elbo_dist::{Bernoulli, Distribution, Gamma, HalfNormal, Masked, Noise, Normal, Uniform};
use elbo_guide::{Amortized, Draw, Guide, GuideError, Init, MeanField, MeanFieldConfig};
use elbo_infer::{Elbo, Fits, InferError, ReportConfig, Svi};
use elbo_model::{Latents, Layout, Model, ModelError, Plan, Role, Term, Trace, named_param};
use elbo_report::{LocalImportance, Report, Statistic, Verdict};

use crate::{CHAIN_EVIDENCE, chain, f64_on_flex, one};

type Of<B> = Model<fn(&mut Trace, &B)>;

/// A normal of each number about `start`, all of one scale; not fitted.
fn about<B>(
    program: fn(&mut Trace, &B),
    data: &B,
    start: Vec<(&str, Tensor<2>)>,
    scale: f64,
) -> Svi<Of<B>, MeanField, Elbo> {
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&program, data, &noise).unwrap();
    let start = Init::Value(layout.at(start));
    let config = MeanFieldConfig::new().with_init(start).with_scale(scale);
    let guide = config.init(&layout, &program, data, &mut noise).unwrap();
    Svi::new(Model::new(program), guide, Elbo, noise)
}

fn row(numbers: &[f64]) -> Tensor<2> {
    f64_on_flex().tensor(numbers.to_vec(), [1, numbers.len()])
}

fn verdict(report: &Report, name: &str) -> (Verdict, String) {
    let mut checks = report.checks().into_iter();
    let check = checks.find(|check| check.name == name).unwrap();
    (check.verdict, check.advice)
}

/// A guide `q = N(0.8, ½)` of the posterior `p = N(½, ½)`, that is off by `d² = 0.3² / ½ = 0.18`: `KL(q | p) = d² / 2`, and the log-weights have
/// variance `d²`.
///
/// The corrected mean has the variance `E_q[w² (z - ½)²] / n = e^(d²) ½ (1 + d²) / n`, since `q w²` is `e^(d²) N(0.2, ½)`: with 4,000 draws a
/// standard error of 0.0133, a twentieth of what it mends.
#[test]
fn corrected_moments_of_a_wrong_guide_are_those_of_the_posterior() {
    let data = one(&f64_on_flex());
    let svi = about(chain, &data, vec![("z", row(&[0.8]))], 0.5_f64.sqrt());
    let report = svi.report(&data, &ReportConfig::new()).unwrap();
    let (z, d2) = (&report.numbers[0], 0.18_f64);
    assert!((z.mcse - z.sd / 4000.0_f64.sqrt()).abs() < 1e-12);
    assert!((z.mean - 0.8).abs() < 4.0 * z.mcse, "{z:?}");
    assert!((z.corrected_mean - 0.5).abs() < 4.0 * 0.0133, "{z:?}");
    // A quarter more than the standard error of a deviation, 0.7 / √8000, for the weights.
    assert!((z.corrected_sd - 0.5_f64.sqrt()).abs() < 4.0 * 0.010, "{z:?}");
    let error = (d2 / 4000.0).sqrt();
    assert!((report.bound.standard_error / error - 1.0).abs() < 0.1);
    assert!((report.bound.mean - (CHAIN_EVIDENCE - d2 / 2.0)).abs() < 4.0 * error);
    // The evidence by weights has the relative variance (e^(d²) - 1) / n.
    let error = (d2.exp_m1() / 4000.0).sqrt() + error;
    assert!((report.importance.divergence - d2 / 2.0).abs() < 4.0 * error);
}

/// `z_n ~ N(0, 1)` with `x_n ~ N(z_n, 1)` has the posterior `N(x_n / 2, ½)`, whatever the global `mu` is; the evidence of an element depends on
/// it by `y_n ~ N(mu, 1)`.
fn beside(t: &mut Trace, x: &Tensor<2>) {
    let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0));
    t.plate("rows", 3, |t| {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.observe("x", Normal::new(z, 1.0), x.clone());
        t.observe("y", Normal::new(mu, 1.0), x.zeros_like());
    });
}

fn local(scale: f64) -> LocalImportance {
    let x = row(&[1.0, -2.0, 0.5]);
    let start = vec![("mu", row(&[0.0])), ("z", x.clone() * 0.5)];
    let svi = about(beside, &x, start, scale);
    svi.report(&x, &ReportConfig::new().with_draws(10)).unwrap().local.remove(0)
}

/// Given one draw of `mu` the weights of an element are all its evidence.
#[test]
fn exact_posteriors_of_elements_have_constant_local_weights() {
    let local = local(0.5_f64.sqrt());
    assert_eq!((&*local.plate, local.draws, local.k_hats.len()), ("rows", 1000, 3));
    assert!(local.k_hats.iter().all(|k_hat| *k_hat == f64::NEG_INFINITY), "{local:?}");
    assert!(local.effective_sizes.iter().all(|size| (size - 1000.0).abs() < 1e-6), "{local:?}");
}

/// With twice the variance of the posterior a weight is `e^(-c / 2)` but for a factor, `c` of one degree of freedom: `E[w^k] = (1 + k)^(-1/2)`,
/// and the effective share of draws `E[w]² / E[w²] = √3 / 2`. By the delta method its standard error is 0.0068 with 1,000 draws.
#[test]
fn local_weights_of_a_wide_guide_have_the_effective_size_of_its_width() {
    let local = local(1.0);
    for size in local.effective_sizes {
        assert!((size / 1000.0 - 0.75_f64.sqrt()).abs() < 4.0 * 0.0068, "{size}");
    }
}

/// The same guide as a program, of which it is not known that `z` does not depend on `mu`: the weights hold `N(0; mu, 1)` of joint draws with
/// `mu ~ N(0, ½)`, so that a weight is `e^(-c / 4)`, `E[w^k] = (1 + k/2)^(-1/2)` and the effective share `2√2 / 3`, with a standard error of 0.0038.
#[test]
fn local_weights_of_a_program_hold_how_much_the_globals_move_the_evidence() {
    fn guide(t: &mut Trace, x: &Tensor<2>) {
        let scale = 0.5_f64.sqrt();
        t.sample("mu", Normal::<2>::new(0.0, scale));
        t.plate("rows", 3, |t| t.sample("z", Normal::new(x.clone() * 0.5, scale)));
    }
    let x = row(&[1.0, -2.0, 0.5]);
    let noise = Noise::new(0, f64_on_flex());
    let svi = Svi::new(Model::new(beside), Amortized::new(Model::new(guide)), Elbo, noise);
    let local = svi.report(&x, &ReportConfig::new().with_draws(10)).unwrap().local;
    for size in &local[0].effective_sizes {
        assert!((size / 1000.0 - 8.0_f64.sqrt() / 3.0).abs() < 4.0 * 0.0038, "{local:?}");
    }
}

/// Numbers about one mean, of which some are only there to fill the row: their distribution lies far away.
fn padded(t: &mut Trace, (x, known): &(Tensor<2>, Tensor<2, Bool>)) {
    let mu = t.sample("mu", Normal::<2>::new(2.0, 1.0));
    let away = known.clone().bool_not().float().cast(x.dtype()) * 1e6;
    t.plate("rows", 4, |t| {
        t.mask(known.clone(), |t| t.observe("x", Normal::new(mu + away, 1.0), x.clone()));
    });
}

fn report_of_padded(known: [bool; 4]) -> Report {
    let x = row(&[1.0, 3.0, f64::NAN, f64::NAN]);
    let data = (x.clone(), Tensor::<2, Bool>::from_data([known], &x.device()));
    let svi = about(padded, &data, vec![("mu", row(&[2.0]))], 0.5);
    svi.report(&data, &ReportConfig::new()).unwrap()
}

#[test]
fn predictive_checks_leave_out_what_a_mask_hides() {
    let report = report_of_padded([true, true, false, false]);
    let found: Vec<_> = report.predicted.iter().map(|of| (of.statistic, of.observed)).collect();
    let expected = [
        (Statistic::Mean, 2.0),
        (Statistic::Sd, 2.0_f64.sqrt()),
        (Statistic::Least, 1.0),
        (Statistic::Largest, 3.0),
    ];
    assert_eq!(found, expected);
    for of in &report.predicted {
        assert_eq!(of.replicated.len(), 500);
        assert!(of.replicated.iter().all(|x| x.abs() < 20.0), "{of:?}");
    }
    assert!(report.numbers.iter().all(|number| number.name == "mu"));
}

#[test]
fn what_a_mask_hides_wholly_has_no_predictive_check() {
    let one = report_of_padded([false, true, false, false]);
    assert_eq!((one.predicted.len(), one.predicted[0].observed), (1, 3.0));
    assert!(report_of_padded([false; 4]).predicted.is_empty());
}

/// Which elements the distribution's own mask hides is not known.
#[test]
fn a_masked_distribution_has_no_predictive_check() {
    fn masked(t: &mut Trace, x: &Tensor<2>) {
        let mu = t.sample("mu", Normal::<2>::new(2.0, 1.0));
        let known = x.clone().lower_elem(2.0);
        t.observe("x", Masked::new(Normal::new(mu, 1.0), known), x.clone());
        t.observe("y", Normal::new(0.0, 1.0), x.clone());
    }
    let x = row(&[1.0, 3.0]);
    let svi = about(masked, &x, vec![("mu", row(&[2.0]))], 0.5);
    let report = svi.report(&x, &ReportConfig::new()).unwrap();
    assert!(report.predicted.iter().all(|of| of.site == "y") && report.predicted.len() == 4);
}

/// `z ~ Gamma(2, 1)`, `x ~ N(z, 1)`.
fn positive(t: &mut Trace, x: &Tensor<2>) {
    let z = t.sample("z", Gamma::<2>::new(2.0, 1.0));
    t.observe("x", Normal::new(z, 1.0), x.clone());
}

/// The density of which is finite outside of its support, too.
fn half_normal(t: &mut Trace, x: &Tensor<2>) {
    let z = t.sample("z", HalfNormal::<2>::new(2.0));
    t.observe("x", Normal::new(z, 1.0), x.clone());
}

fn uniform(t: &mut Trace, x: &Tensor<2>) {
    let z = t.sample("z", Uniform::new(0.0, 100.0));
    t.observe("x", Normal::<2>::new(z, 1.0), x.clone());
}

/// `N(loc, 1)`, whatever the support.
#[derive(Module, Debug)]
struct Careless {
    loc: Param<Tensor<2>>,
}

impl<B> Guide<B> for Careless {
    fn draw(
        &self,
        _: &B,
        particles: usize,
        _: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        let normal = Normal::new(self.loc.val(), 1.0);
        let z = normal.draw([particles, 1], noise);
        let mut latents = Latents::new(noise.place().clone());
        latents.insert("z", z.clone());
        let mut log_q = elbo_model::LogTerms::default();
        log_q.push(Term::new("z", Role::Latent, vec![], normal.log_prob(z)));
        Ok(Draw { latents, log_q })
    }
}

fn careless(program: fn(&mut Trace, &Tensor<2>), loc: f64) -> Svi<Of<Tensor<2>>, Careless, Elbo> {
    let model: Of<Tensor<2>> = Model::new(program);
    let guide = Careless { loc: named_param("loc", row(&[loc])) };
    Svi::new(model, guide, Elbo, Noise::new(0, f64_on_flex()))
}

/// Of `N(1, 1)` a share of 0.159 is negative; the rest has the mean `1 + φ(1) / Φ(1) = 1.2876` and the deviation 0.794.
#[test]
fn a_guide_that_leaves_the_support_has_a_report_that_fails() {
    for program in [positive, half_normal, uniform] {
        let report = careless(program, 1.0).report(&row(&[1.0]), &ReportConfig::new()).unwrap();
        leaves_the_support(&report);
    }
}

fn leaves_the_support(report: &Report) {
    assert_eq!((report.bound.mean, report.importance.draws), (f64::NEG_INFINITY, 4000));
    assert_eq!(report.importance.divergence, f64::INFINITY);
    assert!(report.fault.as_ref().unwrap().starts_with("\"z\" ("), "{:?}", report.fault);
    let (bound, advice) = verdict(report, "bound");
    assert_eq!((bound, report.verdict()), (Verdict::Fail, Verdict::Fail));
    assert!(advice.starts_with("Some draws of the guide have no log-density"), "{advice}");
    assert!(advice.ends_with("inside the supports."), "{advice}");
    let z = &report.numbers[0];
    let error = 0.794 / (4000.0_f64 * 0.841).sqrt();
    assert!((z.mean - 1.2876).abs() < 4.0 * error && z.q05 > 0.0, "{z:?}");
    assert_eq!(report.predicted[0].replicated.len(), 500);
}

#[test]
fn a_guide_outside_of_the_support_has_a_report_that_fails() {
    for program in [positive, half_normal, uniform] {
        is_outside_of_the_support(program);
    }
}

fn is_outside_of_the_support(program: fn(&mut Trace, &Tensor<2>)) {
    let report = careless(program, -50.0).report(&row(&[1.0]), &ReportConfig::new()).unwrap();
    assert!(report.numbers.is_empty());
    assert_eq!(report.importance.effective_size, 0.0);
    for name in ["bound", "k-hat", "effective sample size"] {
        assert_eq!(verdict(&report, name).0, Verdict::Fail, "{name}");
    }
    let (gradient, advice) = verdict(&report, "gradient");
    assert_eq!(gradient, Verdict::Warn);
    assert!(advice.starts_with("Some draws have no density"), "{advice}");
}

#[test]
fn a_bound_of_draws_outside_of_the_support_stays_an_error() {
    let (posterior, x) = (careless(positive, 1.0).posterior(), row(&[1.0]));
    let outside = |error| matches!(error, InferError::Model(ModelError::OutsideSupport { site, .. }) if site == "z");
    assert!(outside(posterior.bound(&x, 100).unwrap_err()));
    assert!(outside(posterior.importance(&x, 100).unwrap_err()));
}

/// The log-joint is finite, but the number is no side of a coin.
#[test]
fn a_report_of_data_outside_of_their_support_fails_and_says_so() {
    fn coins(t: &mut Trace, x: &Tensor<2>) {
        let z = t.sample("z", Normal::new(0.0, 1.0));
        t.observe("x", Bernoulli::logits(z), x.clone());
    }
    let svi = about(coins, &row(&[1.0]), vec![("z", row(&[0.0]))], 0.5);
    let report = svi.report(&row(&[7.0]), &ReportConfig::new()).unwrap();
    assert_eq!(verdict(&report, "bound").0, Verdict::Fail);
    let fault = report.fault.unwrap();
    assert!(fault.starts_with("\"x\" (Bernoulli): the value 7 at [0, 0] lies outside"), "{fault}");
}

/// A deviation about ½ with a deviation of ½ is negative at a sixth of the draws, one about 5 at none.
#[test]
fn a_fit_of_several_that_leaves_the_support_has_no_bound_and_is_not_the_best() {
    fn width(t: &mut Trace, x: &Tensor<2>) {
        let width = t.sample("width", Normal::new(5.0, 0.5));
        t.observe("x", Normal::new(0.0, width), x.clone());
    }
    let (mut noise, data) = (Noise::new(0, f64_on_flex()), row(&[1.0]));
    let layout = Layout::discover(&width, &data, &noise).unwrap();
    let starts = layout.at([("width", f64_on_flex().tensor::<2>(vec![0.5, 5.0], [2, 1]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(starts)).with_scale(0.5);
    let guide = config.with_restarts(2).init(&layout, &width, &data, &mut noise).unwrap();
    let svi = Svi::new(Model::new(width), guide, Elbo, noise);
    let fits = svi.restarts(&data, 1000).unwrap();
    assert_eq!((fits.position(), fits.bounds[0].mean), (1, f64::NEG_INFINITY));
    assert!(fits.bounds[1].mean.is_finite());
}

/// Two fits that stand at 1 and 2 with deviations of ½: by the same noise their means are two deviations apart. A deviation of 1,000 draws has a
/// relative standard error of `1 / √2000`.
#[test]
fn fits_that_stand_apart_do_not_agree() {
    let data = one(&f64_on_flex());
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&chain, &data, &noise).unwrap();
    let starts = layout.at([("z", f64_on_flex().tensor::<2>(vec![2.0, 1.0], [2, 1]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(starts)).with_scale(0.5);
    let guide = config.with_restarts(2).init(&layout, &chain, &data, &mut noise).unwrap();
    let svi = Svi::new(Model::new(chain), guide, Elbo, noise);
    let fits: Fits<_, _> = svi.restarts(&data, 1000).unwrap();
    assert_eq!((fits.position(), fits.least.clone()), (1, Some(("z".to_string(), 0))));
    assert!((fits.agreement - 2.0).abs() < 4.0 * 2.0 / 2000.0_f64.sqrt(), "{}", fits.agreement);
    // KL(N(m, s²) | N(½, ½)) with s² = ¼: ½ (s² / ½ + (m - ½)² / ½ - 1 - log(s² / ½)).
    for (fit, m) in fits.bounds.iter().zip([2.0_f64, 1.0]) {
        let divergence = 0.5 * (0.5 + 2.0 * (m - 0.5).powi(2) - 1.0 + 2.0_f64.ln());
        let apart = fit.mean - (CHAIN_EVIDENCE - divergence);
        assert!(apart.abs() < 4.0 * fit.standard_error, "{fit:?}");
    }
    let report = fits.best().clone();
    assert!((report.bound(&data, 1000).unwrap().mean - fits.bounds[1].mean).abs() < 1e-12);
}

#[test]
fn too_few_draws_are_refused_by_the_name_of_the_setting() {
    let data = one(&f64_on_flex());
    let svi = about(chain, &data, vec![("z", row(&[0.5]))], 0.5);
    let message = |config| svi.report(&data, &config).unwrap_err().to_string();
    let expected =
        "ReportConfig::with_draws takes at least 1 draws, but 0 were asked for; ask for more";
    assert_eq!(message(ReportConfig::new().with_draws(0)), expected);
    assert!(
        message(ReportConfig::new().with_gradients(1)).starts_with("ReportConfig::with_gradients")
    );
}

#[cfg(feature = "nuts")]
#[test]
fn a_sampler_that_fails_is_no_end_of_a_report() {
    let data = one(&f64_on_flex());
    let svi = about(chain, &data, vec![("z", row(&[0.5]))], 0.5_f64.sqrt());
    let nuts = elbo_report::NutsConfig::new().with_target_accept(2.0);
    let report = svi.report(&data, &ReportConfig::new().with_reference(nuts)).unwrap();
    assert!((report.bound.mean - CHAIN_EVIDENCE).abs() < 1e-9);
    let found = report.checks().into_iter().find(|check| check.name == "reference").unwrap();
    assert_eq!(found.verdict, Verdict::Warn);
    assert!(found.found.starts_with("NUTS (nuts-rs) failed: the reference sampler"), "{found:?}");
}
