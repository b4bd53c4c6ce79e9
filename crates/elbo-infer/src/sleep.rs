//! The sleep phase.

use burn::module::Module;
use elbo_guide::Score;
use elbo_model::{Latents, LogTerms, Predictive, Program};

use crate::{InferError, Memory, Objective, StepInfo, Svi};

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// A step of the guide towards the posteriors of dreams: latents and data that the model draws by itself.
    ///
    /// `- E_p(x, z)[log q(z | x)]`
    ///
    /// `batch` gives the model its shapes and inputs; `dream` makes of the values of all sites the batch that the guide is to
    /// see, with a particle for each dream on axis 0. Alternate it with steps on data; the model learns by those alone.
    /// The information of the step has the mean of `log q` as its bound.
    ///
    /// # Errors
    /// As [`Svi::step`].
    ///
    /// # Example
    /// ```
    /// use burn::module::{Module, Param};
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_guide::Amortized;
    /// use elbo_infer::{ReweightedWakeSleep, Svi};
    /// use elbo_model::{Latents, Model, Program, Trace};
    ///
    /// fn chain(t: &mut Trace, x: &Tensor<2>) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     t.observe("x", Normal::new(z, 1.0), x.clone());
    /// }
    ///
    /// /// `q(z | x) = N(a x, ½)`, which is right for `a = ½`.
    /// #[derive(Module, Debug)]
    /// struct Slope {
    ///     slope: Param<Tensor<2>>,
    /// }
    ///
    /// impl Program<Tensor<2>> for Slope {
    ///     fn run(&self, t: &mut Trace, x: &Tensor<2>) {
    ///         t.sample("z", Normal::new(x.clone() * self.slope.val(), 0.5_f64.sqrt()));
    ///     }
    /// }
    ///
    /// let device = Device::flex();
    /// let x = Tensor::<2>::from_floats([[1.0]], &device);
    /// let guide = Amortized::new(Slope { slope: Param::from_tensor(Tensor::zeros([1, 1], &device)) });
    /// let mut svi = Svi::new(Model::new(chain), guide, ReweightedWakeSleep, Noise::new(0, &device))
    ///     .with_particles(100);
    /// for _ in 0..300 {
    ///     svi.sleep(&x, |values: &Latents| values.get::<2>("x").unwrap()).unwrap();
    /// }
    /// let slope: f32 = svi.posterior().guide().program().slope.val().into_scalar();
    /// assert!((slope - 0.5).abs() < 0.05);
    /// ```
    ///
    /// # References
    /// Hinton et al. (1995), *The wake-sleep algorithm*; Bornschein & Bengio (2015).
    pub fn sleep<B>(
        &mut self,
        batch: &B,
        dream: impl Fn(&Latents) -> B,
    ) -> Result<StepInfo, InferError>
    where
        M: Program<B>,
        G: Score<B>,
    {
        self.check_settings()?;
        let (model, guide) = self.modules();
        let noise = self.noise.at_step(self.step).site("sleep");
        let model = model.valid();
        let drawn =
            Predictive::new(&model, batch).dream(self.particles * self.members::<B>(), &noise)?;
        let log_q = guide.log_q(&dream(&drawn.values), &drawn.latents)?;
        self.ascend(&log_q, &drawn.latents, self.members::<B>())
    }

    /// A step up the mean of `log q` at these latents, of each of so many fits at once.
    pub(crate) fn ascend(
        &mut self,
        log_q: &LogTerms,
        latents: &Latents,
        members: usize,
    ) -> Result<StepInfo, InferError> {
        log_q.check_form(latents.particles().max(members), latents.place())?;
        let bound = log_q.try_total().ok_or(InferError::NothingToTrain)?.mean();
        let value: f64 = bound.clone().into_scalar();
        if !value.is_finite() {
            log_q.check_finite().map_err(|error| self.at_step(error))?;
            return Err(InferError::Overflow { when: self.when(), bound: value });
        }
        self.descend(bound * -(members as f64), value, 1.0, Memory::default())
    }
}
