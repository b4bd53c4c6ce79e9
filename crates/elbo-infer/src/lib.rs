//! Objectives and the stochastic variational inference loop.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use elbo_dist::{Noise, Normal};
//! use elbo_guide::MeanField;
//! use elbo_infer::{Elbo, Svi};
//! use elbo_model::{Layout, Model, Trace};
//!
//! fn chain(t: &mut Trace, x: &Tensor<2>) {
//!     let z = t.sample("z", Normal::new(0.0, 1.0));
//!     t.observe("x", Normal::new(z, 1.0), x.clone());
//! }
//!
//! let device = Device::flex();
//! let mut noise = Noise::new(0, &device);
//! let x = Tensor::from_floats([[1.0]], &device);
//! let layout = Layout::discover(&chain, &x, &noise).unwrap();
//! let guide = MeanField::new(&layout, &chain, &x, &mut noise).unwrap();
//! let mut svi = Svi::new(Model::new(chain), guide, Elbo, noise).with_particles(10);
//! svi.run(1000, &x, &mut ()).unwrap();
//! // The posterior is N(½, ½), so the bound is the evidence log N(1; 0, 2) = -1.5155.
//! let bound = svi.posterior().bound(&x, 4000).unwrap();
//! assert!((bound.mean + 1.5155).abs() < 0.01);
//! ```

mod adam;
mod additive;
mod analytic_kl;
mod ascent;
mod ascent_record;
mod auto_fit;
mod average;
mod calibrate;
mod checkpoints;
mod compare;
mod control;
mod controls;
mod curve;
mod dependencies;
mod drawn;
mod elbo;
mod error;
mod export;
mod fault;
mod feed;
mod fit;
mod fit_config;
mod fit_info;
mod fit_turns;
mod fixed_draws;
mod gradients;
mod imitate;
mod info;
mod iwae;
mod local_importance;
mod memory;
mod moments;
mod natural;
mod number_draws;
mod objective;
mod observer;
mod parts;
mod posterior;
mod predicted;
mod prior_draws;
mod provenance;
mod rebar;
#[cfg(feature = "nuts")]
mod reference;
mod renyi;
mod report_config;
mod restarts;
mod scored;
mod shuffled;
mod sites;
mod sleep;
mod step;
mod sticking_the_landing;
mod stop_rule;
mod summary;
mod svi;
mod svi_record;
mod tempered;
mod trust;
mod units;
mod wake_sleep;
mod with_estimators;

pub use adam::{Adam, AdamState};
pub use analytic_kl::AnalyticKl;
pub use auto_fit::{AutoFit, AutoSvi, Fitted, fit};
pub use checkpoints::Checkpoints;
pub use controls::{Controls, NoControls};
pub use curve::Curve;
pub use dependencies::Dependencies;
pub use elbo::Elbo;
pub use error::InferError;
pub use fault::{Fault, When, replay};
pub use fit_config::{FitConfig, Interrupt};
pub use fit_info::{FitEnd, FitInfo, Level, Trial};
pub use fixed_draws::FixedDrawsInfo;
pub use info::{EpochInfo, RunInfo, StepInfo};
pub use iwae::{DoublyReparameterizedIwae, Iwae, Vimco};
pub use memory::Memory;
pub use moments::GradientMoments;
pub use natural::{Conjugacy, NaturalInfo, NaturalSvi, StepSizes};
pub use objective::{Ascends, Estimate, Objective, Terms};
pub use observer::Observer;
pub use posterior::{BoundEstimate, Posterior};
pub use renyi::{Cubo, Renyi};
pub use report_config::ReportConfig;
pub use restarts::Fits;
pub use shuffled::Shuffled;
pub use sites::{Closed, SiteNoise, SiteRow, Sites};
pub use sticking_the_landing::StickingTheLanding;
pub use stop_rule::{StopReason, StopRule, Trend};
pub use summary::{Summary, SummaryRow, summarize};
pub use svi::Svi;
pub use svi_record::SviRecord;
pub use tempered::{Schedule, Tempered};
pub use wake_sleep::{ForwardKl, LogVariance, ReweightedWakeSleep};
pub use with_estimators::WithEstimators;
