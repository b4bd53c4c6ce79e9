//! A guide that learns from draws.

use burn::module::Module;
use elbo_guide::Score;
use elbo_model::Latents;

use crate::{InferError, Objective, StepInfo, Svi};

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// A step of the guide towards given draws, by maximum likelihood: what starts any guide with a density at what another method
    /// has found, such as [`Pathfinder`](elbo_guide::Pathfinder) or a Markov chain.
    ///
    /// `- 1/S Σ_s log q(z_s)`
    ///
    /// It counts as a step: schedule and optimizer go on from it. A fit that is to start afresh takes the guide that was taught,
    /// [`Svi::into_parts`], into a new `Svi`.
    ///
    /// Its minimum over all draws of `p` is that of `KL(p ‖ q)`, which covers what `p` covers. The model takes no part. The information
    /// of the step has the mean of `log q` as its bound; of several fits at once, all learn from the same draws.
    ///
    /// # Shapes
    /// A draw on each row of axis 0 of `draws`, which hold a value for each latent of the guide.
    ///
    /// # Errors
    /// Those of [`Svi::step`] and of the guide's density: [`ModelError::MissingSite`](elbo_model::ModelError::MissingSite) for a
    /// latent without a value, [`InferError::NonFinite`] for a draw that the guide excludes.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Bernoulli, Beta, Noise, Place};
    /// use elbo_guide::{ExponentialFamily, PathfinderConfig, resample};
    /// use elbo_infer::{Elbo, Svi};
    /// use elbo_model::{Layout, Model, Trace};
    ///
    /// fn coin(t: &mut Trace, x: &Tensor<2>) {
    ///     let p = t.sample("p", Beta::new(2.0, 2.0));
    ///     t.observe("x", Bernoulli::probs(p), x.clone());
    /// }
    ///
    /// let place = Place::f64(&Device::flex()).unwrap();
    /// let mut noise = Noise::new(0, &place);
    /// let x = place.tensor([vec![1.0; 30], vec![0.0; 10]].concat(), [1, 40]);
    /// let layout = Layout::discover(&coin, &x, &noise).unwrap();
    /// let found = PathfinderConfig::new().init(&layout, &coin, &x, &mut noise).unwrap();
    /// let draws = resample(&found, &coin, &x, 2000, &mut noise).unwrap().latents;
    ///
    /// let guide = ExponentialFamily::of_prior(&layout).unwrap();
    /// let mut svi = Svi::new(Model::new(coin), guide, Elbo, noise).with_learning_rate(0.05);
    /// for _ in 0..300 {
    ///     svi.imitate(&x, &draws).unwrap();
    /// }
    /// let bound = svi.posterior().bound(&x, 1000).unwrap(); // log p(x) = log B(32, 12) / B(2, 2)
    /// assert!((bound.mean + 24.147).abs() < 0.02);
    /// ```
    pub fn imitate<B>(&mut self, batch: &B, draws: &Latents) -> Result<StepInfo, InferError>
    where
        G: Score<B>,
    {
        self.check_settings()?;
        let members = self.members::<B>();
        let draws = draws.constant().tiled(members);
        let log_q = self.modules().1.log_q(batch, &draws)?;
        self.ascend(&log_q, &draws, members)
    }
}
