//! How a fit without a learning rate goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::renyi::setting;
use crate::{Checkpoints, InferError};

/// How [`Svi::fit`](crate::Svi::fit) fits: with no learning rate to choose.
///
/// * **Trials**, unless a first rate is given: 50 steps at 0.1, 0.025, .. from the same start, as long as a lower rate is better.
/// * **Levels**: steps at the rate found until a [`StopRule`](crate::StopRule) sees the bound settle; then the average of the parameters over
///   about the later half of the level takes their place, if the bound is higher there by the same draws. If the average gains more than the
///   tolerance, the parameters still moved about: another level begins there, at a quarter of the rate. So it does where the bound falls; where
///   a step fails, the level begins anew at a quarter of the rate.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::MeanField;
/// use elbo_infer::{FitConfig, StickingTheLanding, Svi};
/// use elbo_model::{Layout, Model, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let z = t.sample("z", Normal::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), x.clone());
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let x = Tensor::from_floats([[1.0]], &device);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let guide = MeanField::new(&layout, &chain, &x, &mut noise).unwrap();
/// let mut svi = Svi::new(Model::new(chain), guide, StickingTheLanding, noise).with_particles(16);
/// let info = svi.fit(&x, &FitConfig::new(), &mut ()).unwrap();
/// assert!(info.has_settled());
/// let (_, guide) = svi.into_parts();
/// // The posterior is N(½, ½).
/// assert!((guide.loc().into_scalar::<f32>() - 0.5).abs() < 0.02);
/// assert!((guide.scale().into_scalar::<f32>() - 0.5_f32.sqrt()).abs() < 0.02);
/// ```
///
/// # References
/// Welandawe, Andersen, Vehtari & Huggins (2022), *Robust, automated, and accurate black-box variational inference*, for averages of iterates and
/// rates that fall by what there is still to gain.
#[derive(Clone, Debug)]
pub struct FitConfig {
    pub(crate) rate: Option<f64>,
    pub(crate) tolerance: f64,
    pub(crate) most: u64,
    pub(crate) checkpoints: Option<(Checkpoints, u64)>,
    pub(crate) interrupt: Interrupt,
}

impl Default for FitConfig {
    fn default() -> Self {
        let interrupt = Interrupt::default();
        Self { rate: None, tolerance: 0.1, most: 100_000, checkpoints: None, interrupt }
    }
}

impl FitConfig {
    /// Trials of rates, a tolerance of 0.1 nats, and at most 100,000 steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// The learning rate of the first level, without trials: 0.1 is right where the guide starts as a normal that was searched for, in whose
    /// coordinates the posterior is close to standard.
    pub fn with_first_rate(self, rate: f64) -> Self {
        Self { rate: Some(rate), ..self }
    }

    /// Trials of rates from 0.1 down.
    pub fn with_trials(self) -> Self {
        Self { rate: None, ..self }
    }

    /// The gain of an average, in nats, below which no further level is begun.
    pub fn with_tolerance(self, nats: f64) -> Self {
        Self { tolerance: nats, ..self }
    }

    /// The number of steps after which the fit ends, those of trials among them.
    pub fn with_max_steps(self, steps: u64) -> Self {
        Self { most: steps, ..self }
    }

    /// A checkpoint after every so many steps, and at the end. A fit that finds a checkpoint there goes on from the newest if its seed and its
    /// next bound are equal: a folder is for one fit.
    ///
    /// First rate, tolerance and the settings of an optimizer are not compared: the trials and levels that the checkpoint holds are kept, those to
    /// come go by the tolerance that is set then, and a fit that had settled stays so.
    pub fn with_checkpoints(self, checkpoints: Checkpoints, every: u64) -> Self {
        Self { checkpoints: Some((checkpoints, every)), ..self }
    }

    /// What ends the fit from elsewhere, after the present step and a checkpoint.
    pub fn with_interrupt(self, interrupt: Interrupt) -> Self {
        Self { interrupt, ..self }
    }

    /// The same for a fit of other data, which the checkpoints are not of.
    pub(crate) fn without_checkpoints(self) -> Self {
        Self { checkpoints: None, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), InferError> {
        if let Some(rate) = self.rate.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            return Err(setting("FitConfig", "first rate", rate, "finite and positive"));
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return Err(setting("FitConfig", "tolerance", self.tolerance, "finite and positive"));
        }
        if self.most == 0 {
            return Err(setting("FitConfig", "most steps", 0.0, "at least 1"));
        }
        match &self.checkpoints {
            Some((_, 0)) => {
                Err(setting("FitConfig", "steps between checkpoints", 0.0, "at least 1"))
            }
            _ => Ok(()),
        }
    }
}

/// A switch that ends a fit from another thread, or from a signal.
///
/// ```
/// let interrupt = elbo_infer::Interrupt::default();
/// let other = interrupt.clone();
/// other.set();
/// assert!(interrupt.is_set());
/// interrupt.clear(); // so that a fit that was ended can go on
/// assert!(!other.is_set());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks all fits that hold a clone of this to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes that back.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// The flag itself, for handlers of signals.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    /// Whether they are asked to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
