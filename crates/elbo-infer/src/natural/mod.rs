//! Natural gradients.

mod conjugacy;
mod coordinates;
mod evaluate;
mod joint;
mod moments;
mod rates;

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::DType;
use elbo_dist::Noise;
use elbo_guide::{ExponentialFamily, GuideError};
use elbo_model::{Program, Site};

pub use conjugacy::Conjugacy;
pub use rates::StepSizes;

use crate::{InferError, Posterior, When};
use joint::Joint;
use moments::Moments;

/// Variational inference by natural gradients: each step moves the natural parameters of a site towards those of its optimum given the others,
///
/// `η ← (1 - ρ) η + ρ ∇_μ E_q[log p(x, z)]`, `μ = E_q[t(z)]`,
///
/// one site after the other, the last that the program draws first.
///
/// Terms of the log-joint that are conjugate to the guide's families have exact means, at [`Nodes`](elbo_guide::Nodes) and by sums over the values of discrete
/// sites; for the others draws take their place. Which are which is found out in the first step ([`NaturalSvi::conjugacy`]). Where all are, a step of
/// size 1 on all data sets each site to its coordinate optimum, and [`CoordinateAscent`](elbo_conjugate::CoordinateAscent) takes this type.
///
/// Latents inside plates that are not the guide's own are local to a batch: each step finds their optimum anew.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Gamma, Noise, Normal, Place};
/// use elbo_guide::ExponentialFamily;
/// use elbo_infer::NaturalSvi;
/// use elbo_model::{Layout, Model, Trace};
///
/// fn rate(t: &mut Trace, x: &Tensor<2>) {
///     let tau = t.sample("tau", Gamma::new(2.0, 1.0)); // [S, 1]
///     t.plate("rows", x.dims()[1], |t| t.observe("x", Normal::new(0.0, tau.recip().sqrt()), x.clone()));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let noise = Noise::new(0, &place);
/// let x = place.tensor(vec![1.0, -2.0, 1.0], [1, 3]);
/// let layout = Layout::discover(&rate, &x, &noise).unwrap();
/// let guide = ExponentialFamily::of_prior(&layout).unwrap();
/// let mut fit = NaturalSvi::new(Model::new(rate), guide, noise);
/// fit.step(&x).unwrap();
/// // The posterior, Gamma(2 + 3/2, 1 + 6/2), in one step.
/// let eta = fit.guide().natural("tau").unwrap();
/// assert!((eta[0] - 2.5).abs() < 1e-9 && (eta[1] + 4.0).abs() < 1e-9);
/// ```
///
/// # References
/// Hoffman, Blei, Wang & Paisley (2013), *Stochastic variational inference*, equations 15 and 22; Khan & Lin (2017), *Conjugate-computation variational
/// inference*, equation 9.
#[derive(Clone, Debug)]
pub struct NaturalSvi<M> {
    model: M,
    guide: ExponentialFamily,
    sizes: StepSizes,
    points: Option<usize>,
    noise: Noise,
    step: u64,
    conjugacy: Option<Arc<Conjugacy>>,
    /// Whether the guide has all latents of a batch.
    is_whole: bool,
}

/// What one step did.
#[derive(Clone, Debug, PartialEq)]
pub struct NaturalInfo {
    /// The step's number, from 0.
    pub step: u64,
    /// The bound before the step, but after the optimum of what is local to the batch: exact where all terms are conjugate.
    pub bound: f64,
    /// The step size `ρ`.
    pub rate: f64,
    /// The numbers, simplexes and vectors whose step was shorter, since the family has no density where it led.
    pub shortened: usize,
    /// How often the step of a site was halved, since its numbers together would have overshot: the exact bound would have fallen.
    pub halvings: usize,
    /// The part of the data at hand: `batch / total`.
    pub fraction: f64,
}

/// The share of a step below which it is taken as it is.
const SMALLEST: f64 = 1e-3;

/// The most points that are taken unless another number is asked for.
const POINTS: usize = 64;

impl<M: Module> NaturalSvi<M> {
    /// Steps of size 1 from the present parameters of `guide`.
    pub fn new(model: M, guide: ExponentialFamily, mut noise: Noise) -> Self {
        Self {
            model: model.valid(),
            guide: guide.valid(),
            sizes: StepSizes::Constant(1.0),
            points: None,
            noise: noise.split(),
            step: 0,
            conjugacy: None,
            is_whole: false,
        }
    }

    /// With other step sizes.
    pub fn with_step_sizes(self, sizes: impl Into<StepSizes>) -> Self {
        Self { sizes: sizes.into(), ..self }
    }

    /// The number of points at which terms are evaluated, and of draws for those that are not conjugate: a power of two. Unless told it is twice the number of
    /// continuous latents, for which means are exact, and at most 64.
    pub fn with_points(self, points: usize) -> Self {
        Self { points: Some(points), ..self }
    }

    /// The steps before the next, whose noise and size are those of its number: to go on with the guide of another run.
    pub fn starting_at(self, step: u64) -> Self {
        Self { step, ..self }
    }

    /// With another guide of the same sites.
    pub fn with_guide(self, guide: ExponentialFamily) -> Self {
        Self { guide: guide.valid(), ..self }
    }

    /// The guide.
    pub fn guide(&self) -> &ExponentialFamily {
        &self.guide
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Which terms are conjugate to which sites, once a step has looked.
    pub fn conjugacy(&self) -> Option<&Conjugacy> {
        self.conjugacy.as_deref()
    }

    /// The present model and guide, ready to draw from.
    pub fn posterior(&self) -> Posterior<M, ExponentialFamily> {
        Posterior::new(&self.model, &self.guide, self.noise.at_step(self.step).site("posterior"))
    }

    /// One step on one batch.
    ///
    /// # Errors
    /// * [`InferError::TrainedModel`] for a model with parameters, [`InferError::StepSize`] and [`InferError::NotLocal`];
    /// * [`GuideError::NodeCount`], [`GuideError::NoNatural`] and [`GuideError::NaturalDomain`];
    /// * [`InferError::NonFinite`] and [`InferError::Model`] for what the model's run meets.
    ///
    /// The guide is then as before the call.
    pub fn step<B>(&mut self, batch: &B) -> Result<NaturalInfo, InferError>
    where
        M: Program<B>,
    {
        let rate = self.sizes.rate(self.step).ok_or_else(|| InferError::StepSize {
            when: self.when(),
            rate: self.sizes.raw(self.step),
        })?;
        let stepped = self.stepped(batch, rate);
        let (joint, info) = stepped.map_err(|error| error.at(self.when()))?;
        self.take(joint);
        self.step += 1;
        Ok(info)
    }

    /// Keeps the guide's own latents, and what was found out.
    fn take(&mut self, joint: Joint) {
        self.guide = joint.own();
        self.is_whole = joint.local.is_empty();
        self.conjugacy = Some(joint.conjugacy);
    }

    fn when(&self) -> When {
        When { step: self.step, seed: self.noise.state().seed, rows: None }
    }

    /// `steps` steps on all data; `observer` sees each.
    ///
    /// # Errors
    /// As [`NaturalSvi::step`]; the steps before the one at fault have been taken.
    pub fn run<B>(
        &mut self,
        steps: usize,
        data: &B,
        mut observer: impl FnMut(&NaturalInfo),
    ) -> Result<(), InferError>
    where
        M: Program<B>,
    {
        self.epoch(std::iter::repeat_n(data, steps), &mut observer)
    }

    /// A step on each batch; `observer` sees each.
    ///
    /// # Errors
    /// As [`NaturalSvi::step`]; the steps before the one at fault have been taken.
    pub fn epoch<'a, B: 'a>(
        &mut self,
        batches: impl IntoIterator<Item = &'a B>,
        mut observer: impl FnMut(&NaturalInfo),
    ) -> Result<(), InferError>
    where
        M: Program<B>,
    {
        for batch in batches {
            observer(&self.step(batch)?);
        }
        Ok(())
    }

    /// The guide of a batch: this one, and the optimum of what is local to the batch.
    ///
    /// # Errors
    /// As [`NaturalSvi::step`].
    pub fn of_batch<B>(&self, batch: &B) -> Result<ExponentialFamily, InferError>
    where
        M: Program<B>,
    {
        let joint = self.joint(batch).map_err(|error| error.at(self.when()))?;
        Ok(joint.guide)
    }

    /// The bound on a batch, scaled to all data, with the optimum of what is local to it: exact where all terms are conjugate.
    ///
    /// # Errors
    /// As [`NaturalSvi::step`].
    pub fn bound<B>(&self, batch: &B) -> Result<f64, InferError>
    where
        M: Program<B>,
    {
        let bound =
            self.joint(batch).and_then(|joint| self.moments(&joint, batch)?.bound(&joint.guide));
        bound.map_err(|error| error.at(self.when()))
    }

    fn stepped<B>(&self, batch: &B, rate: f64) -> Result<(Joint, NaturalInfo), InferError>
    where
        M: Program<B>,
    {
        let mut joint = self.joint(batch)?;
        let mut moments = self.moments(&joint, batch)?;
        let bound = moments.bound(&joint.guide)?;
        let fraction = moments.fraction;
        let mut info =
            NaturalInfo { step: self.step, bound, rate, shortened: 0, halvings: 0, fraction };
        for site in names_of(&self.guide).iter().rev() {
            let optimum = moments.optimum(site)?;
            let mut size = rate;
            (joint, moments) = loop {
                let mut moved = joint.clone();
                let shortened = moved.blend(site, &optimum, size)?;
                let there = self.moments(&moved, batch)?;
                if size < SMALLEST * rate || self.rises(&joint, &moments, &moved, &there)? {
                    info.shortened += shortened;
                    break (moved, there);
                }
                (size, info.halvings) = (0.5 * size, info.halvings + 1);
            };
        }
        Ok((joint, info))
    }

    /// Whether a step does not lower the bound, where that is exact: numbers of one site that move together may overshoot.
    fn rises(
        &self,
        joint: &Joint,
        before: &Moments,
        moved: &Joint,
        after: &Moments,
    ) -> Result<bool, InferError> {
        let is_exact = 2 * joint.guide.numbers()? <= self.count(&joint.guide)?;
        if !is_exact || joint.conjugacy.fault().is_some() {
            return Ok(true);
        }
        let (before, after) = (before.bound(&joint.guide)?, after.bound(&moved.guide)?);
        let rounding = if self.noise.place().dtype() == DType::F64 { 1e-10 } else { 1e-5 };
        Ok(after >= before - rounding * before.abs().max(1.0))
    }

    fn noise_of_step(&self) -> Noise {
        self.noise.at_step(self.step).site("natural")
    }

    fn count(&self, joint: &ExponentialFamily) -> Result<usize, GuideError> {
        let exact = 2 * joint.numbers()?.next_power_of_two();
        Ok(self.points.unwrap_or(exact.clamp(2, POINTS)))
    }
}

fn names_of(guide: &ExponentialFamily) -> Vec<String> {
    guide.sites().map(|site: &Site| site.name.to_string()).collect()
}
