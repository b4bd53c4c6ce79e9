//! One step of a fit.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use elbo_dist::Noise;
use elbo_guide::{Draw, Guide};
use elbo_model::{
    ControlVariate, Estimator, Latents, LogJoint, LogTerms, ModelGradient, Names, Order, Plan,
    Term, check_same_outside,
};

use crate::gradients;
use crate::rebar::Relaxed;
use crate::{Controls, Estimate, InferError, Memory, Objective, StepInfo, Svi, Terms};

/// How a step's batch is taken.
pub(crate) struct Batch {
    /// Whether there are others in its epoch.
    pub is_part: bool,
    /// Whether data and guide are to be checked.
    pub check: bool,
    /// The rows of an epoch, if they are known.
    pub total: Option<usize>,
}

/// The learning rate times the gradient's norm (or 1 if that is larger) up to which no optimizer of
/// Burn's or ours leaves the finite numbers.
const LONG_STEP: f64 = 1e6;

/// Checks that a plate of which a part is at hand has as many elements as the data have rows.
fn check_total(terms: &Terms, total: usize) -> Result<(), InferError> {
    let plates: Vec<_> = terms.log_p.subsampled().collect();
    if plates.is_empty() || plates.iter().any(|plate| plate.total == total) {
        return Ok(());
    }
    let mut told: Vec<_> =
        plates.iter().map(|plate| format!("{} of {}", plate.name, plate.total)).collect();
    told.dedup();
    Err(InferError::MinibatchTotal { total, plates: Names(told) })
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    pub(crate) fn step_on<B>(&mut self, batch: &B, which: Batch) -> Result<StepInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.check_settings()?;
        let terms =
            self.terms(batch, &self.objective.plan(), self.noise.at_step(self.step), which.check)?;
        if which.is_part && terms.log_p.subsampled().next().is_none() {
            return Err(InferError::MinibatchWithoutPlate);
        }
        if let Some(total) = which.total {
            check_total(&terms, total)?;
        }
        let look = which.check || self.is_loaded;
        let sites = if look { self.new_sites(&terms)? } else { Vec::new() };
        let fraction = terms.log_p.iter().map(Term::scale).fold(1.0, f64::max).recip();
        let Estimate { loss, bound, memory } = self.estimate(&terms, self.members::<B>())?;
        let bound = self.finite(bound.into_scalar(), &terms).map_err(|error| {
            // Once more, and this time distributions are checked, so that the error names what was not finite first.
            self.cause(batch).unwrap_or(error)
        })?;
        drop(terms);
        let largest_part = self.largest_part.max(fraction);
        let weight = if which.is_part { fraction / largest_part } else { 1.0 };
        let loss = if weight == 1.0 { loss } else { loss * weight };
        let info = self.descend(loss, bound, fraction, memory);
        let info = info.map_err(|error| self.with_site(error, batch))?;
        self.largest_part = largest_part;
        self.sites.extend(sites);
        self.is_loaded = false;
        Ok(info)
    }

    /// The number of fits that the guide holds at once.
    pub(crate) fn members<B>(&self) -> usize
    where
        G: Guide<B>,
    {
        self.modules().1.members()
    }

    /// The estimate of the objective: of several fits at once the sum of their losses, and the mean of their bounds.
    pub(crate) fn estimate(&self, terms: &Terms, members: usize) -> Result<Estimate, InferError> {
        if members == 1 {
            return self.objective.estimate(terms);
        }
        if self.objective.is_mean() && terms.is_pathwise() {
            let Estimate { loss, bound, .. } = self.objective.estimate(terms)?;
            return Ok(Estimate::new(loss * members as f64, bound));
        }
        let mut sum: Option<Estimate> = None;
        for member in 0..members {
            let found = self.objective.estimate(&terms.of_member(member, members))?;
            sum = Some(match sum {
                None => found,
                Some(sum) => Estimate::new(sum.loss + found.loss, sum.bound + found.bound),
            });
        }
        let Estimate { loss, bound, .. } = sum.expect("a guide has a member");
        Ok(Estimate::new(loss, bound * (members as f64).recip()))
    }

    /// A step down the gradient of `loss`.
    pub(crate) fn descend(
        &mut self,
        loss: Tensor<1>,
        bound: f64,
        fraction: f64,
        memory: Memory,
    ) -> Result<StepInfo, InferError> {
        if !loss.is_tracked() {
            return Err(InferError::NothingToTrain);
        }
        let mut gradients = GradientsParams::from_grads(loss.backward(), self.all_modules());
        self.check_controls(&gradients)?;
        let gradient_norm = self.clip(&mut gradients)?;
        let learning_rate = self.update(gradients, gradient_norm)?;
        let info = StepInfo { step: self.step, bound, gradient_norm, learning_rate, fraction };
        self.memory.absorb(memory);
        self.step += 1;
        Ok(info)
    }

    /// Takes the optimizer's step; returns the learning rate.
    ///
    /// A step that may be long enough to leave the finite numbers is checked before it is kept: the
    /// others would pay for the copy, and for the wait for the device.
    fn update(&mut self, gradients: GradientsParams, norm: f64) -> Result<f64, InferError> {
        let mut schedule = self.schedule.clone();
        let rates = schedule.step();
        let rate = rates.base();
        if !(rate.is_finite() && rate >= 0.0) {
            return Err(InferError::LearningRate { when: self.when(), rate });
        }
        let modules = self.modules.take().expect("a step puts the modules back");
        let is_long = rate * norm.max(1.0) > LONG_STEP;
        let last_good = is_long.then(|| (modules.clone(), self.optimizer.clone()));
        let modules = self.optimizer.step(rates, modules, gradients);
        if let Some((last_good, optimizer)) = last_good
            && let Some(parameter) = gradients::parameter_fault(&modules.0)
        {
            (self.modules, self.optimizer) = (Some(last_good), optimizer);
            return Err(InferError::Diverged { when: self.when(), parameter, rate });
        }
        (self.modules, self.schedule) = (Some(modules), schedule);
        Ok(rate)
    }

    pub(crate) fn check_settings(&self) -> Result<(), InferError> {
        if self.particles == 0 {
            return Err(InferError::NoParticles);
        }
        if let Some(norm) = self.max_gradient_norm.filter(|norm| norm.is_nan() || *norm <= 0.0) {
            return Err(InferError::MaxGradientNorm(norm));
        }
        match self.step {
            0 => self.check_parameters(),
            _ => Ok(()),
        }
    }

    /// Checks that the parameters lie where the noise does, and that each has an identity of its own.
    fn check_parameters(&self) -> Result<(), InferError> {
        if let Some((parameter, found)) = gradients::astray(self.modules(), self.noise.place()) {
            let expected = self.noise.place().clone();
            return Err(InferError::ParameterPlace { parameter, found, expected });
        }
        match gradients::twins(self.all_modules()) {
            Some([first, second]) => Err(InferError::SharedParameter { first, second }),
            None => Ok(()),
        }
    }

    /// The terms of a step with this noise.
    pub(crate) fn terms<'a, B>(
        &'a self,
        batch: &'a B,
        plan: &Plan,
        noise: Noise,
        check: bool,
    ) -> Result<Terms<'a>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let (model, guide) = self.modules();
        if check && guide.members() > 1 && gradients::has_trained(model) {
            return Err(InferError::SharedModel { restarts: guide.members() });
        }
        let draw = self.drawn(batch, plan, noise)?;
        let Draw { latents, log_q } = &draw;
        if check {
            self.check_draw(batch, &draw)?;
        }
        let particles = latents.particles().max(self.particles * guide.members());
        let (log_p, log_p_of_draws) = self.log_joints(batch, plan, latents)?;
        let relaxed = Relaxed::of(&draw, |latents| Ok(model.valid().log_joint(latents, batch)?));
        let relaxed = relaxed.map_err(|error| self.at_step(error))?;
        let terms = Terms {
            step: self.step,
            log_p_of_draws,
            memory: self.memory.clone(),
            relaxed,
            dependencies: self.dependencies.clone(),
            check,
            ..Terms::new(log_p, log_q.clone())
        };
        terms.check_form(particles, latents.place())?;
        Ok(self.controlled(terms, batch))
    }

    /// The log-joint by the plan, and that of the draws alone where it takes two.
    fn log_joints<B>(
        &self,
        batch: &B,
        plan: &Plan,
        latents: &Latents,
    ) -> Result<(LogTerms, Option<LogTerms>), InferError>
    where
        M: LogJoint<B>,
    {
        let model = &self.modules().0;
        let constant = || model.valid();
        let log_joint = |model: &M, latents: &Latents| {
            model.log_joint(latents, batch).map_err(|error| self.at_step(error))
        };
        Ok(match plan.model() {
            ModelGradient::Joint => (log_joint(model, latents)?, None),
            ModelGradient::None => (log_joint(&constant(), latents)?, None),
            ModelGradient::Split => {
                let of_draws = log_joint(&constant(), latents)?;
                (log_joint(model, &latents.constant())?, Some(of_draws))
            }
        })
    }

    /// The terms with the control variates that are trained.
    fn controlled<'a, B>(&'a self, mut terms: Terms<'a>, batch: &'a B) -> Terms<'a>
    where
        C: Controls<B>,
    {
        let controls = &self.all_modules().1;
        // What is evaluated and not used would never leave the graph of the controls' parameters.
        let trained = Estimator::ScoreFunction(ControlVariate::Baseline);
        let log_q = terms.log_q.clone();
        for term in log_q.iter().filter(|term| term.estimator.estimator == trained) {
            if let Some(baseline) = controls.baseline(&term.site, batch) {
                terms = terms.with_baseline(&term.site, baseline);
            }
        }
        terms.network = Some(Box::new(move |site, noise| {
            let found = controls.network(site, batch, noise);
            found.ok_or_else(|| InferError::NoNetwork { site: site.to_string() })
        }));
        terms
    }

    /// The guide's draws, as objectives and programs want them.
    fn drawn<B>(&self, batch: &B, plan: &Plan, mut noise: Noise) -> Result<Draw, InferError>
    where
        G: Guide<B>,
    {
        let guide = &self.modules().1;
        let draw = guide.draw(batch, self.particles, plan, &mut noise);
        let mut draw = draw.map_err(|error| self.at_step(error))?;
        draw.log_q = draw.log_q.map(|term| match plan.holds(&term.site) {
            false => term,
            true => term.constant(),
        });
        draw.latents = draw.latents.with_noise(noise.site("program"));
        if plan.has_redraws() && draw.log_q.order() == Order::Independent {
            draw.latents = draw.latents.with_distributions(&draw.log_q);
        }
        Ok(draw)
    }

    /// Checks data and parameters against their supports and domains, and that what is enumerated reaches no further than it may.
    fn check_draw<B>(&self, batch: &B, draw: &Draw) -> Result<(), InferError>
    where
        M: LogJoint<B>,
    {
        let model = &self.modules().0;
        let constant = draw.latents.constant();
        let checked = model.valid().check(&constant, batch);
        let terms = checked.map_err(|error| self.at_step(error))?;
        let sites = draw.log_q.enumerated();
        if !sites.is_empty() {
            let turned = constant.in_turns(sites);
            let turned = model.valid().log_joint(&turned, batch);
            check_same_outside(&terms, &turned.map_err(|error| self.at_step(error))?, sites)?;
        }
        Ok(())
    }

    /// The gradient's norm; the gradient is scaled down if that is larger than it may be.
    fn clip(&self, gradients: &mut GradientsParams) -> Result<f64, InferError> {
        let modules = self.modules();
        let mut norm = gradients::norm(modules, gradients);
        if !norm.is_finite() {
            if let Some(fault) = gradients::fault(modules, gradients) {
                return Err(self.of_gradient(fault));
            }
            norm = gradients::norm_on_host(modules, gradients); // its square was too large
        }
        if let Some(longest) = self.max_gradient_norm.filter(|longest| norm > *longest) {
            gradients::scale(modules, gradients, longest / norm);
        }
        Ok(norm)
    }
}
