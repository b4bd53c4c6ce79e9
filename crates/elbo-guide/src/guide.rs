//! The trait that every guide implements.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_model::{Latents, LogTerms};

use crate::{GuideError, Path};

/// A variational family `q(z)`: proposes latents, with their log-density.
///
/// A guide is a Burn module: its parameters are what an optimizer steps.
pub trait Guide<B = ()>: Module {
    /// `particles` draws of all latents and the terms of `log q`.
    ///
    /// # Errors
    /// [`GuideError::Place`] if the noise draws at another place than the guide's, and what the run of a
    /// guide program meets.
    fn draw(
        &self,
        batch: &B,
        particles: usize,
        path: Path,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError>;
}

/// Draws from a guide.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The latents, as the model takes them.
    pub latents: Latents,
    /// The terms of `log q` at the draws.
    pub log_q: LogTerms,
}
