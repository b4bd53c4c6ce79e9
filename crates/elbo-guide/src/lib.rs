//! Variational families: guides that propose latents and score them.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use elbo_dist::{Noise, Normal};
//! use elbo_guide::{Guide, MeanField};
//! use elbo_model::{Layout, Plan, Trace};
//!
//! fn chain(t: &mut Trace, x: &Tensor<2>) {
//!     let z = t.sample("z", Normal::new(0.0, 1.0));
//!     t.observe("x", Normal::new(z, 1.0), x.clone());
//! }
//!
//! let device = Device::flex();
//! let mut noise = Noise::new(0, &device);
//! let x = Tensor::from_floats([[1.0]], &device);
//! let layout = Layout::discover(&chain, &x, &noise).unwrap();
//! let guide = MeanField::new(&layout, &chain, &x, &mut noise).unwrap();
//! let draw = guide.draw(&x, 100, &Plan::default(), &mut noise).unwrap();
//! assert_eq!(draw.latents.get::<2>("z").unwrap().dims(), [100, 1]);
//! ```

mod amortized;
mod error;
mod flat;
mod guide;
mod init;
mod mean_field;

pub use amortized::Amortized;
pub use error::{GuideError, Tally};
pub use flat::FlatLatents;
pub use guide::{Draw, Guide, Score};
pub use init::Init;
pub use mean_field::{MeanField, MeanFieldConfig};
