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
//! assert!((guide.scale().into_scalar::<f32>() - 0.1).abs() < 1e-6); // the start
//! ```

mod amortized;
mod anneal;
mod automatic;
mod automatic_structured;
mod base;
mod block_diagonal;
mod dais;
mod delta_guide;
mod density;
mod error;
mod exponential_family;
mod family;
mod flat;
mod flows;
mod frame;
mod full_rank;
mod guide;
mod guide_mixture;
mod init;
mod laplace_approximation;
mod lbfgs;
mod local;
mod low_rank;
mod mean_field;
mod mean_field_config;
mod pareto;
mod pathfinder;
mod product;
mod resample;
mod slot;
mod standard;
mod structured;

pub use amortized::Amortized;
pub use automatic::{Automatic, AutomaticConfig};
pub use automatic_structured::AutomaticStructured;
pub use block_diagonal::{
    BlockDiagonal, BlockDiagonalConfig, BlockDiagonalNormal, BlockDiagonalNormalConfig,
};
pub use dais::{Dais, DaisConfig};
pub use delta_guide::DeltaGuide;
pub use density::{FlatDensity, FlatSlope};
pub use error::{GuideError, Tally};
pub use exponential_family::{ExponentialFamily, Nodes, PriorFamily, Probe};
pub use family::{Family, FamilyConfig, FamilyStart, FrameKind, SiteSpan};
pub use flat::FlatLatents;
pub use flows::{
    AffineCoupling, AffineCouplingConfig, Bijection, BijectionConfig, Flow, FlowConfig,
    InverseAutoregressive, InverseAutoregressiveConfig, LayerSite, Mlp, Planar, PlanarConfig,
    Radial, RadialConfig, SplineCoupling, SplineCouplingConfig, Then,
};
pub use full_rank::{FullRank, FullRankConfig, FullRankNormal, FullRankNormalConfig};
pub use guide::{Draw, Guide, Restarts, Score};
pub use guide_mixture::{GuideMixture, GuideMixtureConfig};
pub use init::Init;
pub use laplace_approximation::LaplaceApproximation;
pub use local::{Local, Rows};
pub use low_rank::{LowRank, LowRankConfig, LowRankNormal, LowRankNormalConfig};
pub use mean_field::MeanField;
pub use mean_field_config::MeanFieldConfig;
pub use pareto::ParetoSmoothed;
pub use pathfinder::{Pathfinder, PathfinderConfig};
pub use product::Product;
pub use resample::{Resampled, resample};
pub use standard::Standard;
pub use structured::{Structured, StructuredConfig, StructuredNormal, StructuredNormalConfig};
