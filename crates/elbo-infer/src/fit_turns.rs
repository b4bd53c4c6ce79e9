//! What a fit without a learning rate does between its steps.

use burn::module::Module;
use elbo_guide::Guide;
use elbo_model::LogJoint;

use crate::ascent::Ask;
use crate::compare::{Compared, Comparison};
use crate::feed::Feed;
use crate::svi::Modules;
use crate::{Ascends, Controls, FitConfig, FitEnd, InferError, StopReason, Svi};

impl<M: Module, G: Module, O: Ascends, C: Module> Svi<M, G, O, C> {
    /// Goes on as asked.
    pub(crate) fn turn<B>(
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
            Ask::Failed => {
                self.ascent_mut().note(None, None);
                let start = self.ascent_mut().lower(None);
                self.go(start);
            }
            Ask::Fell(reason) => self.fall_back(reason, feed)?,
            Ask::Settled(reason) => self.settle(reason, feed, config.tolerance)?,
            Ask::End => self.run_out(feed)?,
        }
        Ok(())
    }

    /// Begins a level at a lower rate, where the bound is higher than before it fell; ends if there is none.
    fn fall_back<B>(
        &mut self,
        reason: StopReason,
        feed: &mut impl Feed<B>,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let compared = self.compared(feed)?;
        // What it fell from may still be far above where it started.
        let has_risen = match &compared {
            Some(compared) => self.has_risen(feed, &compared.bounds, 0.0)?,
            None => false,
        };
        let gain = self.take(compared);
        self.ascent_mut().note(Some(reason), gain);
        let start = has_risen.then(|| self.all_modules().clone());
        if self.ascent().is_lowest() {
            let start = start.unwrap_or_else(|| self.ascent().looked().clone());
            self.go(start);
            self.ascent_mut().numbers.end = Some(FitEnd::Falling);
            return Ok(());
        }
        let start = self.ascent_mut().lower(start);
        self.go(start);
        Ok(())
    }

    /// Ends where averages gain nothing; goes on at the present rate where they lose, and else at a lower one.
    fn settle<B>(
        &mut self,
        reason: StopReason,
        feed: &mut impl Feed<B>,
        tolerance: f64,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let compared = self.compared(feed)?;
        if let Some(compared) = compared.as_ref().filter(|compared| compared.gain < -tolerance)
            && self.has_risen(feed, &compared.bounds, tolerance)?
        {
            let modules = self.all_modules().clone();
            self.ascent_mut().look_again(modules);
            return Ok(());
        }
        let gain = self.take(compared);
        self.ascent_mut().note(Some(reason), gain);
        let is_even = gain.is_none_or(|gain| gain.abs() <= tolerance);
        if is_even || self.ascent().is_lowest() {
            self.ascent_mut().numbers.end = Some(FitEnd::Settled);
            return Ok(());
        }
        let start = self.all_modules().clone();
        let start = self.ascent_mut().lower(Some(start));
        self.go(start);
        Ok(())
    }

    /// Ends at the best that is known, and keeps what steps would go on from.
    fn run_out<B>(&mut self, feed: &mut impl Feed<B>) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let last = self.all_modules().clone();
        if self.ascent().numbers.is_searching {
            let best = self.ascent().best().unwrap_or(&last).clone();
            self.modules = Some(best);
        } else if self.ascent().numbers.taken > 0 {
            let compared = self.compared(feed)?;
            let bounds = match &compared {
                Some(compared) => compared.bounds.clone(),
                None => self.bounds(feed)?,
            };
            let has_risen = self.has_risen(feed, &bounds, 0.0)?;
            let gain = self.take(compared);
            self.ascent_mut().note(None, gain);
            if !has_risen {
                self.modules = Some(self.ascent().looked().clone());
            }
        }
        self.ascent_mut().run_out(last);
        Ok(())
    }

    /// Puts the average in the place of the parameters if it is better; returns by how much it is.
    fn take(&mut self, compared: Comparison<M, G, C>) -> Option<f64> {
        let Compared { better, gain, .. } = compared?;
        self.modules = better.or(self.modules.take());
        Some(gain)
    }

    /// Goes on from `start`, at the present rate.
    fn go(&mut self, start: Modules<M, G, C>) {
        let ascent = self.ascent();
        let (optimizer, rate) = (ascent.optimizer.clone(), ascent.numbers.rate);
        (self.modules, self.optimizer, self.schedule) = (Some(start), optimizer, rate.into());
        self.ascent_mut().numbers.next = None; // of other parameters
    }
}
