//! Programs as guides.

use burn::module::{Module, ModuleDisplay};
use elbo_dist::Noise;
use elbo_model::{LogJoint, Program, Role, Trace};

use crate::{Draw, Guide, GuideError, Path};

/// A guide written as a program: what it samples are the model's latents, by name.
///
/// The program may be a function of the batch, with its networks as a Burn module: an encoder
/// whose cost is amortized over all data (Kingma & Welling 2014).
///
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{Amortized, Guide, Path};
/// use elbo_model::{Model, Trace};
///
/// fn proposal(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(1.0, 0.5));
/// }
///
/// let guide = Amortized::new(Model::new(proposal));
/// let mut noise = Noise::new(0, &Device::flex());
/// let draw = guide.draw(&(), 8, Path::Full, &mut noise).unwrap();
/// assert_eq!(draw.log_q.total().dims(), [8, 1]);
/// ```
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
        path: Path,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        let mut trace = Trace::prior(particles, noise.split());
        self.program.run(&mut trace, batch);
        let traced = trace.finish()?;
        if let Some(term) = traced.terms.iter().find(|term| term.role != Role::Latent) {
            let (site, role) = (term.site.to_string(), term.role.to_string());
            return Err(GuideError::NotADraw { site, role });
        }
        let latents = traced.values.only(traced.terms.iter().map(|term| &*term.site));
        let log_q = match path {
            Path::Full => traced.terms,
            // The same draws, scored by the program with constant parameters.
            Path::DrawsOnly => self.program.valid().log_joint(&latents, batch)?,
        };
        Ok(Draw { latents, log_q })
    }
}
