//! The parameters of a distribution, and where they must lie.

use std::fmt;

use burn::tensor::DType;

use crate::{DistError, Operand, Place, unravel};

/// A parameter of a distribution: its name, its value and where that must lie.
///
/// ```
/// use elbo_dist::{Domain, Operand, Parameter};
///
/// let scale = Operand::<2>::from(-1.0);
/// let error = Parameter::new("scale", &scale, Domain::Positive).check("Normal").unwrap_err();
/// assert!(error.to_string().starts_with("Normal: scale is -1, but must be positive and finite"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a, const D: usize> {
    /// The name that messages show.
    pub name: &'static str,
    /// The value.
    pub value: &'a Operand<D>,
    /// Where the value must lie.
    pub domain: Domain,
}

impl<'a, const D: usize> Parameter<'a, D> {
    /// The parameter `name` with `value`, which must lie in `domain`.
    pub fn new(name: &'static str, value: &'a Operand<D>, domain: Domain) -> Self {
        Self { name, value, domain }
    }

    /// Checks that a number can be held in the precision of `place`, as a tensor there always can.
    ///
    /// # Errors
    /// [`DistError::Precision`]
    pub fn check_precision(
        &self,
        distribution: &'static str,
        place: &Place,
    ) -> Result<(), DistError> {
        match (self.value, place.dtype()) {
            (&Operand::Scalar(value), DType::F32)
                if value != 0.0 && value.is_finite() && !(value as f32).is_normal() =>
            {
                Err(DistError::Precision { distribution, parameter: self.name, value })
            }
            _ => Ok(()),
        }
    }

    /// Checks that every element lies in the domain, which reads a tensor to the host.
    ///
    /// # Errors
    /// [`DistError::Parameter`] with the first element that does not.
    pub fn check(&self, distribution: &'static str) -> Result<(), DistError> {
        let outside = |value: &f64| !self.domain.contains(*value);
        let fault = match self.value {
            Operand::Scalar(value) => outside(value).then_some((*value, String::new())),
            Operand::Tensor(tensor) => {
                let values = self.value.to_host(tensor.dims());
                let position = values.iter().position(outside);
                position.map(|at| (values[at], format!(" at {:?}", unravel(at, &tensor.dims()))))
            }
        };
        let (parameter, domain) = (self.name, self.domain);
        match fault {
            None => Ok(()),
            Some((value, index)) => {
                Err(DistError::Parameter { distribution, parameter, value, index, domain })
            }
        }
    }
}

/// Where a parameter must lie.
///
/// ```
/// use elbo_dist::Domain;
///
/// assert!(Domain::LogWeight.contains(f64::NEG_INFINITY));
/// assert!(!Domain::Real.contains(f64::NEG_INFINITY));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// The real numbers.
    Real,
    /// The real numbers above 0.
    Positive,
    /// The real numbers from 0 on.
    NonNegative,
    /// The whole numbers from 0 on.
    Count,
    /// The numbers strictly between 0 and 1.
    Probability,
    /// The real numbers and -∞, the logarithm of 0.
    LogWeight,
}

impl Domain {
    /// Whether `value` lies in the domain; NaN never does.
    pub fn contains(&self, value: f64) -> bool {
        match self {
            Self::Real => value.is_finite(),
            Self::Positive => value > 0.0 && value.is_finite(),
            Self::NonNegative => value >= 0.0 && value.is_finite(),
            Self::Count => value >= 0.0 && value.is_finite() && value.fract() == 0.0,
            Self::Probability => value > 0.0 && value < 1.0,
            Self::LogWeight => value < f64::INFINITY,
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "a finite number",
            Self::Positive => "positive and finite (exp and softplus make numbers so)",
            Self::NonNegative => "0 or more, and finite",
            Self::Count => "a whole number, 0 or more",
            Self::Probability => "strictly between 0 and 1 (logits have no ends)",
            Self::LogWeight => "a finite number or -∞",
        })
    }
}
