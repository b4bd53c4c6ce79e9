//! What a program says of its sites.

use std::fmt;
use std::sync::Arc;

use elbo_dist::Support;

use crate::checks::check_plates;
use crate::{ModelError, Plate};

/// What a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Drawn, to be inferred.
    Latent,
    /// Drawn, and summed out when it is scored.
    Marginal,
    /// Data.
    Observed,
    /// A log-factor.
    Factor,
    /// Computed from others and kept.
    Deterministic,
    /// Optimized, not inferred.
    Param,
    /// Drawn beside the sites.
    Noise,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Latent => "latent",
            Self::Marginal => "marginal",
            Self::Observed => "observed",
            Self::Factor => "factor",
            Self::Deterministic => "deterministic",
            Self::Param => "param",
            Self::Noise => "noise",
        })
    }
}

/// A site of a program, as [`Layout::discover`](crate::Layout::discover) found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The name.
    pub name: Arc<str>,
    /// What the site is.
    pub role: Role,
    /// The shape of one particle's value, with 1 on axis 0.
    pub shape: Vec<usize>,
    /// The values that have positive density.
    pub support: Support,
    /// The plates around the site, outermost first.
    pub plates: Vec<Plate>,
    /// The distribution's name, or empty.
    pub distribution: &'static str,
    /// Whether a mask lies over the site, or is a part of its distribution.
    pub is_masked: bool,
}

impl Site {
    /// A latent site outside plates.
    ///
    /// ```
    /// use elbo_dist::Support;
    /// use elbo_model::Site;
    ///
    /// assert_eq!(Site::latent("tau", [1, 3], Support::Positive).size(), 3);
    /// ```
    pub fn latent(name: &str, shape: impl Into<Vec<usize>>, support: Support) -> Self {
        Self {
            name: name.into(),
            role: Role::Latent,
            shape: shape.into(),
            support,
            plates: Vec::new(),
            distribution: "",
            is_masked: false,
        }
    }

    /// Checks what was written by hand: the plates follow each other from axis 1 on, and their batches are
    /// the shape's sizes there.
    ///
    /// # Errors
    /// [`ModelError::PlateAxis`], [`ModelError::PlateTotal`] and [`ModelError::PlateSize`].
    pub fn check_plates(&self) -> Result<(), ModelError> {
        check_plates(&self.name, &self.plates)?;
        let wrong = |plate: &&Plate| self.shape.get(plate.axis) != Some(&plate.batch);
        match self.plates.iter().find(wrong) {
            None => Ok(()),
            Some(plate) => Err(ModelError::PlateSize {
                site: self.name.to_string(),
                plate: plate.name.to_string(),
                axis: plate.axis,
                expected: plate.batch,
                shape: self.shape.clone(),
            }),
        }
    }

    /// The numbers in one particle's value.
    pub fn size(&self) -> usize {
        self.shape.iter().skip(1).product()
    }
}
