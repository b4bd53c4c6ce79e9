//! Probabilistic programs: tensor code that names what it draws and what it observes.
//!
//! A [`Program`] is a function of a [`Trace`] and a batch of data. The same program is simulated
//! from its prior ([`Predictive`]), inspected ([`Layout::discover`]) and scored
//! ([`LogJoint::log_joint`]).
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use elbo_dist::{Noise, Normal};
//! use elbo_model::{Layout, LogJoint, Trace};
//!
//! fn chain(t: &mut Trace, x: &Tensor<2>) {
//!     let z = t.sample("z", Normal::new(0.0, 1.0)); // [S, 1]
//!     t.observe("x", Normal::new(z, 1.0), x.clone()); // [1, 1]
//! }
//!
//! let device = Device::flex();
//! let x = Tensor::from_floats([[1.0]], &device);
//! let layout = Layout::discover(&chain, &x, &Noise::new(0, &device)).unwrap();
//! assert_eq!(layout.latents().map(|site| &*site.name).collect::<Vec<_>>(), ["z"]);
//! let z = Tensor::<2>::from_floats([[0.0]], &device);
//! let terms = chain.log_joint(&layout.at([("z", z)]), &x).unwrap();
//! let log_joint: f32 = terms.total().into_scalar(); // log N(0; 0, 1) + log N(1; 0, 1)
//! assert!((log_joint + 2.337_877).abs() < 1e-5);
//! ```

mod bayes_linear;
mod bayesian;
mod checks;
mod condition;
mod conditionals;
mod delegate;
mod discrete;
mod enumeration;
mod error;
mod estimator;
mod graph;
mod known;
mod latents;
mod layout;
mod log_joint;
mod mask;
mod model;
mod moving;
mod params;
mod plan;
mod plate;
mod predictive;
mod prior;
mod program;
mod record;
mod relaxation;
mod score;
mod site;
mod tell;
mod term;
mod terms;
mod trace;
mod value;
mod visit;

pub use bayes_linear::{BayesLinear, WeightNoise};
pub use bayesian::{Bayesian, Sampled};
pub use condition::Condition;
pub use conditionals::Conditionals;
pub use discrete::Discrete;
pub use enumeration::{Enumerated, along_values, check_equal, check_same_outside, propose};
pub use error::{ModelError, Names};
pub use estimator::{Choice, ControlVariate, Estimator, InForce};
pub use graph::Graph;
pub use known::Known;
pub use latents::Latents;
pub use layout::{Divergence, Layout};
pub use log_joint::LogJoint;
pub use model::Model;
pub use params::{Params, named_param};
pub use plan::{ModelGradient, Path, Plan};
pub use plate::{Plate, PlateSize, Subsample};
pub use predictive::{Dream, Predictive};
pub use program::Program;
pub use record::Traced;
pub use relaxation::Relaxation;
pub use site::{Role, Site};
pub use term::{Aid, Term, within_plates};
pub use terms::{Block, LogTerms, Order};
pub use trace::Trace;
pub use value::Value;
