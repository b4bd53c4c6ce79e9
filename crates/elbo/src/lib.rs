//! Black-box variational inference on Burn.
//!
//! People write probabilistic programs (or bare log-joint densities) as tensor code, pick a guide,
//! and [`Svi`] maximizes a Monte Carlo evidence lower bound on a device chosen at run time.
//!
//! ```
//! use elbo::prelude::*;
//!
//! /// Eight schools (Rubin 1981), two of them: effects `y` with standard errors `sigma`.
//! struct Schools {
//!     y: Tensor<2>,
//!     sigma: Tensor<2>,
//! }
//!
//! fn schools(t: &mut Trace, d: &Schools) {
//!     let mu = t.sample("mu", Normal::new(0.0, 5.0)); // [S, 1]
//!     let tau = t.sample("tau", HalfCauchy::new(5.0)); // [S, 1]
//!     let z = t.sample("z", Normal::new(0.0, 1.0).iid([1, 2])); // [S, 2]
//!     let theta = t.deterministic("theta", mu + tau * z); // non-centred
//!     t.observe("y", Normal::new(theta, d.sigma.clone()), d.y.clone()); // data are [1, 2]
//! }
//!
//! let device = elbo::device("flex")?;
//! let data = Schools {
//!     y: Tensor::from_floats([[28.0, 8.0]], &device),
//!     sigma: Tensor::from_floats([[15.0, 10.0]], &device),
//! };
//! let mut noise = Noise::new(0, &device);
//! let layout = Layout::discover(&schools, &data, &noise)?;
//! let guide = MeanField::new(&layout, &schools, &data, &mut noise)?;
//! let mut svi = Svi::new(Model::new(schools), guide, Elbo, noise).with_particles(16);
//! svi.run(3000, &data, &mut ())?;
//! let posterior = summarize(&svi.posterior().predictive(&data, 4000)?);
//! // By quadrature the exact posterior of mu has mean 3.09 and standard deviation 4.52.
//! let mu = posterior.get("mu").unwrap();
//! assert!((mu.mean - 3.09).abs() < 0.1 * 4.52, "{mu:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doctest)]
mod book;
#[cfg(feature = "interrupt")]
mod ctrl_c;
mod device;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "plots")]
pub mod plots;
#[cfg(feature = "progress")]
mod progress;
#[cfg(feature = "tracing")]
mod traced;

#[cfg(feature = "interrupt")]
pub use ctrl_c::ctrl_c;
pub use device::{DeviceError, device, devices};
pub use elbo_conjugate::*;
pub use elbo_dist::*;
pub use elbo_guide::*;
pub use elbo_infer::*;
pub use elbo_model::*;
pub use elbo_report as report;
#[cfg(feature = "nuts")]
pub use elbo_report::NutsConfig;
pub use elbo_report::{Draws, Report, ReportError, Verdict};
#[cfg(feature = "progress")]
pub use progress::Progress;
#[cfg(feature = "tracing")]
pub use traced::Tracing;

/// What most programs use, with Burn's tensors and modules.
pub mod prelude {
    pub use burn::module::{Module, Param};
    pub use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

    pub use crate::{
        AffineCouplingConfig, Amortized, AnalyticKl, AsymmetricLaplace, AutoRegressive, Automatic,
        AutomaticConfig, AutomaticStructured, BayesLinear, Bayesian, Bernoulli, Beta, BetaBinomial,
        Binomial, BlockDiagonal, BlockDiagonalConfig, Categorical, Cauchy, Censored, Chi2, Choice,
        Condition, ContinuousBernoulli, ControlVariate, Controls, CoordinateAscent, Coordinates,
        Cubo, Dais, DaisConfig, Delta, DeltaGuide, Dependencies, Dirichlet, DirichletMultinomial,
        Discrete, DiscreteUniform, Distribution, DoublyReparameterizedIwae, Draw, Elbo, Estimate,
        Estimator, Exponential, ExponentialFamily, Fits, Flat, Flow, FlowConfig, ForwardKl,
        FullRank, FullRankConfig, Gamma, GaussianRandomWalk, Geometric, Graph, Guide, GuideError,
        GuideMixture, GuideMixtureConfig, Gumbel, HalfCauchy, HalfNormal, HalfStudentT,
        HiddenMarkov, InferError, Init, InverseAutoregressiveConfig, InverseGamma, Iwae,
        Kumaraswamy, Laplace, LaplaceApproximation, Latents, Layout, LinearGaussian,
        LinearGaussianStateSpace, LkjCholesky, Local, LogJoint, LogNormal, LogTerms, LogVariance,
        Logistic, LogitNormal, LowRank, LowRankConfig, LowRankMultivariateNormal, Masked,
        MatrixNormal, MeanField, MeanFieldConfig, Mixture, Model, ModelError, Multinomial,
        MultivariateNormal, MultivariateStudentT, NaturalSvi, NegativeBinomial, Noise, Normal,
        Objective, OneHotCategorical, OrderedLogistic, Pareto, ParetoSmoothed, Path, Pathfinder,
        PathfinderConfig, Place, Plan, PlanarConfig, Poisson, Predictive, Product, Program,
        RadialConfig, RelaxedBernoulli, RelaxedOneHotCategorical, Renyi, Restarts,
        ReweightedWakeSleep, RobbinsMonro, Role, Rows, Schedule, Site, SkewNormal,
        SplineCouplingConfig, StepInfo, StickingTheLanding, Structured, StructuredConfig, StudentT,
        Subsample, Support, Svi, Tempered, Term, Terms, Then, Trace, Transform, Transformed,
        Truncated, TruncatedNormal, Uniform, Vimco, VonMises, Weibull, WeightNoise, Wishart,
        WishartCholesky, ZeroInflated, named_param, resample, summarize,
    };
}
