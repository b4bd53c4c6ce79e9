//! Gradient estimators of draws.

use std::fmt;

/// How the gradient of an expectation over a site's draws is estimated.
///
/// [`Trace::sample_with`](crate::Trace::sample_with) asks for one at a site, a [`Plan`](crate::Plan) for one at any
/// site of a guide.
///
/// ```
/// use elbo_model::{ControlVariate, Estimator};
///
/// let nvil = Estimator::ScoreFunction(ControlVariate::Baseline);
/// assert_eq!(nvil.to_string(), "score function, baseline");
/// assert!(!nvil.is_biased());
/// assert!(Estimator::StraightThrough { temperature: 0.5 }.is_biased());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Estimator {
    /// Through the draw, a differentiable function of noise (Kingma & Welling 2014). Unbiased; the
    /// distribution must be reparameterized.
    Pathwise,
    /// `f(z) ∂ log q(z)`, less a control variate (Williams 1992; Ranganath, Gerrish & Blei 2014). Unbiased, for
    /// every distribution.
    ScoreFunction(ControlVariate),
    /// The sum over all values, each weighed by its probability. Exact, for sites of finitely many values with one
    /// variable an element of their plates.
    Enumerate,
    /// Antithetic pairs of particles (Dong, Mnih & Tucker 2020). Unbiased, for sites of 0 and 1 whose
    /// log-odds are shared by all particles; the particles must be even in number.
    Disarm,
    /// The score function with the relaxed objective as control variate (Tucker et al. 2017), whose
    /// coefficient is fitted to earlier steps. Unbiased, for sites of 0 and 1, or of one-hot vectors, whose
    /// log-probabilities are shared by all particles; it takes a second evaluation of the model, of twice the
    /// particles. The sites are of kind `Float`, under no mask, and come after all others; no site is enumerated.
    Rebar {
        /// The temperature of the relaxation, above 0.
        temperature: f64,
    },
    /// [`Estimator::Rebar`] with a trained network added to the control variate (Grathwohl et al. 2018).
    /// Unbiased.
    Relax {
        /// The temperature of the relaxation, above 0.
        temperature: f64,
    },
    /// Through a relaxed draw in place of the discrete one (Jang, Gu & Poole 2017; Maddison, Mnih & Teh 2017).
    /// **Biased**: bound and gradient are those of another objective, the nearer the lower the temperature.
    GumbelSoftmax {
        /// The temperature of the relaxation, above 0.
        temperature: f64,
    },
    /// The discrete draw, with the gradient of the relaxed one (Bengio, Léonard & Courville 2013; Jang, Gu & Poole
    /// 2017, section 2.2). **Biased**.
    StraightThrough {
        /// The temperature of the relaxation, above 0.
        temperature: f64,
    },
}

/// What is taken from `f(z)` before it multiplies the score, to lower the variance; none depends on the draw
/// that it is taken from, so all leave the mean as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ControlVariate {
    /// Nothing.
    None,
    /// The mean of the other particles, known as VarGrad too (Kool, van Hoof & Welling 2019; Richter et
    /// al. 2020). At least 2 particles.
    LeaveOneOut,
    /// An exponential moving average over earlier steps (Mnih & Gregor 2014, section 2.3): it lags behind, but is
    /// never made of the present draw.
    MovingAverage {
        /// The weight of the past in each update, from 0 to below 1.
        decay: f64,
    },
    /// A trained function of the batch (NVIL; Mnih & Gregor 2014).
    Baseline,
    /// The mean of the other particles, weighed by their squared scores: the coefficient with the lowest variance
    /// (Ranganath, Gerrish & Blei 2014, section 3.2), estimated without the particle at hand. At least 2 particles.
    OptimalCoefficient,
}

impl Estimator {
    /// The score function with the mean of the other particles as control variate.
    pub const LEAVE_ONE_OUT: Self = Self::ScoreFunction(ControlVariate::LeaveOneOut);

    /// Whether the mean of the estimates is another than the gradient.
    pub fn is_biased(&self) -> bool {
        matches!(self, Self::GumbelSoftmax { .. } | Self::StraightThrough { .. })
    }

    /// The temperature of the relaxation, where there is one.
    pub fn temperature(&self) -> Option<f64> {
        match *self {
            Self::Rebar { temperature }
            | Self::Relax { temperature }
            | Self::GumbelSoftmax { temperature }
            | Self::StraightThrough { temperature } => Some(temperature),
            _ => None,
        }
    }

    /// What takes the place of no choice: [`Estimator::Pathwise`] where draws carry gradients; elsewhere the score
    /// function, with the mean of the other particles, or of earlier steps where there is but one.
    pub(crate) fn by_default(reparameterized: bool, particles: usize) -> Self {
        match (reparameterized, particles) {
            (true, _) => Self::Pathwise,
            (false, 0 | 1) => Self::ScoreFunction(ControlVariate::MovingAverage { decay: 0.9 }),
            (false, _) => Self::LEAVE_ONE_OUT,
        }
    }
}

impl fmt::Display for Estimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pathwise => f.pad("pathwise"),
            Self::ScoreFunction(control) => f.pad(&format!("score function, {control}")),
            Self::Enumerate => f.pad("enumeration"),
            Self::Disarm => f.pad("DisARM"),
            Self::Rebar { temperature } => f.pad(&format!("REBAR at {temperature}")),
            Self::Relax { temperature } => f.pad(&format!("RELAX at {temperature}")),
            Self::GumbelSoftmax { temperature } => {
                f.pad(&format!("Gumbel-softmax at {temperature}"))
            }
            Self::StraightThrough { temperature } => {
                f.pad(&format!("straight-through at {temperature}"))
            }
        }
    }
}

impl fmt::Display for ControlVariate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "plain",
            Self::LeaveOneOut => "leave-one-out",
            Self::MovingAverage { .. } => "moving average",
            Self::Baseline => "baseline",
            Self::OptimalCoefficient => "optimal coefficient",
        })
    }
}

/// The estimator of a site, and who chose it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InForce {
    /// The estimator.
    pub estimator: Estimator,
    /// Who chose it.
    pub chosen: Choice,
}

/// Who chose a site's estimator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nobody: draws carry gradients.
    Reparameterized,
    /// Nobody: draws carry no gradient.
    NotReparameterized,
    /// The program, at the site.
    AtSite,
    /// The objective, for this site.
    ByObjective,
    /// The objective, whose gradient needs no other.
    ForAll,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reparameterized => "default: draws carry gradients",
            Self::NotReparameterized => "default: draws carry no gradient",
            Self::AtSite => "chosen at the site",
            Self::ByObjective => "chosen on the objective",
            Self::ForAll => "the objective's own",
        })
    }
}
