//! A density written by hand.

use elbo::prelude::*;

/// `x₁ ~ N(0, 1)`, `x₂ ~ N(x₁², 1)`, as a bare log-density.
#[derive(Module, Debug, Default)]
struct Banana {
    #[module(skip)]
    curvature: f64,
}

impl LogJoint for Banana {
    fn log_joint(&self, latents: &Latents, _: &()) -> Result<LogTerms, ModelError> {
        let x = latents.get::<2>("x")?; // [S, 2]
        let (x1, x2) = (x.clone().narrow(1, 0, 1), x.narrow(1, 1, 1));
        let bent = x2 - x1.clone().square() * self.curvature;
        let log_density = (x1.square() + bent.square()) * -0.5 - std::f64::consts::TAU.ln();
        let mut terms = LogTerms::default();
        terms.push(Term::new("banana", Role::Factor, vec![], log_density));
        Ok(terms)
    }
}

/// With `q = N(m₁, v) N(m₂, w)` the bound is, up to what `m₁ = 0`, `m₂ = v`, `w = 1` maximize,
/// `L(v) = ½ - ½ v - v² + ½ log v`: its maximum solves `4 v² + v - 1 = 0`, `v = (√17 - 1) / 8`.
#[test]
fn mean_field_reaches_the_optimum_on_a_hand_written_banana() {
    let device = elbo::device("flex").unwrap();
    let mut noise = Noise::new(3, &device);
    let banana = Banana { curvature: 1.0 };
    let layout = Layout::by_hand(&device, [Site::latent("x", [1, 2], Support::Real)]);
    let config = MeanFieldConfig::new().with_init(Init::Uniform { radius: 1.0 });
    let guide = config.init(&layout, &banana, &(), &mut noise).unwrap();
    let mut svi = Svi::new(banana, guide, Elbo, noise).with_particles(50).with_learning_rate(0.02);
    svi.run(2000, &(), &mut ()).unwrap();
    let v = (17.0_f64.sqrt() - 1.0) / 8.0;
    let optimum = 0.5 - 0.5 * v - v * v + 0.5 * v.ln();
    let posterior = svi.posterior();
    let bound = posterior.bound(&(), 100_000).unwrap();
    // Adam at 0.02 with 50 particles wanders about 0.02 around the optimum, which costs the bound
    // second order: 1e-3; four standard errors of the estimate are about 0.01.
    assert!(
        (bound.mean - optimum).abs() < 1e-3 + 4.0 * bound.standard_error,
        "{bound:?} {optimum}"
    );
    let scale = posterior.guide().scale().into_data().try_to_vec::<f32>().unwrap();
    assert!((f64::from(scale[0]) - v.sqrt()).abs() < 0.05, "{scale:?} {}", v.sqrt());
    assert!((f64::from(scale[1]) - 1.0).abs() < 0.05, "{scale:?}");
}
