//! Experimental: a program's log-joint density with its gradient, compiled. It is here to be measured; no other crate uses it.
//!
//! A program runs once on Burn's recording device ([`Compiled::new`]). The graph that it leaves is lowered to fewer operations,
//! differentiated in reverse, and planned: elementwise operations of one shape that need not wait for each other become one kernel,
//! which runs over blocks that stay in the nearest cache; what depends on data alone is computed once; memory is shared by what is
//! not wanted at the same time. A run allocates nothing.
//!
//! # What is covered
//! `F32`, and of Burn's operations: `add`, `sub`, `mul` and `div` of tensors and numbers, `abs`, `exp`, `log`, `neg`, `recip`, `relu`,
//! `sign`, `sqrt`, `tanh`, `sum`, `sum_dim`, `sum_dims`, `mean`, `mean_dim`, `matmul` and `swap_dims` of matrices, `reshape`, `expand`,
//! `slice` (and so `narrow`) in steps of 1, `full`, `ones` and `zeros`. Any other is a [`CompileError::Operation`] that names it.
//!
//! # What a full version needs
//! * The other operations: masks and comparisons, gathers and scatters, maxima and log-sum-exps, concatenation, products of more than
//!   two axes, the error function, integers, and `F64`.
//! * The slopes that distributions know: what is recorded is the value, and the derivative of a stable formula need not be stable.
//! * Data that change: constants are baked in, so minibatches and parameters of the model must become inputs.
//! * Guides and objectives: [`MeanFieldSteps`] is one step written by hand.
//! * Threads, and a kernel of products that computes much in registers, for tables of data times many particles.

mod capture;
mod compiled;
mod error;
mod fuse;
mod graph;
mod kernel;
mod lower;
mod math;
mod plan;
mod product;
mod reduce;
mod reverse;
mod run;
mod step;
mod view;

pub use compiled::{Compiled, Counts};
pub use error::CompileError;
pub use step::MeanFieldSteps;
