//! Programs as guides.

use burn::module::{Module, ModuleDisplay};
use elbo_dist::Noise;
use elbo_model::{Estimator, Latents, LogJoint, LogTerms, Path, Plan, Program, Role, propose};

use crate::{Draw, Guide, GuideError, Score};

/// A guide written as a program: what it samples are the model's latents, by name.
///
/// The program may be a function of the batch, with its networks as a Burn module: an encoder
/// whose cost is amortized over all data.
///
/// `log q(z | x) = Σ_j log q(z_j | z_<j, x)`, a term a site
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Amortized, Guide};
/// use elbo_model::{Model, Plan, Trace};
///
/// fn proposal(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(1.0, 0.5));
/// }
///
/// let guide = Amortized::new(Model::new(proposal));
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let draw = guide.draw(&(), 1, &Plan::default(), &mut noise).unwrap();
/// let z: f64 = draw.latents.get::<2>("z").unwrap().into_scalar();
/// let log_q: f64 = draw.log_q.total().into_scalar();
/// assert!((log_q + 2.0 * (z - 1.0).powi(2) + 0.225_791).abs() < 1e-6); // log N(z; 1, ½²)
/// ```
///
/// # References
/// Kingma & Welling (2014), *Auto-encoding variational Bayes*.
#[derive(Module, Debug)]
pub struct Amortized<P: Module> {
    program: P,
}

impl<P: Module> Amortized<P> {
    /// The guide that runs `program`.
    pub fn new(program: P) -> Self {
        Self { program }
    }

    /// The program.
    pub fn program(&self) -> &P {
        &self.program
    }
}

impl<B, P: Program<B> + Module + ModuleDisplay> Guide<B> for Amortized<P> {
    fn draw(
        &self,
        batch: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        let traced = propose(&self.program, batch, particles, plan, noise)?;
        check_draws(&traced.terms)?;
        let latents = traced.values.only(traced.terms.iter().map(|term| &*term.site));
        let log_q = match plan.path() {
            Path::Full => traced.terms,
            // The same draws, scored by the program with constant parameters.
            Path::DrawsOnly => {
                at_draws(traced.terms, &self.program.valid().log_joint(&latents, batch)?)
            }
        };
        Ok(Draw { latents, log_q })
    }
}

impl<B, P: Program<B> + Module + ModuleDisplay> Score<B> for Amortized<P> {
    fn log_q(&self, batch: &B, latents: &Latents) -> Result<LogTerms, GuideError> {
        let log_q = self.program.log_joint(latents, batch)?;
        check_draws(&log_q)?;
        Ok(log_q)
    }
}

/// Refuses what a guide program does beside drawing.
fn check_draws(terms: &LogTerms) -> Result<(), GuideError> {
    match terms.iter().find(|term| term.role != Role::Latent) {
        None => Ok(()),
        Some(term) => {
            let (site, role) = (term.site.to_string(), term.role.to_string());
            Err(GuideError::NotADraw { site, role })
        }
    }
}

/// The terms of draws that carry gradients as `constant` has them; the others as they are.
pub(crate) fn at_draws(terms: LogTerms, constant: &LogTerms) -> LogTerms {
    let mut constant = constant.iter();
    terms.map(|term| {
        let same = constant.next().expect("the same sites in the same order").log_prob.clone();
        match term.estimator.estimator {
            Estimator::Pathwise => term.with_log_prob(same),
            _ => term,
        }
    })
}
