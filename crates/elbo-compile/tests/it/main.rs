//! Tests of compiled densities against the eager ones.

mod errors;
mod models;
mod operations;
mod steps;
mod values;
