use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Noise, Normal};
use elbo_guide::{Amortized, Guide};
use elbo_infer::{Elbo, Objective, StickingTheLanding, Terms};
use elbo_model::{LogJoint, LogTerms, Path, Plan, Plate, Program, Role, Term, Trace};

use crate::{CHAIN_EVIDENCE, chain, f64_on_flex, one};

/// The plate at hand holds 2 of 6 elements, so its sums count threefold.
fn plate() -> Plate {
    Plate { name: "rows".into(), axis: 1, total: 6, batch: 2 }
}

fn terms(global: [f64; 3], local: [[f64; 2]; 3]) -> LogTerms {
    let place = f64_on_flex();
    let mut terms = LogTerms::default();
    let column: Tensor<2> = place.tensor(global.to_vec(), [3, 1]);
    terms.push(Term::new("mu", Role::Latent, vec![], column));
    let rows: Tensor<2> = place.tensor(local.concat(), [3, 2]);
    terms.push(Term::new("y", Role::Latent, vec![plate()], rows));
    terms
}

/// `S = 3` and a plate of 2: particle by particle `log p - log q` is
/// `(1 + 3 (1 + 2)) - (0 + 3 (0.5 + 0.5)) = 7`, `(2 + 3 (-1 + 0)) - (1 + 3 (0 + 1)) = -5` and
/// `(3 + 3 (0 + 0)) - (-1 + 3 (0 - 1)) = 7`; their mean is 3.
#[test]
fn the_elbo_of_three_particles_and_a_plate_of_two_is_what_one_gets_by_hand() {
    let terms = Terms::new(
        terms([1.0, 2.0, 3.0], [[1.0, 2.0], [-1.0, 0.0], [0.0, 0.0]]),
        terms([0.0, 1.0, -1.0], [[0.5, 0.5], [0.0, 1.0], [0.0, -1.0]]),
    );
    for estimate in [Elbo.estimate(&terms), StickingTheLanding.estimate(&terms)] {
        let estimate = estimate.unwrap();
        assert_eq!(estimate.bound.into_scalar::<f64>(), 3.0);
        assert_eq!(estimate.loss.into_scalar::<f64>(), -3.0);
    }
}

/// `q = N(m, e^w)`, with its parameters at hand.
#[derive(Module, Debug)]
struct OneNormal {
    loc: Param<Tensor<2>>,
    log_scale: Param<Tensor<2>>,
}

impl OneNormal {
    fn new(loc: f64, scale: f64) -> Self {
        let place = f64_on_flex();
        let param = |x: f64| Param::from_tensor(place.tensor(vec![x], [1, 1]));
        Self { loc: param(loc), log_scale: param(scale.ln()) }.train()
    }
}

impl Program<Tensor<2>> for OneNormal {
    fn run(&self, t: &mut Trace, _: &Tensor<2>) {
        t.sample("z", Normal::new(self.loc.val(), self.log_scale.val().exp()));
    }
}

/// The bound and its gradient with respect to `(m, w)`.
fn gradient(
    objective: &impl Objective,
    q: &Amortized<OneNormal>,
    particles: usize,
    seed: u64,
) -> (f64, [f64; 2]) {
    let x = one(&f64_on_flex());
    let mut noise = Noise::new(seed, f64_on_flex());
    let draw = q.draw(&x, particles, &objective.plan(), &mut noise).unwrap();
    let log_p = chain.log_joint(&draw.latents, &x).unwrap();
    let estimate = objective.estimate(&Terms::new(log_p, draw.log_q)).unwrap();
    let gradients = estimate.loss.backward();
    let read = |p: &Param<Tensor<2>>| -p.val().grad(&gradients).unwrap().into_scalar::<f64>();
    let program = q.program();
    (estimate.bound.into_scalar(), [read(&program.loc), read(&program.log_scale)])
}

/// For `q = N(m, s²)` the bound is `-½ (m² + s²) - ½ ((1 - m)² + s²) + log s + const`, so its
/// gradient is `1 - 2 m` in `m` and `1 - 2 s²` in `log s`.
#[test]
fn pathwise_gradients_are_unbiased() {
    fn check(objective: &impl Objective) {
        let (m, s) = (-0.3, 0.8);
        let exact = [1.0 - 2.0 * m, 1.0 - 2.0 * s * s];
        let q = Amortized::new(OneNormal::new(m, s));
        let draws: Vec<_> = (0..4000).map(|seed| gradient(objective, &q, 1, seed).1).collect();
        for coordinate in 0..2 {
            let values = draws.iter().map(|draw| draw[coordinate]);
            let mean = values.clone().sum::<f64>() / 4000.0;
            let variance = values.map(|v| (v - mean).powi(2)).sum::<f64>() / 3999.0;
            let error = (variance / 4000.0).sqrt();
            let off = (mean - exact[coordinate]).abs();
            assert!(off < 4.0 * error, "{coordinate}: {mean} for {exact:?}, error {error}");
        }
    }
    check(&Elbo);
    check(&StickingTheLanding);
}

/// At `q = N(½, ½)`, the posterior, `log p - log q` is the evidence whatever is drawn: the bound
/// has no variance, and neither has the gradient through the draws alone.
#[test]
fn at_the_posterior_the_bound_is_the_evidence_and_sticking_the_landing_has_no_variance() {
    let q = Amortized::new(OneNormal::new(0.5, 0.5_f64.sqrt()));
    let mut largest_plain: f64 = 0.0;
    for seed in 0..20 {
        let (bound, stl) = gradient(&StickingTheLanding, &q, 3, seed);
        assert!((bound - CHAIN_EVIDENCE).abs() < 1e-12, "{bound}");
        assert!(stl.iter().all(|g| g.abs() < 1e-12), "{stl:?}");
        let (_, plain) = gradient(&Elbo, &q, 3, seed);
        largest_plain = largest_plain.max(plain[0].abs());
    }
    assert!(largest_plain > 0.1, "the plain gradient does vary: {largest_plain}");
}

#[test]
fn the_flat_guide_sticks_the_landing_too() {
    use elbo_guide::{Init, MeanFieldConfig};
    use elbo_model::Layout;

    let place = f64_on_flex();
    let x = one(&place);
    let mut noise = Noise::new(0, &place);
    let layout = Layout::discover(&chain, &x, &noise).unwrap();
    let at = layout.at([("z", place.tensor::<2>(vec![0.5], [1, 1]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(at)).with_scale(0.5_f64.sqrt());
    let guide = config.init(&layout, &chain, &x, &mut noise).unwrap().train();
    let draw =
        Guide::<Tensor<2>>::draw(&guide, &x, 5, &Plan::new(Path::DrawsOnly), &mut noise).unwrap();
    let log_p = chain.log_joint(&draw.latents, &x).unwrap();
    let loss = StickingTheLanding.estimate(&Terms::new(log_p, draw.log_q)).unwrap().loss;
    let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &guide);
    struct Largest<'a>(&'a burn::optim::GradientsParams, usize);
    impl burn::module::ModuleVisitor for Largest<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).expect("every parameter has a gradient");
            self.1 += 1;
            assert!(gradient.abs().max().into_scalar::<f64>() < 1e-12);
        }
    }
    let mut visitor = Largest(&gradients, 0);
    guide.visit(&mut visitor);
    assert_eq!(visitor.1, 2);
}

/// `a ~ N(0, 1)`, `b ~ N(a, 1)` as model and, with its parameters, as guide: the path from `a` to `b`
/// is part of the draw, so at the posterior every gradient vanishes for a guide with dependence, too.
#[test]
fn sticking_the_landing_follows_draws_through_later_draws() {
    #[derive(Module, Debug)]
    struct Dependent {
        slope: Param<Tensor<2>>,
        log_scale: Param<Tensor<2>>,
    }
    impl Program for Dependent {
        fn run(&self, t: &mut Trace, _: &()) {
            let a = t.sample("a", Normal::new(0.0, self.log_scale.val().exp()));
            t.sample("b", Normal::new(a * self.slope.val(), 1.0));
        }
    }
    fn prior(t: &mut Trace, _: &()) {
        let a = t.sample("a", Normal::<2>::new(0.0, 1.0));
        t.sample("b", Normal::new(a, 1.0));
    }
    let place = f64_on_flex();
    let param = |x: f64| Param::from_tensor(place.tensor(vec![x], [1, 1]));
    let q = Amortized::new(Dependent { slope: param(1.0), log_scale: param(0.0) }.train());
    let mut noise = Noise::new(0, &place);
    let draw = q.draw(&(), 7, &Plan::new(Path::DrawsOnly), &mut noise).unwrap();
    let log_p = prior.log_joint(&draw.latents, &()).unwrap();
    let terms = Terms::new(log_p, draw.log_q);
    let gradients = StickingTheLanding.estimate(&terms).unwrap().loss.backward();
    for param in [&q.program().slope, &q.program().log_scale] {
        let gradient: f64 = param.val().grad(&gradients).unwrap().into_scalar();
        assert!(gradient.abs() < 1e-12, "{gradient}");
    }
}
