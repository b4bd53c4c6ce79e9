//! A sigmoid belief net with one layer of bits (Neal 1992), trained by seven estimators of one gradient.
//!
//! `z_k ~ Bernoulli(σ(b_k))`, `x | z ~ Bernoulli(σ(W (2 z - 1) + c))`, and the bits of all images are inferred by
//! one linear map, `q(z | x) = Bernoulli(σ(V (2 x - 1) + d))`.
//!
//! `cargo run --release -p sigmoid-belief-net` takes the small digits of the example `vae`;
//! `-- --mnist DIR` takes MNIST, whose four idx files are to be in `DIR`.

mod bits;
mod fit;
mod method;
mod networks;

pub use bits::{Bits, Images};
pub use fit::{Curve, Options, Point, run};
pub use method::Method;
pub use networks::{Belief, Helper, Recognition};
