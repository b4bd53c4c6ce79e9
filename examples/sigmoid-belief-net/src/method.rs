//! The seven estimators.

use std::fmt;
use std::str::FromStr;

use elbo::{ControlVariate, Estimator};

/// An estimator of the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The score function with a trained baseline (Mnih & Gregor 2014).
    Nvil,
    /// The score function with the mean of the other particles.
    LeaveOneOut,
    /// The importance-weighted bound, without each particle in turn (Mnih & Rezende 2016).
    Vimco,
    /// Antithetic pairs (Dong, Mnih & Tucker 2020).
    Disarm,
    /// The relaxed objective as control variate (Tucker et al. 2017).
    Rebar,
    /// A network besides (Grathwohl et al. 2018).
    Relax,
    /// Relaxed bits (Maddison, Mnih & Teh 2017), which are biased.
    Concrete,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Nvil,
        Self::LeaveOneOut,
        Self::Vimco,
        Self::Disarm,
        Self::Rebar,
        Self::Relax,
        Self::Concrete,
    ];

    /// The estimator at the bits.
    pub fn estimator(self) -> Estimator {
        let temperature = 0.5;
        match self {
            Self::Nvil => Estimator::ScoreFunction(ControlVariate::Baseline),
            Self::LeaveOneOut | Self::Vimco => Estimator::LEAVE_ONE_OUT,
            Self::Disarm => Estimator::Disarm,
            Self::Rebar => Estimator::Rebar { temperature },
            Self::Relax => Estimator::Relax { temperature },
            Self::Concrete => Estimator::GumbelSoftmax { temperature },
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nvil => "NVIL",
            Self::LeaveOneOut => "leave-one-out",
            Self::Vimco => "VIMCO",
            Self::Disarm => "DisARM",
            Self::Rebar => "REBAR",
            Self::Relax => "RELAX",
            Self::Concrete => "Concrete",
        })
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter();
        let found = known.clone().find(|method| method.to_string().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<_> = known.map(|method| method.to_string()).collect();
            format!("there is no method {name}, only {}", names.join(", "))
        })
    }
}
