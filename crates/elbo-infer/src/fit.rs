//! Fits that need no learning rate.

use burn::module::Module;
use elbo_guide::Guide;
use elbo_model::LogJoint;

use crate::ascent::{Ascent, Ask};
use crate::feed::{Feed, Parted, Whole};
use crate::svi::Modules;
use crate::{Controls, FitConfig, FitEnd, FitInfo, InferError, Objective, Observer, Shuffled, Svi};

/// The draws by which an average is compared.
const COMPARED: usize = 256;

/// The better of the last parameters and their average.
#[derive(Clone, Copy)]
struct Kept {
    /// The bound there.
    bound: f64,
    /// The bound at the average less that at the last parameters.
    gain: f64,
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// Steps on all data until the bound has settled, without a learning rate: see [`FitConfig`]. The schedule of this fit is replaced.
    ///
    /// # Errors
    /// As [`Svi::step`], those of [`Checkpoints`](crate::Checkpoints), and [`InferError::Setting`] for a configuration out of range. A step that fails because of
    /// the learning rate is no error.
    pub fn fit<B>(
        &mut self,
        data: &B,
        config: &FitConfig,
        observer: &mut impl Observer,
    ) -> Result<FitInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.fit_on(&mut Whole(data), config, observer)
    }

    /// The same on shuffled minibatches, which `make` makes of the positions of their rows.
    ///
    /// # Errors
    /// As [`Svi::fit`], [`InferError::MinibatchWithoutPlate`], and [`InferError::Data`] if `make` fails.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_guide::MeanField;
    /// use elbo_infer::{FitConfig, Shuffled, StickingTheLanding, Svi};
    /// use elbo_model::{Layout, Model, Subsample, Trace};
    ///
    /// fn mean(t: &mut Trace, x: &Tensor<2>) {
    ///     let mu = t.sample("mu", Normal::new(0.0, 1.0));
    ///     let rows = Subsample { total: 40, batch: x.dims()[1] };
    ///     t.plate("rows", rows, |t| t.observe("x", Normal::new(mu, 1.0), x.clone()));
    /// }
    ///
    /// let device = Device::flex();
    /// let mut noise = Noise::new(0, &device);
    /// let batch = |rows: &[usize]| {
    ///     let x = rows.iter().map(|row| (row % 4) as f32).collect::<Vec<_>>();
    ///     let x = Tensor::<1>::from_floats(x.as_slice(), &device);
    ///     Ok::<_, std::convert::Infallible>(x.reshape([1, rows.len()]))
    /// };
    /// let first = batch(&[0, 1, 2, 3]).unwrap();
    /// let layout = Layout::discover(&mean, &first, &noise).unwrap();
    /// let guide = MeanField::new(&layout, &mean, &first, &mut noise).unwrap();
    /// let mut order = Shuffled::new(40, 10, &noise).unwrap();
    /// let mut svi = Svi::new(Model::new(mean), guide, StickingTheLanding, noise).with_particles(16);
    /// let info = svi.fit_batches(&mut order, batch, &FitConfig::new(), &mut ()).unwrap();
    /// // The posterior is N(60 / 41, 1 / 41).
    /// let (_, guide) = svi.into_parts();
    /// assert!((guide.loc().into_scalar::<f32>() - 60.0 / 41.0).abs() < 0.05);
    /// ```
    pub fn fit_batches<B, E>(
        &mut self,
        order: &mut Shuffled,
        make: impl FnMut(&[usize]) -> Result<B, E>,
        config: &FitConfig,
        observer: &mut impl Observer,
    ) -> Result<FitInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
        E: std::error::Error + Send + Sync + 'static,
    {
        self.fit_on(&mut Parted { order, make }, config, observer)
    }

    fn fit_on<B>(
        &mut self,
        feed: &mut impl Feed<B>,
        config: &FitConfig,
        observer: &mut impl Observer,
    ) -> Result<FitInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        config.check()?;
        self.begin(config)?;
        while self.ascent().numbers.end.is_none() {
            if config.interrupt.is_set() {
                self.save(config, observer)?;
                let info = self.ascent().numbers.info(FitEnd::Interrupted);
                observer.on_end(&info);
                return Ok(info);
            }
            let ask = match feed.step(self) {
                Ok(info) => {
                    observer.on_step(&info);
                    self.observe(info.bound, config)
                }
                Err(error) => match self.stumble(&error) {
                    Some(ask) => ask,
                    None => return Err(self.dumped(error, config)?),
                },
            };
            self.turn(ask, feed, config)?;
            self.ascent().numbers.tell(ask, observer);
            if let Some((_, every)) = &config.checkpoints
                && self.step.is_multiple_of(*every)
            {
                self.save(config, observer)?;
            }
        }
        self.save(config, observer)?;
        let ascent = self.ascent.take().expect("a fit has a course");
        let info = ascent.numbers.info(ascent.numbers.end.unwrap_or(FitEnd::Settled));
        observer.on_end(&info);
        Ok(info)
    }

    /// Goes on with the course under way, that of the newest checkpoint, or a new one.
    fn begin(&mut self, config: &FitConfig) -> Result<(), InferError> {
        if let Some((checkpoints, _)) = &config.checkpoints
            && self.ascent.is_none()
            && let Some(record) = checkpoints.newest()?
        {
            self.load_record(record)?;
        }
        if self.ascent.is_none() {
            let start = self.all_modules().clone();
            let ascent = Ascent::new(start, self.optimizer.clone(), config.rate);
            self.ascent = Some(Box::new(ascent));
        }
        self.schedule = self.ascent().numbers.rate.into();
        Ok(())
    }

    fn ascent(&self) -> &Ascent<Modules<M, G, C>> {
        self.ascent.as_ref().expect("a fit has a course")
    }

    fn ascent_mut(&mut self) -> &mut Ascent<Modules<M, G, C>> {
        self.ascent.as_mut().expect("a fit has a course")
    }

    /// Takes in the bound of a step.
    fn observe(&mut self, bound: f64, config: &FitConfig) -> Ask {
        let modules = self.modules.as_ref().expect("a step puts the modules back");
        let ascent = self.ascent.as_mut().expect("a fit has a course");
        match ascent.observe(bound, modules) {
            Ask::Step if ascent.numbers.steps >= config.most => Ask::End,
            ask => ask,
        }
    }

    /// What is asked for after a step that failed: a lower rate, if the rate can be the reason.
    fn stumble(&self, error: &InferError) -> Option<Ask> {
        let ascent = self.ascent();
        let is_diverged = matches!(error, InferError::Diverged { .. });
        let is_of_the_rate = is_diverged || error.when().is_some() && ascent.numbers.taken > 0;
        let ask = match ascent.numbers.is_searching {
            true => Ask::EndTrial { failed: true },
            false => Ask::Failed,
        };
        (is_of_the_rate && !ascent.is_lowest()).then_some(ask)
    }

    /// The error, with a dump of its step beside the checkpoints.
    fn dumped(&self, error: InferError, config: &FitConfig) -> Result<InferError, InferError> {
        if let Some((checkpoints, _)) = &config.checkpoints
            && let Some(dump) = self.dump(&error)
        {
            dump.save(&checkpoints.dump_path(self.step))?;
        }
        Ok(error)
    }

    /// Goes on as asked.
    fn turn<B>(
        &mut self,
        ask: Ask,
        feed: &mut impl Feed<B>,
        config: &FitConfig,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        match ask {
            Ask::Step => {}
            Ask::EndTrial { failed } => {
                let end = (!failed).then(|| self.all_modules().clone());
                let start = self.ascent_mut().end_trial(end);
                self.go(start);
            }
            Ask::Fell(reason) => {
                let kept = self.take_average(feed)?;
                self.ascent_mut().note(Some(reason), kept.map(|kept| kept.gain));
                // What it fell from may still be far above where it started.
                let has_risen = kept.is_some_and(|kept| self.has_risen(feed, kept.bound, 0.0));
                let start = has_risen.then(|| self.all_modules().clone());
                let start = self.ascent_mut().lower(start);
                self.go(start);
            }
            Ask::Failed => {
                self.ascent_mut().note(None, None);
                let start = self.ascent_mut().lower(None);
                self.go(start);
            }
            Ask::Settled(reason) => {
                let kept = self.take_average(feed)?;
                let is_on_its_way = kept.is_some_and(|kept| {
                    kept.gain < -config.tolerance
                        && self.has_risen(feed, kept.bound, config.tolerance)
                });
                if is_on_its_way {
                    let modules = self.all_modules().clone();
                    self.ascent_mut().look_again(modules);
                    return Ok(());
                }
                let gain = kept.map(|kept| kept.gain);
                self.ascent_mut().note(Some(reason), gain);
                let is_even = gain.is_none_or(|gain| gain.abs() <= config.tolerance);
                if is_even || self.ascent().is_lowest() {
                    self.ascent_mut().numbers.end = Some(FitEnd::Settled);
                    return Ok(());
                }
                let start = self.all_modules().clone();
                let start = self.ascent_mut().lower(Some(start));
                self.go(start);
            }
            Ask::End => {
                let kept = self.take_average(feed)?;
                self.ascent_mut().note(None, kept.map(|kept| kept.gain));
                self.ascent_mut().numbers.end = Some(FitEnd::OutOfSteps);
            }
        }
        Ok(())
    }

    /// Goes on from `start`, at the present rate.
    fn go(&mut self, start: Modules<M, G, C>) {
        let ascent = self.ascent();
        let (optimizer, rate) = (ascent.optimizer.clone(), ascent.numbers.rate);
        (self.modules, self.optimizer, self.schedule) = (Some(start), optimizer, rate.into());
    }

    /// Puts the average of the parameters in their place if the bound is higher there by the same draws.
    fn take_average<B>(&mut self, feed: &mut impl Feed<B>) -> Result<Option<Kept>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Some(average) = self.ascent().average() else { return Ok(None) };
        let before = self.bounds(feed)?;
        let last = self.modules.replace(average);
        // An average of parameters may lie where there is no bound.
        let after = self.bounds(feed).unwrap_or(f64::NEG_INFINITY);
        if after < before {
            self.modules = last;
        }
        Ok(Some(Kept { bound: after.max(before), gain: after - before }))
    }

    /// Whether the present bound is higher than where it was looked at before, by the same draws.
    fn has_risen<B>(&mut self, feed: &mut impl Feed<B>, now: f64, tolerance: f64) -> bool
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let modules = self.modules.replace(self.ascent().looked().clone());
        let before = self.bounds(feed).unwrap_or(f64::NEG_INFINITY);
        self.modules = modules;
        now - before > tolerance
    }

    /// The mean bound at the present parameters, by draws that do not depend on them.
    fn bounds<B>(&self, feed: &mut impl Feed<B>) -> Result<f64, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let noise = self.noise.at_step(self.step).site("compared");
        let plan = self.objective.plan();
        let times = COMPARED.div_ceil(self.particles) as u64;
        let mut sum = 0.0;
        for time in 0..times {
            sum += feed.with(self.step + time, |batch| {
                let terms = self.terms(batch, &plan, noise.at_step(time), false)?;
                let estimate = self.estimate(&terms, self.members::<B>())?;
                self.finite(estimate.bound.into_scalar(), &terms)
            })?;
        }
        Ok(sum / times as f64)
    }

    fn save(&self, config: &FitConfig, observer: &mut impl Observer) -> Result<(), InferError> {
        if let Some((checkpoints, _)) = &config.checkpoints {
            checkpoints.save(self.to_record())?;
            observer.on_checkpoint(self.step);
        }
        Ok(())
    }
}
