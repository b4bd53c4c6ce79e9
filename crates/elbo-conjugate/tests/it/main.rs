//! Coordinate ascent against answers in closed form.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod chain;
mod mixture;
mod settings;
