//! What the tests of elbo measure with.
//!
//! * [`assert_close`] says which numbers differ and by how much;
//! * [`assert_gradient`] holds Burn's gradient against central differences;
//! * [`ks_test`] holds draws against a distribution function;
//! * [`NormalMean`], [`BetaBernoulli`], [`GammaRate`] and [`LinearRegression`] are posteriors known
//!   in closed form;
//! * [`assert_parity`] holds one computation on several devices against that on `flex`;
//! * [`BoundTrace`] is a noisy trace of which it is known when it settles;
//! * [`ndarray`] is the backend to compare with in either precision;
//! * [`Golden`] reads numbers that another program computed, [`data_dir`] finds the data sets.
//!
//! A failure is a panic, since only tests call this crate.

mod close;
mod conjugate;
mod data;
mod golden;
mod gradient;
mod ks;
// The facade's own file: one place names the deprecated device.
#[path = "../../elbo/src/ndarray.rs"]
mod ndarray;
mod normal;
mod parity;
mod traces;

pub use close::assert_close;
pub use conjugate::{BetaBernoulli, GammaRate, LinearRegression, NormalMean};
pub use data::data_dir;
pub use golden::Golden;
pub use gradient::{assert_gradient, autodiff_gradient, central_differences, slopes};
pub use ks::{ks_statistic, ks_test};
pub use ndarray::ndarray;
pub use normal::{erf, normal_cdf};
pub use parity::{assert_parity, other_devices};
pub use traces::{BoundTrace, TraceKind, shipped_traces, traces_as_json};
