//! Tests of latent Dirichlet allocation: against evidence by enumeration, on topics that are known, on files, and on real corpora.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod exact;
mod files;
mod measures;
mod real;
mod recovers;
mod settings;
mod steps;
