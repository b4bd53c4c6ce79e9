//! Fits through the facade.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod banana;
mod german_credit;
