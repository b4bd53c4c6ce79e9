//! Fits that need no learning rate.

use burn::module::Module;
use elbo_guide::Guide;
use elbo_model::LogJoint;

use crate::ascent::{Ascent, Ask};
use crate::feed::{Feed, Parted, Whole};
use crate::svi::Modules;
use crate::{Ascends, Controls, FitConfig, FitEnd, FitInfo, InferError, Observer, Shuffled, Svi};

impl<M: Module, G: Module, O: Ascends, C: Module> Svi<M, G, O, C> {
    /// Steps on all data until the bound has settled, without a learning rate: see [`FitConfig`]. The schedule of this fit is replaced.
    ///
    /// A fit that was interrupted, or ran out of steps, goes on when it is called again.
    ///
    /// # Errors
    /// As [`Svi::step`], those of [`Checkpoints`](crate::Checkpoints), [`InferError::Setting`] for a configuration out of range,
    /// those of [`Ascends::check_ascent`], and, where it goes on, [`InferError::CheckpointBehind`], [`InferError::OtherSeed`] and
    /// [`InferError::OtherFit`]; this fit is then as before the call. A step that fails because of the learning rate is no error.
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
    /// As [`Svi::fit`], [`InferError::MinibatchWithoutPlate`], [`InferError::MinibatchTotal`] if no plate is of as many elements as there are rows,
    /// and [`InferError::Data`] if `make` fails.
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
        self.objective.check_ascent()?;
        self.begin(feed, config)?;
        loop {
            let end = self.ascent().numbers.end;
            let interrupted = config.interrupt.is_set().then_some(FitEnd::Interrupted);
            if let Some(end) = end.or(interrupted) {
                return self.pause(end, feed, config, observer);
            }
            let pending = self.ascent_mut().numbers.pending.take();
            let ask = match pending.filter(|ask| *ask != Ask::End) {
                Some(ask) => ask,
                None if self.ascent().numbers.steps >= config.most => Ask::End,
                None => self.next(feed, config, observer)?,
            };
            self.ascent_mut().numbers.pending = Some(ask); // if data cannot be read
            self.turn(ask, feed, config)?;
            self.ascent_mut().numbers.pending = None;
            self.ascent().numbers.tell(ask, observer);
            if config
                .checkpoints
                .as_ref()
                .is_some_and(|(_, every)| self.step.is_multiple_of(*every))
            {
                self.save(feed, config, observer)?;
            }
        }
    }

    /// Goes on with the course under way, that of the newest checkpoint, or a new one.
    fn begin<B>(&mut self, feed: &mut impl Feed<B>, config: &FitConfig) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        // Steps by hand since then have left it, and what numbers led to is not to be gone on from.
        let ascent = self.ascent.take();
        self.ascent =
            ascent.filter(|ascent| ascent.numbers.step() == self.step && !ascent.is_broken);
        match &self.ascent {
            Some(ascent) => self.check_next(ascent.numbers.next.as_ref(), feed)?,
            None => self.load_newest(feed, config)?,
        }
        match &mut self.ascent {
            None => {
                let start = self.all_modules().clone();
                let ascent = Ascent::new(start, self.optimizer.clone(), config.rate, self.step);
                self.ascent = Some(Box::new(ascent));
                self.checked = false; // the data may be others than those of the steps before
            }
            Some(ascent) if ascent.numbers.steps < config.most => {
                self.modules = ascent.go_on().or(self.modules.take());
            }
            Some(_) => {}
        }
        self.schedule = self.ascent().numbers.rate.into();
        Ok(())
    }

    /// Loads the newest checkpoint, if there is one and it is of this fit; else nothing is changed.
    fn load_newest<B>(
        &mut self,
        feed: &mut impl Feed<B>,
        config: &FitConfig,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Some((checkpoints, _)) = &config.checkpoints else { return Ok(()) };
        let Some(record) = checkpoints.newest()? else { return Ok(()) };
        if record.step() < self.step {
            let path = checkpoints.path(record.step());
            return Err(InferError::CheckpointBehind { path, step: self.step });
        }
        let (recorded, found) = (record.seed(), self.noise.state().seed);
        if recorded != found {
            return Err(InferError::OtherSeed { recorded, found });
        }
        let before = self.state();
        self.load_record(record)?;
        let Some(ascent) = &self.ascent else { return Ok(()) };
        let checked = self.check_next(ascent.numbers.next.as_ref(), feed);
        if checked.is_err() {
            self.put_back(before);
        }
        checked
    }

    /// Leaves the fit as it is, so that another call goes on, or finds that it has ended.
    fn pause<B>(
        &mut self,
        end: FitEnd,
        feed: &mut impl Feed<B>,
        config: &FitConfig,
        observer: &mut impl Observer,
    ) -> Result<FitInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let goes_on = matches!(end, FitEnd::Interrupted | FitEnd::OutOfSteps);
        let next = match (goes_on, &config.checkpoints) {
            (true, _) => self.next_bounds(1, feed).map(Some),
            // All that such a fit is held against ever again.
            (false, Some(_)) => self.next_bounds(feed.batches(), feed).map(Some),
            (false, None) => Ok(None),
        };
        self.ascent_mut().numbers.next = next.as_ref().ok().cloned().flatten();
        self.write(config, observer)?; // also where data cannot be read
        next?;
        let info = self.ascent().numbers.info(end);
        if !goes_on {
            self.ascent = None;
        }
        observer.on_end(&info);
        Ok(info)
    }

    pub(crate) fn ascent(&self) -> &Ascent<Modules<M, G, C>> {
        self.ascent.as_ref().expect("a fit has a course")
    }

    pub(crate) fn ascent_mut(&mut self) -> &mut Ascent<Modules<M, G, C>> {
        self.ascent.as_mut().expect("a fit has a course")
    }

    /// Takes a step; returns what is asked for after it.
    fn next<B>(
        &mut self,
        feed: &mut impl Feed<B>,
        config: &FitConfig,
        observer: &mut impl Observer,
    ) -> Result<Ask, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let error = match feed.step(self) {
            Ok(info) => {
                observer.on_step(&info);
                self.ascent_mut().numbers.next = None; // of the step that was taken
                let modules = self.modules.as_ref().expect("a step puts the modules back");
                let ascent = self.ascent.as_mut().expect("a fit has a course");
                return Ok(ascent.observe(info.bound, modules));
            }
            Err(error) => error,
        };
        let ask = self.stumble(&error);
        if ask.is_none() {
            self.dump_beside(&error, config);
            self.ascent_mut().is_broken = error.is_numeric();
        }
        ask.ok_or(error)
    }

    /// What is asked for after a step that failed: a lower rate, if the rate can be the reason.
    fn stumble(&self, error: &InferError) -> Option<Ask> {
        let ascent = self.ascent();
        let is_diverged = matches!(error, InferError::Diverged { .. });
        let is_of_the_rate = is_diverged || error.is_numeric() && ascent.numbers.taken > 0;
        let ask = match ascent.numbers.is_searching {
            true => Ask::EndTrial { failed: true },
            false => Ask::Failed,
        };
        (is_of_the_rate && !ascent.is_lowest()).then_some(ask)
    }

    /// Writes a dump of the step beside the checkpoints.
    fn dump_beside(&self, error: &InferError, config: &FitConfig) {
        if let Some((checkpoints, _)) = &config.checkpoints
            && let Some(dump) = self.dump(error)
        {
            // What went wrong in the step is to be told, whatever the disk says: `Svi::dump` has the same still.
            let _ = dump.save(&checkpoints.dump_path(self.step));
        }
    }

    fn save<B>(
        &mut self,
        feed: &mut impl Feed<B>,
        config: &FitConfig,
        observer: &mut impl Observer,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.ascent_mut().numbers.next = Some(self.next_bounds(1, feed)?);
        self.write(config, observer)
    }

    fn write(&self, config: &FitConfig, observer: &mut impl Observer) -> Result<(), InferError> {
        if let Some((checkpoints, _)) = &config.checkpoints {
            checkpoints.save(self.to_record())?;
            observer.on_checkpoint(self.step);
        }
        Ok(())
    }
}
