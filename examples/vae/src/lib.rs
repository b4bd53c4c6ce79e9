//! A variational autoencoder: images of digits from latent codes (Kingma & Welling 2014).
//!
//! `z ~ N(0, I)`, `x | z ~ Bernoulli(σ(decoder(z)))`, and the codes of all images are inferred by
//! one network, `q(z | x) = N(loc(x), scale(x)²)`.
//!
//! `cargo run --release -p vae` trains on the small digits that come with the package;
//! `cargo run --release -p vae -- --mnist DIR` on MNIST, whose four idx files are to be in `DIR`.
//! After ten epochs of MNIST the loss on its test images is 105.9 nats an image.

mod digits;
#[cfg(feature = "download")]
mod download;
mod fit;
mod images;
mod mnist;
mod networks;

use elbo::prelude::*;

pub use digits::{Data, Digits};
pub use fit::{Epoch, Fit, Options, OptionsError, run};
pub use images::{ImageBatcher, Images};
pub use mnist::MnistError;
pub use networks::{Decoder, Encoder, linear};

/// The model. Grey pixels are scored by the cross entropy of their value.
impl Program<Images> for Decoder {
    fn run(&self, t: &mut Trace, x: &Images) {
        t.plate("images", x.part(), |t| {
            let code = Normal::new(0.0, 1.0).iid([1, 1, self.latent()]);
            let z = t.sample("z", code); // [S, B, L]
            let logits = self.forward(z); // [S, B, P]
            t.observe("pixels", Bernoulli::logits(logits).soft_targets(), x.pixels.clone());
        });
    }
}

/// The guide.
impl Program<Images> for Encoder {
    fn run(&self, t: &mut Trace, x: &Images) {
        t.plate("images", x.part(), |t| {
            let (loc, scale) = self.forward(x.pixels.clone()); // [1, B, L]
            t.sample("z", Normal::new(loc, scale)); // [S, B, L]
        });
    }
}
