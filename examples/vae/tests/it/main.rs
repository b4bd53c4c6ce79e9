//! Tests of the autoencoder: its fit, its plate and its reader of files.

mod idx;
mod plate;
mod recovers;
