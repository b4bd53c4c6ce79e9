//! What a fit has learnt.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_guide::{Draw, Guide, ParetoSmoothed};
use elbo_model::{Discrete, Latents, LogJoint, Plan, Predictive, Program};
use elbo_report::moments;

use crate::InferError;
use crate::scored::{CHUNK, at_least, chunks};

/// A fitted model and guide on plain devices, without autodiff.
///
/// Draws depend on the seed and on the index of the draw alone: the first 100 of 1000 draws are
/// those that one gets when asking for 100.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::MeanField;
/// use elbo_infer::{StickingTheLanding, Svi, summarize};
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
/// let mut svi = Svi::new(Model::new(chain), guide, StickingTheLanding, noise);
/// svi.run(1000, &x, &mut ()).unwrap();
/// let posterior = svi.posterior(); // N(½, ½) for z, N(½, 3/2) for new data
/// let draws = posterior.predictive(&x, 4000).unwrap();
/// let replicated = summarize(&draws).get("x").unwrap().clone();
/// assert!((replicated.mean - 0.5).abs() < 4.0 * (1.5_f64 / 4000.0).sqrt());
/// let some = posterior.predictive(&x, 10).unwrap(); // the first of the same draws
/// assert_eq!(some.value("x").unwrap().to_vec(), draws.value("x").unwrap().to_vec()[..10]);
/// let bound = posterior.bound(&x, 4000).unwrap(); // log N(1; 0, 2)
/// assert!((bound.mean + 1.515_5).abs() < 4.0 * bound.standard_error + 1e-3);
/// ```
#[derive(Clone, Debug)]
pub struct Posterior<M, G> {
    model: M,
    guide: G,
    noise: Noise,
}

/// A Monte Carlo estimate of the evidence lower bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundEstimate {
    /// The mean over draws.
    pub mean: f64,
    /// Its standard error; NaN for one draw.
    pub standard_error: f64,
}

impl BoundEstimate {
    /// The mean of log-weights `log p(x, z) - log q(z)`, with its standard error.
    ///
    /// # Errors
    /// [`InferError::NoDraws`] and [`InferError::InfiniteBound`].
    ///
    /// # Example
    /// ```
    /// let bound = elbo_infer::BoundEstimate::of(&[1.0, 2.0, 3.0]).unwrap();
    /// assert_eq!((bound.mean, bound.standard_error), (2.0, (1.0_f64 / 3.0).sqrt()));
    /// ```
    pub fn of(log_weights: &[f64]) -> Result<Self, InferError> {
        at_least(1, log_weights.len(), "BoundEstimate::of")?;
        let (mean, variance) = moments(log_weights);
        if !mean.is_finite() {
            return Err(InferError::InfiniteBound { bound: mean });
        }
        Ok(Self { mean, standard_error: (variance / log_weights.len() as f64).sqrt() })
    }

    /// The same, where a draw may have no density: the bound is then `-∞`.
    pub(crate) fn anyway(log_weights: &[f64]) -> Self {
        let has_density = log_weights.iter().all(|weight| weight.is_finite());
        let bound = has_density.then(|| Self::of(log_weights).ok()).flatten();
        bound.unwrap_or(Self { mean: f64::NEG_INFINITY, standard_error: f64::NAN })
    }
}

impl<M: Module, G: Module> Posterior<M, G> {
    pub(crate) fn new(model: &M, guide: &G, noise: Noise) -> Self {
        Self { model: model.valid(), guide: guide.valid(), noise }
    }

    /// The same posterior with other draws: another set for each `index`.
    ///
    /// Every draw of a posterior uses the same noise, so that results can be repeated and compared;
    /// batches whose errors should be independent take a stream each.
    pub fn stream(&self, index: u64) -> Self
    where
        M: Clone,
        G: Clone,
    {
        let noise = self.noise.site(&format!("stream {index}"));
        Self { model: self.model.clone(), guide: self.guide.clone(), noise }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The guide.
    pub fn guide(&self) -> &G {
        &self.guide
    }

    /// Draws of the latents.
    ///
    /// # Errors
    /// [`InferError::Guide`] if the guide's run fails.
    pub fn draws<B>(&self, batch: &B, draws: usize) -> Result<Latents, InferError>
    where
        G: Guide<B>,
    {
        Ok(self.draw(batch, draws, &mut self.noise.clone())?.latents)
    }

    /// The exact posterior of the sites that the model [marginalizes](elbo_model::Trace::marginalize), given each of
    /// `draws` draws of the latents.
    ///
    /// # Errors
    /// [`InferError::Guide`] or [`InferError::Model`] if a run fails.
    pub fn discrete<B>(&self, batch: &B, draws: usize) -> Result<Discrete, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        Ok(Discrete::infer(&self.model, &self.draws(batch, draws)?, batch)?)
    }

    /// Draws of the latents, with the derived values and the replicated data that follow.
    ///
    /// # Errors
    /// [`InferError::Guide`] or [`InferError::Model`] if a run fails.
    pub fn predictive<B>(&self, batch: &B, draws: usize) -> Result<Latents, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        self.predictive_from(batch, 0, draws)
    }

    /// The draws of [`Posterior::predictive`] in chunks of at most `chunk`, of which only one is in
    /// memory at a time.
    ///
    /// # Errors
    /// Each item, as [`Posterior::predictive`].
    pub fn predictive_chunks<'a, B>(
        &'a self,
        batch: &'a B,
        draws: usize,
        chunk: usize,
    ) -> impl Iterator<Item = Result<Latents, InferError>> + 'a
    where
        M: Program<B>,
        G: Guide<B>,
    {
        chunks(draws, chunk.max(1))
            .map(move |(first, count)| self.predictive_from(batch, first, count))
    }

    /// The evidence lower bound, by `draws` draws, of data that are read and checked.
    ///
    /// # Errors
    /// [`InferError::NoDraws`], [`InferError::InfiniteBound`], [`InferError::PlateMismatch`], [`InferError::NothingToTrain`] if neither side has a
    /// density, and [`InferError::Guide`] or [`InferError::Model`] if a run fails.
    pub fn bound<B>(&self, batch: &B, draws: usize) -> Result<BoundEstimate, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        BoundEstimate::of(&self.weights(batch, draws, "Posterior::bound")?)
    }

    /// The importance weights `p(x, z) / q(z)` of `draws` draws, smoothed, with the shape `k̂` of their tail: above 0.7 the
    /// guide is not to be trusted, and neither are the weights.
    ///
    /// # Errors
    /// As [`Posterior::bound`].
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal, Place};
    /// use elbo_guide::FullRankConfig;
    /// use elbo_guide::Init;
    /// use elbo_infer::{Elbo, Svi};
    /// use elbo_model::{Layout, Model, Trace};
    ///
    /// fn chain(t: &mut Trace, x: &Tensor<2>) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     t.observe("x", Normal::new(z, 1.0), x.clone());
    /// }
    ///
    /// let place = Place::f64(&Device::flex()).unwrap();
    /// let mut noise = Noise::new(0, &place);
    /// let x = place.tensor(vec![1.0], [1, 1]);
    /// let layout = Layout::discover(&chain, &x, &noise).unwrap();
    /// let config = FullRankConfig::new().with_init(Init::Laplace); // here the posterior itself
    /// let guide = config.init(&layout, &chain, &x, &mut noise).unwrap();
    /// let svi = Svi::new(Model::new(chain), guide, Elbo, noise);
    /// let weights = svi.posterior().importance(&x, 1000).unwrap();
    /// assert!(weights.effective_size() > 999.9);
    /// ```
    ///
    /// # References
    /// Yao, Vehtari, Simpson & Gelman (2018), *Yes, but did it work? Evaluating variational inference*.
    pub fn importance<B>(&self, batch: &B, draws: usize) -> Result<ParetoSmoothed, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        Ok(ParetoSmoothed::new(self.weights(batch, draws, "Posterior::importance")?))
    }

    /// `log p(x, z) - log q(z)` of `draws` draws, of data that are read and checked: of which both
    /// [`BoundEstimate::of`] and [`ParetoSmoothed`] are made, where both are wanted.
    ///
    /// # Errors
    /// As [`Posterior::bound`], but for [`InferError::InfiniteBound`].
    pub fn log_weights<B>(&self, batch: &B, draws: usize) -> Result<Vec<f64>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        self.weights(batch, draws, "Posterior::log_weights")
    }

    fn weights<B>(
        &self,
        batch: &B,
        draws: usize,
        asked: &'static str,
    ) -> Result<Vec<f64>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        at_least(1, draws, asked)?;
        let mut log_weights = Vec::with_capacity(draws);
        for (first, count) in chunks(draws, CHUNK) {
            log_weights.extend(self.scored(batch, first, count)?.log_weights());
        }
        Ok(log_weights)
    }

    pub(crate) fn noise(&self) -> &Noise {
        &self.noise
    }

    /// A draw of the guide, if it is that of one fit.
    pub(crate) fn draw<B>(
        &self,
        batch: &B,
        draws: usize,
        noise: &mut Noise,
    ) -> Result<Draw, InferError>
    where
        G: Guide<B>,
    {
        match self.guide.members() {
            1 => {
                let Draw { latents, log_q } =
                    self.guide.draw(batch, draws, &Plan::sampling(), noise)?;
                Ok(Draw { latents: latents.with_noise(noise.site("program")), log_q })
            }
            restarts => Err(InferError::SeveralFits { restarts }),
        }
    }

    fn predictive_from<B>(
        &self,
        batch: &B,
        first: usize,
        draws: usize,
    ) -> Result<Latents, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        let mut noise = self.noise.from_particle(first as u64);
        let latents = self.draw(batch, draws, &mut noise)?.latents;
        Ok(Predictive::new(&self.model, batch).given(&latents, &noise.split())?)
    }
}
