//! Numbers with a derivative, and continued fractions of them.

use std::ops::{Add, Div, Mul, Sub};

/// A number with its derivative by one argument.
#[derive(Clone, Copy)]
pub(super) struct Dual {
    pub value: f64,
    pub slope: f64,
}

impl From<f64> for Dual {
    fn from(value: f64) -> Self {
        Self { value, slope: 0.0 }
    }
}

impl<T: Into<Dual>> Add<T> for Dual {
    type Output = Dual;

    fn add(self, other: T) -> Dual {
        let other = other.into();
        Dual { value: self.value + other.value, slope: self.slope + other.slope }
    }
}

impl<T: Into<Dual>> Sub<T> for Dual {
    type Output = Dual;

    fn sub(self, other: T) -> Dual {
        let other = other.into();
        Dual { value: self.value - other.value, slope: self.slope - other.slope }
    }
}

impl<T: Into<Dual>> Mul<T> for Dual {
    type Output = Dual;

    fn mul(self, other: T) -> Dual {
        let other = other.into();
        let slope = self.slope * other.value + self.value * other.slope;
        Dual { value: self.value * other.value, slope }
    }
}

impl<T: Into<Dual>> Div<T> for Dual {
    type Output = Dual;

    fn div(self, other: T) -> Dual {
        let other = other.into();
        let value = self.value / other.value;
        Dual { value, slope: (self.slope - value * other.slope) / other.value }
    }
}

/// `b₀ + a₁ / (b₁ + a₂ / (b₂ + …))` for `step(n) = (aₙ, bₙ)`, by the modified method of Lentz.
pub(super) fn lentz(start: Dual, step: impl Fn(f64) -> (Dual, Dual)) -> Dual {
    let safe = |x: Dual| if x.value.abs() < TINY { Dual { value: TINY, ..x } } else { x };
    let mut value = safe(start);
    let (mut above, mut below) = (value, Dual::from(0.0));
    let mut n = 1.0;
    loop {
        let (numerator, denominator) = step(n);
        below = Dual::from(1.0) / safe(denominator + numerator * below);
        above = safe(denominator + numerator / above);
        let factor = above * below;
        value = value * factor;
        // A factor next to 1 may go on rounding to either side of it.
        let still = (factor.value - 1.0).abs() <= f64::EPSILON;
        let relative = (value.slope / value.value).abs();
        let settled = factor.slope.abs() <= 4.0 * f64::EPSILON * (1.0 + relative);
        if still && settled || !value.value.is_finite() || n > MOST_STEPS {
            return value;
        }
        n += 1.0;
    }
}

/// The relative size at which a summand no longer counts.
pub(super) const EPSILON: f64 = f64::EPSILON / 4.0;

/// Steps after which the fraction is what it is.
const MOST_STEPS: f64 = 1e7;

/// What stands for a 0 that would be divided by.
const TINY: f64 = 1e-300;
