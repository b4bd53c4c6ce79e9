//! One distribution a file.

mod bernoulli;
mod categorical;
mod exponential;
mod gamma;
mod half_cauchy;
mod half_normal;
mod log_normal;
mod normal;
mod uniform;

pub use bernoulli::Bernoulli;
pub use categorical::Categorical;
pub use exponential::Exponential;
pub use gamma::Gamma;
pub use half_cauchy::HalfCauchy;
pub use half_normal::HalfNormal;
pub use log_normal::LogNormal;
pub use normal::Normal;
pub use uniform::Uniform;
