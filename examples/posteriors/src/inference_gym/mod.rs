//! Posteriors of the [Inference Gym](https://github.com/tensorflow/probability) (Apache 2.0).

pub mod brownian_motion;
pub mod convection_lorenz_bridge;
pub mod german_credit;
pub mod item_response_theory;
pub mod radon_contextual_effects;
pub mod stochastic_volatility;
