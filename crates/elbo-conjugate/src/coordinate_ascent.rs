//! Sweeps over factors.

use serde::{Deserialize, Serialize};

use crate::{CoordinateError, Coordinates};

/// Coordinate ascent: sweeps that set each factor in turn to its optimum given the others, until a sweep gains less than the tolerance.
///
/// No update lowers the bound, so a bound that falls is an error: the update or the bound is wrong.
///
/// # Example
/// `z₁ ~ N(0, 1)`, `z₂ ~ N(z₁, 1)`, `x ~ N(z₂, 1)`: the optimum of a factor has the variance ½ and the mean of its neighbours.
/// ```
/// use std::convert::Infallible;
/// use std::f64::consts::PI;
///
/// use elbo_conjugate::{CoordinateAscent, Coordinates};
///
/// /// The means of `z₁` and `z₂`.
/// struct Chain([f64; 2]);
///
/// impl Coordinates<f64> for Chain {
///     type Error = Infallible;
///
///     fn factors(&self) -> usize {
///         2
///     }
///
///     fn update(&mut self, factor: usize, x: &f64) -> Result<(), Infallible> {
///         let [m1, m2] = self.0;
///         self.0[factor] = if factor == 0 { m2 / 2.0 } else { (m1 + x) / 2.0 };
///         Ok(())
///     }
///
///     fn bound(&self, x: &f64) -> Result<f64, Infallible> {
///         let [m1, m2] = self.0;
///         let squares = m1 * m1 + 0.5 + (m2 - m1).powi(2) + 1.0 + (x - m2).powi(2) + 0.5;
///         Ok(-0.5 * squares - 1.5 * (2.0 * PI).ln() + (PI).ln() + 1.0) // and two entropies ½ log(2πe ½)
///     }
/// }
///
/// let mut chain = Chain([0.0, 0.0]);
/// let info = CoordinateAscent::new().run(&mut chain, &1.0, |_, _| ()).unwrap();
/// assert!((chain.0[0] - 1.0 / 3.0).abs() < 1e-4 && (chain.0[1] - 2.0 / 3.0).abs() < 1e-4);
/// assert!((info.bound() + 1.778_752).abs() < 1e-6);
/// ```
///
/// # References
/// Bishop (2006), *Pattern recognition and machine learning*, section 10.1.1; Blei, Kucukelbir & McAuliffe (2017), *Variational inference: a
/// review for statisticians*, algorithm 1; Neal & Hinton (1998) for expectation-maximization as one of its kinds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoordinateAscent {
    tolerance: f64,
    rounding: f64,
    most: usize,
    each: bool,
}

impl Default for CoordinateAscent {
    fn default() -> Self {
        Self { tolerance: 1e-8, rounding: 1e-10, most: 1000, each: false }
    }
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoordinateInfo {
    /// Why it ended.
    pub end: CoordinateEnd,
    /// The bound before the first sweep, and after each, in nats.
    pub bounds: Vec<f64>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CoordinateEnd {
    /// The last sweep gained less than the tolerance.
    Converged,
    /// It took as many sweeps as it may.
    OutOfSweeps,
}

impl CoordinateInfo {
    /// The last bound, in nats.
    pub fn bound(&self) -> f64 {
        self.bounds.last().copied().unwrap_or(f64::NAN)
    }

    /// The sweeps.
    pub fn sweeps(&self) -> usize {
        self.bounds.len() - 1
    }
}

impl CoordinateAscent {
    /// A tolerance of 1e-8 of the bound, and at most 1,000 sweeps.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gain of a sweep below which it is the last, relative to the larger of the bound and 1.
    pub fn with_tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// How far a bound may fall by rounding, relative to the larger of it and 1: 1e-10 unless told, which suits double precision.
    pub fn with_rounding(self, rounding: f64) -> Self {
        Self { rounding, ..self }
    }

    /// The largest number of sweeps, at least 1.
    pub fn with_max_sweeps(self, sweeps: usize) -> Self {
        Self { most: sweeps, ..self }
    }

    /// Looks at the bound after each update in place of each sweep, so that a fall names its factor.
    pub fn with_each_factor(self) -> Self {
        Self { each: true, ..self }
    }

    /// Sweeps until the bound gains no more; `observer` sees the number of each sweep, from 1, and its bound.
    ///
    /// # Errors
    /// [`CoordinateError::Fell`] and [`CoordinateError::NotFinite`], [`CoordinateError::Setting`], and what updates and bounds fail with. The
    /// factors are as the last update left them.
    pub fn run<B, C: Coordinates<B>>(
        &self,
        coordinates: &mut C,
        data: &B,
        mut observer: impl FnMut(usize, f64),
    ) -> Result<CoordinateInfo, CoordinateError<C::Error>> {
        self.check()?;
        let mut bounds = vec![bound(coordinates, data, 0)?];
        let end = loop {
            let sweep = bounds.len();
            if sweep > self.most {
                break CoordinateEnd::OutOfSweeps;
            }
            let before = bounds[sweep - 1];
            let after = self.sweep(coordinates, data, sweep, before)?;
            bounds.push(after);
            observer(sweep, after);
            if after - before <= self.tolerance * before.abs().max(1.0) {
                break CoordinateEnd::Converged;
            }
        };
        Ok(CoordinateInfo { end, bounds })
    }

    /// One sweep; returns the bound after it.
    fn sweep<B, C: Coordinates<B>>(
        &self,
        coordinates: &mut C,
        data: &B,
        sweep: usize,
        start: f64,
    ) -> Result<f64, CoordinateError<C::Error>> {
        let mut before = start;
        let last = coordinates.factors().saturating_sub(1);
        for factor in 0..coordinates.factors() {
            let updated = coordinates.update(factor, data);
            updated.map_err(|source| CoordinateError::Update { sweep, factor, source })?;
            if !self.each && factor < last {
                continue;
            }
            let after = bound(coordinates, data, sweep)?;
            if after < before - self.rounding * before.abs().max(1.0) {
                let factor = self.each.then_some(factor);
                return Err(CoordinateError::Fell { sweep, factor, before, after });
            }
            before = after;
        }
        Ok(before)
    }

    fn check<E: std::error::Error>(&self) -> Result<(), CoordinateError<E>> {
        let expected = "finite and 0 or more";
        for (setting, value) in [("tolerance", self.tolerance), ("rounding", self.rounding)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(CoordinateError::Setting { setting, value, expected });
            }
        }
        match self.most {
            0 => {
                let (setting, expected) = ("most sweeps", "at least 1");
                Err(CoordinateError::Setting { setting, value: 0.0, expected })
            }
            _ => Ok(()),
        }
    }
}

fn bound<B, C: Coordinates<B>>(
    coordinates: &C,
    data: &B,
    sweep: usize,
) -> Result<f64, CoordinateError<C::Error>> {
    let bound = coordinates.bound(data);
    let bound = bound.map_err(|source| CoordinateError::Bound { sweep, source })?;
    match bound.is_finite() {
        true => Ok(bound),
        false => Err(CoordinateError::NotFinite { sweep, bound }),
    }
}
