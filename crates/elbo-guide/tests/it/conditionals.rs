//! The program's own conditionals as a guide.

use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Categorical, Distribution, Gamma, HalfCauchy, Noise, Normal, Support};
use elbo_guide::{AutomaticStructured, Draw, Guide, GuideError};
use elbo_model::{Conditionals, Latents, Model, Path, Plan, Subsample, Trace};

use crate::{discover, f64_on_flex, numbers};

fn guide<F: Fn(&mut Trace, &()) + Clone + Send + Sync>(
    program: F,
) -> Result<(AutomaticStructured<Model<F>>, Noise), GuideError> {
    let (layout, mut noise) = discover(&program, &f64_on_flex());
    Ok((AutomaticStructured::new(Model::new(program), &layout, &(), &mut noise)?, noise))
}

/// A hierarchy with a scale that cannot be moved.
fn hierarchy(t: &mut Trace, _: &()) {
    let mu = t.sample("mu", Normal::<2>::new(1.0, 2.0));
    let tau = t.sample("tau", HalfCauchy::new(1.0));
    let rate = t.sample("rate", Gamma::new(2.0, 3.0));
    let theta = t.plate("groups", 3, |t| t.sample("theta", Normal::new(mu, tau)));
    let y = t.place().tensor::<2>(vec![0.3, -1.0, 2.0], [1, 3]);
    t.plate("rows", 3, |t| t.observe("y", Normal::new(theta, rate), y));
}

/// `λ = ½` and `α` the mean of the prior's parameters: `q(mu) = N(1, 2²)`, and `q(theta) = N(½ (mu + 1), ½ (tau + α))`.
#[test]
fn a_guide_starts_halfway_between_the_prior_and_independence() {
    let (guide, mut noise) = guide(hierarchy).unwrap();
    let moved: Vec<_> = guide.conditionals().sites().collect();
    assert_eq!(moved, ["mu", "rate", "theta"]);
    assert_eq!(guide.others().unwrap().flat().len(), 1);
    let Draw { latents, log_q } = guide.draw(&(), 7, &Plan::default(), &mut noise).unwrap();
    let value = |name: &str| latents.get::<2>(name).unwrap();
    let term = |name: &str| {
        let term = log_q.iter().find(|term| &*term.site == name).unwrap();
        numbers(term.log_prob.clone())
    };
    let close = |found: Vec<f64>, exact: Tensor<2>| {
        for (found, exact) in found.iter().zip(numbers(exact)) {
            assert!((found - exact).abs() < 1e-9, "{found} {exact}");
        }
    };
    close(term("mu"), Normal::new(1.0, 2.0).log_prob(value("mu")));
    close(term("rate"), Gamma::new(2.0, 3.0).log_prob(value("rate")));
    let halfway = |parent: &str, position: usize| {
        let target = guide.conditionals().targets("theta")[position].clone();
        (value(parent) + target) * 0.5 // [S, 3]
    };
    let theta = Normal::new(halfway("mu", 0), halfway("tau", 1)).log_prob(value("theta"));
    close(term("theta"), theta);
    assert_eq!(log_q.blocks().len(), 2); // global, and of the groups; none of the data
}

/// What draws say of their density is what the density says of them, by either path of gradients.
#[test]
fn draws_and_density_agree() {
    let (guide, noise) = guide(hierarchy).unwrap();
    let draw = |plan: &Plan| guide.draw(&(), 5, plan, &mut noise.clone()).unwrap();
    let Draw { latents, log_q } = draw(&Plan::default());
    let constant = draw(&Plan::new(Path::DrawsOnly));
    assert_eq!(numbers(log_q.total().inner()), numbers(constant.log_q.total().inner()));
    let given = latents.only(["tau"].into_iter());
    let program = Model::new(hierarchy);
    let terms = guide.conditionals().log_prob(&program, &(), &given, &latents).unwrap();
    for term in terms.iter() {
        let drawn = log_q.iter().find(|drawn| drawn.site == term.site).unwrap();
        assert_eq!(numbers(term.log_prob.clone()), numbers(drawn.log_prob.clone()));
    }
    assert_eq!(terms.iter().count(), 3);
}

/// A chain of discrete sites: the probabilities of all values add up to 1.
#[test]
fn discrete_conditionals_are_probabilities() {
    fn chain(t: &mut Trace, _: &()) {
        let first = t.sample("first", Bernoulli::<2>::logits(0.4));
        let logits = Tensor::cat(vec![first.clone(), first.clone() * -2.0, first.zeros_like()], 1);
        t.sample("second", Categorical::logits(logits));
    }
    let place = f64_on_flex();
    let noise = Noise::new(0, &place);
    let conditionals = Conditionals::discover(&chain, &(), &noise).unwrap();
    assert_eq!(conditionals.sites().collect::<Vec<_>>(), ["first", "second"]);
    let mut latents = Latents::new(place.clone());
    latents.insert("first", place.tensor::<2>(vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [6, 1]));
    let second =
        Tensor::<2, burn::tensor::Int>::from_ints([[0], [1], [2], [0], [1], [2]], place.device());
    latents.insert("second", second);
    let none = Latents::new(place);
    let terms = conditionals.log_prob(&chain, &(), &none, &latents).unwrap();
    let total: f64 = numbers(terms.total()).into_iter().map(f64::exp).sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    // The program's own parameters and the means that it starts with differ for the second site.
    let all = numbers(terms.total());
    assert!((all[0] - all[1]).abs() > 1e-3);
}

#[test]
fn what_cannot_be_run_as_a_guide_is_refused() {
    let error = |result: Result<_, GuideError>| match result {
        Err(error) => error,
        Ok(_) => panic!("it must be refused"),
    };
    let trained = |t: &mut Trace, _: &()| {
        let loc = t.param("loc", t.place().zeros::<2>([1, 1]), Support::Real);
        t.sample("z", Normal::new(loc, 1.0));
    };
    let found = error(guide(trained).map(|_| ()));
    assert!(matches!(&found, GuideError::ModelParam { param } if param == "loc"), "{found}");
    let summed = |t: &mut Trace, _: &()| {
        let side = t.marginalize("side", Bernoulli::<2>::logits(0.0));
        t.sample("z", Normal::new(side, 1.0));
    };
    let found = error(guide(summed).map(|_| ()));
    assert!(
        matches!(&found, GuideError::AfterMarginal { site, marginal } if site == "z" && marginal == "side"),
        "{found}"
    );
    let probs = |t: &mut Trace, _: &()| drop(t.sample("k", Bernoulli::<2>::probs(0.3)));
    let found = error(guide(probs).map(|_| ()));
    assert!(matches!(&found, GuideError::Discrete { site, .. } if site == "k"), "{found}");
    let part = |t: &mut Trace, _: &()| {
        let rows = Subsample { total: 10, batch: 2 };
        t.plate("rows", rows, |t| t.sample("z", Normal::<2>::new(0.0, 1.0)));
    };
    let found = error(guide(part).map(|_| ()));
    assert!(matches!(&found, GuideError::SubsampledLocal { site, .. } if site == "z"), "{found}");
    let empty = |_: &mut Trace, _: &()| {};
    assert!(matches!(error(guide(empty).map(|_| ())), GuideError::NoLatents));
}
