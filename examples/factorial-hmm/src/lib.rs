//! Factorial hidden Markov models (Ghahramani & Jordan 1997): independent chains, and observations that depend on the states of all of them.
//!
//! `log p(x, s) = Σ_m log p(s_m) + Σ_t log p(x_t | s_t1 .. s_tM)`
//!
//! Exact inference takes the chains as one with `L^M` states ([`Observed::exact`]); mean fields take states as independent, or chains as
//! independent with a forward and a backward pass each ([`Posterior`]), and their bounds never fall. Observations are sums of what the chains add,
//! with noise ([`Gaussian`]), or keys that any chain may turn on ([`NoisyOr`]); [`VariationalEm`] learns either from sequences of different
//! lengths.
//!
//! `cargo run --release -p factorial-hmm` compares the three on a small input from a known model;
//! `cargo run --release -p factorial-hmm -- --jsb DIR` learns from Bach's chorales, with `jsb-chorales-quarter.json` in `DIR`: two
//! chains of 32 states lose 8.27 nats a step on the chorales held out with independent states and 8.21 with independent chains, where independent
//! keys lose 11.06.
//!
//! # Sequences of different lengths
//! A [`Network`] infers chains in place of a fit for each sequence: [`Batches`] lays sequences of different lengths side by side for it, with masks.
//!
//! # Marginals from elsewhere
//! [`Posterior::independent`] and [`Posterior::tilted`] take marginals or potentials that something else computed, and give their bound.

mod amortized;
mod batches;
mod chains;
mod chorales;
mod emission;
mod error;
mod exact;
mod gaussian;
mod hmm;
mod learn;
mod noisy_or;
mod numbers;
mod picture;
mod posterior;
mod sizes;
mod small;
mod smooth;
mod train;

pub use amortized::{Network, NetworkError, NetworkOptions};
pub use batches::{Batch, Batches, dense};
pub use chains::{ChainCounts, Chains};
pub use chorales::{Chorale, Chorales, ChoralesError, KEYS, LOWEST};
pub use emission::{Emission, Learn};
pub use error::HmmError;
pub use exact::Exact;
pub use gaussian::{Gaussian, GaussianCounts};
pub use hmm::{FactorialHmm, Observed};
pub use learn::{Sequences, VariationalEm, bounds};
pub use noisy_or::{CauseCounts, NoisyOr, frequencies};
pub use picture::{PictureError, heat_map, one_hot};
pub use posterior::{Family, Posterior, best};
pub use sizes::Sizes;
pub use small::Small;
pub use smooth::{Smoothed, smooth};
pub use train::{HELD_OUT_SWEEPS, Options, Pass, Trained, exact_loss, loss, train};
