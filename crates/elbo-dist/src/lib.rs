//! Probability distributions over Burn tensors, under the axis-0 rule.
//!
//! Axis 0 of every tensor is the particle axis, of size `S` or 1; the parameters, values and
//! log-probabilities of a rank-`D` distribution all have rank `D`. Base noise is drawn on the
//! host by a counter-based generator ([`Noise`]), so that a seed gives the same draws on every
//! device.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use elbo_dist::{Distribution, Noise, Normal};
//!
//! let device = Device::flex();
//! let normal = Normal::new(1.0, 2.0); // N(1, 2²)
//! let x = Tensor::<2>::from_floats([[3.0]], &device);
//! let log_prob: f32 = normal.log_prob(x).into_scalar();
//! assert!((log_prob - (-2.112_085_7)).abs() < 1e-6);
//!
//! let draws = Normal::<2>::new(0.0, 1.0).sample(1000, &mut Noise::new(7, &device)).unwrap();
//! assert_eq!(draws.dims(), [1000, 1]);
//! ```

mod columns;
mod distribution;
mod distributions;
mod entropy;
mod error;
mod event;
#[cfg(feature = "flex")]
mod host;
mod iid;
#[cfg(feature = "flex")]
mod inputs;
mod kind;
mod kl;
mod linalg;
mod linearized;
mod moments;
mod noise;
mod one_pass;
mod operand;
mod operands;
mod parameter;
mod place;
mod quantile;
mod scale_tril;
mod score;
mod shape;
mod special;
mod support;
mod tensor_map;
mod transforms;

pub use columns::Columns;
pub use distribution::Distribution;
pub use distributions::{
    AsymmetricLaplace, AutoRegressive, Bernoulli, Beta, BetaBinomial, Binomial, Categorical,
    Cauchy, Censored, Chi2, ContinuousBernoulli, Delta, Dirichlet, DirichletMultinomial,
    DiscreteUniform, Exponential, Flat, Gamma, GaussianRandomWalk, Geometric, Gumbel, HalfCauchy,
    HalfNormal, HalfStudentT, HiddenMarkov, InverseGamma, Kumaraswamy, Laplace, LinearGaussian,
    LinearGaussianStateSpace, LkjCholesky, LogNormal, Logistic, LogitNormal,
    LowRankMultivariateNormal, Masked, MatrixNormal, Mixture, Multinomial, MultivariateNormal,
    MultivariateStudentT, NegativeBinomial, Normal, OneHotCategorical, OrderedLogistic, Pareto,
    Poisson, RelaxedBernoulli, RelaxedOneHotCategorical, SkewNormal, StateMoments, StudentT,
    Transformed, Truncated, TruncatedNormal, Uniform, VonMises, Weibull, Wishart, WishartCholesky,
    ZeroInflated,
};
pub use entropy::known_entropy;
pub use error::DistError;
pub use iid::Iid;
pub use kind::ValueKind;
pub use kl::{KL_PAIRS, KlDivergence, kl_is_closed, known_kl};
pub use linalg::{
    cholesky, log_det, low_rank_solve, solve_lower, solve_lower_transposed, solve_right,
    unchecked_cholesky,
};
pub use linearized::{Slope, linearized};
pub use moments::{Cdf, Entropy, Moments, Quantile};
pub use noise::{ElementNoise, Noise, NoiseState, name_key};
pub use one_pass::{Elementwise, Input, Number, one_pass, one_pass_over, sum_in_one_pass};
pub use operand::Operand;
pub use parameter::{Domain, Parameter, ParameterValue};
pub use place::Place;
pub use quantile::normal_quantile;
pub use score::score_square;
pub use shape::{broadcast, checked_shape, unravel, with_particles};
pub use special::{
    betainc, betainc_scalar, betaincinv, digamma, digamma_scalar, erf, erfc, erfinv, exp_for_f32,
    expm1, gammainc, gammainc_scalar, gammaincc, gammaincinv, i0e, i1e, lbeta, lbeta_scalar,
    lgamma, lgamma_scalar, log_binomial, log_ndtr, log_sigmoid, log1mexp, log1p, logaddexp,
    logsumexp, ndtr, ndtri, sigmoid, softplus, trigamma, trigamma_scalar, xlog1py, xlogy,
};
pub use support::Support;
pub use tensor_map::TensorMap;
pub use transforms::{
    Above, Affine, Below, Chain, CorrCholesky, Exp, Identity, Interval, Inverse, LowerCholesky,
    Ordered, Permutation, PositiveDefinite, Power, Softplus, Stereographic, StickBreaking, Tanh,
    Transform, ZeroSum,
};

/// Euler's constant `γ = -ψ(1)`.
pub(crate) const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// `½ log 2π`, the normalizing constant of the standard normal density.
pub const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;
