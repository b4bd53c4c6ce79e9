//! The mixture of two normal distributions of unit variance by `Svi`, beside its evidence and its coordinate ascent.

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::tensor::Tensor;
use elbo_dist::Noise;
use elbo_guide::ExponentialFamily;
use elbo_infer::{Elbo, Objective, Posterior, Svi};
use elbo_model::{Estimator, Layout, Model, Trace};
use elbo_testkit::assert_close;

use crate::f64_on_flex;
use crate::natural::{X, best_bound, best_moments, mixture, mixture_of};

/// The log of the sum over all 256 assignments of `Π_k ∫ N(μ; 0, 9) Π_i N(x_i; μ, 1) dμ / 2⁸`.
fn evidence() -> f64 {
    let of_component = |bits: usize| {
        let x = || (0..8).filter(move |i| bits >> i & 1 == 1).map(|i| X[i]);
        let (n, sum) = (x().count() as f64, x().sum::<f64>());
        let squares: f64 = x().map(|x| x * x).sum();
        let precision = n + 1.0 / 9.0;
        let log_det = n * (2.0 * std::f64::consts::PI).ln() + (9.0 * precision).ln();
        -0.5 * (log_det + squares - sum * sum / precision)
    };
    let joint = |bits: usize| (of_component(bits) + of_component(!bits & 255)).exp();
    ((0..256).map(joint).sum::<f64>() / 256.0).ln()
}

type Program = fn(&mut Trace, &Tensor<2>);

/// From the start of the coordinate ascent, at a learning rate that falls along a cosine.
fn fitted(
    program: Program,
    objective: impl Objective,
) -> (Posterior<Model<Program>, ExponentialFamily>, Tensor<2>) {
    let place = f64_on_flex();
    let x = place.tensor(X.to_vec(), [1, 8]);
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&program, &x, &noise).unwrap();
    let guide = ExponentialFamily::of_prior(&layout).unwrap();
    let guide = guide.with_natural("means", &[-0.3, 0.5, -0.5, -0.5]).unwrap();
    let schedule = CosineAnnealingLrSchedulerConfig::new(0.1, 2000).with_min_lr(1e-4);
    let mut svi = Svi::new(Model::new(program), guide, objective, noise)
        .with_particles(16)
        .with_schedule(schedule.init().unwrap());
    svi.run(2000, &x, &mut ()).unwrap();
    (svi.posterior(), x)
}

fn moments(guide: &ExponentialFamily) -> [[f64; 2]; 2] {
    let eta = guide.natural("means").unwrap();
    [0, 1].map(|k| [eta[k] / (-2.0 * eta[2 + k]), -0.5 / eta[2 + k]])
}

/// With its components summed out the program has no independence of components and means to pay for: its bound is that of coordinate ascent or more. It is
/// less than the evidence by log 2, since a normal distribution holds one of the two modes that differ by the names of components.
#[test]
fn components_that_are_summed_out_have_a_bound_between_coordinate_ascent_and_the_evidence() {
    let summed_out: Program = |t, x| mixture_of(t, x, |t, even| t.marginalize("c", even));
    let (posterior, x) = fitted(summed_out, Elbo);
    let bound = posterior.bound(&x, 20_000).unwrap();
    let most = evidence() - 2.0_f64.ln();
    assert!((0.0..0.05).contains(&(most - best_bound())), "{most} {}", best_bound());
    assert!(bound.standard_error < 0.002, "{bound:?}");
    let (least, most) = (best_bound(), most);
    let slack = 4.0 * bound.standard_error;
    assert!(bound.mean > least - slack && bound.mean < most + slack, "{least} {bound:?} {most}");
}

/// Components that are drawn, with score functions, have the optimum of coordinate ascent. Means err by their noise: with 16 draws a step and a mean over
/// about the last 200 steps that is a hundredth of their standard deviations of ½ for the drawn numbers, and a few times that by the components.
#[test]
fn components_that_are_drawn_come_to_the_optimum_of_coordinate_ascent() {
    let (posterior, x) = fitted(mixture, Elbo.with_estimator("c", Estimator::LEAVE_ONE_OUT));
    let bound = posterior.bound(&x, 20_000).unwrap();
    let off = bound.mean - best_bound();
    assert!(off.abs() < 0.01 + 4.0 * bound.standard_error, "{off} {bound:?}");
    let (found, best) = (moments(posterior.guide()), best_moments());
    assert_close(&found.concat(), &best.concat(), 0.0, 0.03);
}
