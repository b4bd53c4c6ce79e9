//! The parameters of a distribution, and where they must lie.

use std::fmt;

use burn::tensor::{DType, Device};

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
pub struct Parameter<'a> {
    /// The name that messages show.
    pub name: &'static str,
    /// The value.
    pub value: &'a dyn ParameterValue,
    /// Where the value must lie.
    pub domain: Domain,
}

impl<'a> Parameter<'a> {
    /// The parameter `name` with `value`, which must lie in `domain`.
    pub fn new(name: &'static str, value: &'a dyn ParameterValue, domain: Domain) -> Self {
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
        match (self.value.number(), place.dtype()) {
            (Some(value), DType::F32)
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
        let values = self.value.numbers();
        let sizes = self.value.sizes();
        let outside = |at: usize| !self.domain.holds(values[at], &unravel(at, &sizes));
        let Some(at) = (0..values.len()).find(|at| outside(*at)) else { return Ok(()) };
        let index = match self.value.number() {
            Some(_) => String::new(),
            None => format!(" at {:?}", unravel(at, &sizes)),
        };
        let (parameter, domain, value) = (self.name, self.domain, values[at]);
        Err(DistError::Parameter { distribution, parameter, value, index, domain })
    }
}

/// Checks each parameter.
pub(crate) fn check_all(
    distribution: &'static str,
    parameters: &[Parameter<'_>],
) -> Result<(), DistError> {
    parameters.iter().try_for_each(|parameter| parameter.check(distribution))
}

/// What a check asks of a parameter, whatever its rank: an [`Operand`] answers.
pub trait ParameterValue: fmt::Debug {
    /// The number, if it is one for all elements.
    fn number(&self) -> Option<f64>;

    /// The size of each axis; 1 everywhere for a number.
    fn sizes(&self) -> Vec<usize>;

    /// The device and the type of a tensor.
    fn home(&self) -> Option<(Device, DType)>;

    /// The values on the host, in row-major order.
    fn numbers(&self) -> Vec<f64>;
}

impl<const D: usize> ParameterValue for Operand<D> {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Scalar(number) => Some(*number),
            Self::Tensor(_) => None,
        }
    }

    fn sizes(&self) -> Vec<usize> {
        self.dims().to_vec()
    }

    fn home(&self) -> Option<(Device, DType)> {
        match self {
            Self::Scalar(_) => None,
            Self::Tensor(tensor) => Some((tensor.device(), tensor.dtype())),
        }
    }

    fn numbers(&self) -> Vec<f64> {
        self.to_host(self.dims())
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
    /// Any number, ±∞ included.
    Extended,
    /// The lower triangle of a matrix, with a positive diagonal; what lies above it is not read.
    LowerCholesky,
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
            Self::Extended => !value.is_nan(),
            Self::LowerCholesky => value.is_finite(),
        }
    }

    /// Whether `value` may lie at `index`, of which a triangle asks the last two.
    fn holds(&self, value: f64, index: &[usize]) -> bool {
        match (self, index) {
            (Self::LowerCholesky, [.., row, column]) if row < column => true,
            (Self::LowerCholesky, [.., row, column]) if row == column => {
                Self::Positive.contains(value)
            }
            _ => self.contains(value),
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
            Self::Extended => "a number, finite or not",
            Self::LowerCholesky => "part of a finite lower triangle with a positive diagonal",
        })
    }
}
