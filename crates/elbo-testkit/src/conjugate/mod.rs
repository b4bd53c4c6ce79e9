//! Posteriors in closed form, one model a file.

mod beta_bernoulli;
mod gamma_rate;
mod linear_regression;
mod normal_mean;

pub use beta_bernoulli::BetaBernoulli;
pub use gamma_rate::GammaRate;
pub use linear_regression::LinearRegression;
pub use normal_mean::NormalMean;
