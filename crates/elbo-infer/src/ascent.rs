//! What a fit without a learning rate knows of its course.

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use crate::average::Tail;
use crate::compare::Next;
use crate::{Curve, FitEnd, FitInfo, Level, Observer, StopReason, StopRule, Trial};

/// The steps of a trial of a learning rate.
const TRIAL: u64 = 50;

/// The last steps of a trial, whose median bound is its score.
const SCORED: usize = 11;

/// By how much a rate is lowered from one trial to the next, and from one level to the next.
const LOWER: f64 = 0.25;

/// The first rate that is tried.
const HIGHEST: f64 = 0.1;

/// The rate below which none is tried.
const LOWEST: f64 = 1e-7;

/// The steps between two of which the parameters are averaged.
const STRIDE: u64 = 5;

/// The course of a fit: trials of learning rates from one start, and then levels of falling rates, each until the bound has settled, and each
/// from the average of the parameters of the one before. Trials and levels begin with the optimizer as it was before the fit.
#[derive(Clone)]
pub(crate) struct Ascent<T> {
    pub optimizer: ModuleOptimizer,
    /// Where trials, or the present level, start.
    pub(crate) start: T,
    /// The end of the best trial; of a level, where its bound was looked at last.
    pub(crate) best: Option<T>,
    pub(crate) tail: Tail<T>,
    /// What steps go on from, of a fit that ran out of them.
    pub(crate) held: Option<T>,
    /// Whether a step failed by numbers that no lower rate helps.
    pub(crate) is_broken: bool,
    pub numbers: Numbers,
}

/// What of a course are numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Numbers {
    pub rate: f64,
    /// The step of the fit that was the first of this course.
    first: u64,
    pub steps: u64,
    /// The steps of the present trial or level.
    pub taken: u64,
    pub is_searching: bool,
    /// The last bounds of a trial.
    last: Vec<f64>,
    rule: StopRule,
    trials: Vec<Trial>,
    levels: Vec<Level>,
    curve: Curve,
    /// Why the fit ended, once it has.
    pub end: Option<FitEnd>,
    /// What comes next, when it was looked at last.
    pub next: Option<Next>,
    /// What was asked for and could not be done for want of data.
    pub pending: Option<Ask>,
}

impl Numbers {
    /// The step of the fit that comes next.
    pub fn step(&self) -> u64 {
        self.first + self.steps
    }

    /// Tells what has ended, if anything has.
    pub fn tell(&self, ask: Ask, observer: &mut impl Observer) {
        match (ask, self.trials.last(), self.levels.last()) {
            (Ask::EndTrial { .. }, Some(trial), _) => observer.on_trial(trial),
            (Ask::End, ..) if self.taken == 0 || self.is_searching => {}
            (Ask::Settled(_) | Ask::Fell(_) | Ask::Failed | Ask::End, _, Some(level))
                if self.taken == 0 || self.end.is_some() =>
            {
                observer.on_level(level);
            }
            _ => {}
        }
    }

    pub fn info(&self, end: FitEnd) -> FitInfo {
        let mut levels = self.levels.clone();
        if self.end.is_none() && !self.is_searching && self.taken > 0 {
            levels.push(Level { rate: self.rate, steps: self.taken, reason: None, gain: None });
        }
        FitInfo {
            end,
            steps: self.steps,
            trials: self.trials.clone(),
            levels,
            curve: self.curve.clone(),
        }
    }
}

/// What a course asks for after a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// The next step.
    Step,
    /// The end of a trial.
    EndTrial { failed: bool },
    /// A level at a lower rate, since the bound fell.
    Fell(StopReason),
    /// The present level once more, at a lower rate, since a step failed.
    Failed,
    /// The next level, or the end.
    Settled(StopReason),
    /// The end.
    End,
}

impl<T: Module> Ascent<T> {
    /// A course from `start`, by trials if there is no first rate.
    pub fn new(start: T, optimizer: ModuleOptimizer, rate: Option<f64>, first: u64) -> Self {
        let numbers = Numbers {
            rate: rate.unwrap_or(HIGHEST),
            first,
            steps: 0,
            taken: 0,
            is_searching: rate.is_none(),
            last: Vec::new(),
            rule: StopRule::new(),
            trials: Vec::new(),
            levels: Vec::new(),
            curve: Curve::default(),
            end: None,
            next: None,
            pending: None,
        };
        Self {
            optimizer,
            start,
            best: None,
            tail: Tail::default(),
            held: None,
            is_broken: false,
            numbers,
        }
    }

    /// Takes in a step.
    pub fn observe(&mut self, bound: f64, modules: &T) -> Ask {
        let numbers = &mut self.numbers;
        numbers.steps += 1;
        numbers.taken += 1;
        numbers.curve.push(bound);
        if numbers.is_searching {
            if numbers.last.len() == SCORED {
                numbers.last.remove(0);
            }
            numbers.last.push(bound);
            return match numbers.taken == TRIAL {
                true => Ask::EndTrial { failed: false },
                false => Ask::Step,
            };
        }
        if numbers.taken.is_multiple_of(STRIDE) {
            self.tail.push(modules);
        }
        match numbers.rule.observe(bound) {
            None => Ask::Step,
            Some(reason @ StopReason::Settled(_)) => Ask::Settled(reason),
            Some(reason) => Ask::Fell(reason),
        }
    }

    /// Ends a trial at `end`, or in a step that failed; returns where the next trial or level starts.
    ///
    /// Rates are tried from the highest down, as long as that is better.
    pub fn end_trial(&mut self, end: Option<T>) -> T {
        let is_lowest = self.is_lowest();
        let numbers = &mut self.numbers;
        let score = match end {
            Some(_) => median(&mut numbers.last),
            None => f64::NEG_INFINITY,
        };
        let before = numbers.trials.last().copied();
        numbers.trials.push(Trial { rate: numbers.rate, bound: score });
        match before.filter(|before| before.bound > score) {
            None if !is_lowest => {
                self.best = end;
                self.restart(LOWER);
            }
            better => {
                let best = better.map_or(numbers.rate, |better| better.rate);
                let found = if better.is_some() { self.best.take() } else { end };
                self.start = found.unwrap_or_else(|| self.start.clone());
                numbers.is_searching = false;
                self.restart(best / self.numbers.rate);
            }
        }
        self.start.clone()
    }

    /// The average of the parameters of the level.
    pub fn average(&self) -> Option<T> {
        self.tail.average()
    }

    /// Notes the end of a level.
    pub fn note(&mut self, reason: Option<StopReason>, gain: Option<f64>) {
        let (rate, steps) = (self.numbers.rate, self.numbers.taken);
        let gain = gain.filter(|gain| gain.is_finite());
        self.numbers.levels.push(Level { rate, steps, reason, gain });
    }

    /// Begins a level at a lower rate, from `start` if that is given, and else from where the bound of the present one was looked at last.
    pub fn lower(&mut self, start: Option<T>) -> T {
        if let Some(start) = start.or(self.best.take()) {
            self.start = start;
        }
        self.best = None;
        self.restart(LOWER);
        self.start.clone()
    }

    /// The end of the best trial so far.
    pub fn best(&self) -> Option<&T> {
        self.best.as_ref()
    }

    /// Ends for want of steps, which would go on from `last`.
    pub fn run_out(&mut self, last: T) {
        self.held = Some(last);
        self.numbers.end = Some(FitEnd::OutOfSteps);
    }

    /// Undoes [`Ascent::run_out`]; returns what steps go on from.
    pub fn go_on(&mut self) -> Option<T> {
        let held = self.held.take()?;
        self.numbers.end = None;
        if !self.numbers.is_searching && self.numbers.taken > 0 {
            self.numbers.levels.pop(); // which has not ended
        }
        Some(held)
    }

    /// Where the bound of the level was looked at last.
    pub fn looked(&self) -> &T {
        self.best.as_ref().unwrap_or(&self.start)
    }

    /// Goes on with the level until its bound settles once more.
    pub fn look_again(&mut self, modules: T) {
        self.best = Some(modules);
        self.numbers.rule = StopRule::new();
    }

    /// Whether no lower rate is tried.
    pub fn is_lowest(&self) -> bool {
        self.numbers.rate * LOWER < LOWEST
    }

    /// Begins a trial or level at another rate.
    fn restart(&mut self, factor: f64) {
        self.tail = Tail::default();
        let numbers = &mut self.numbers;
        (numbers.rate, numbers.taken) = (numbers.rate * factor, 0);
        numbers.last.clear();
        numbers.rule = StopRule::new();
    }
}

/// The median, the upper one of an even number.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NEG_INFINITY)
}
