//! Convection (Lorenz 1963) with noise, seen in one of three coordinates at both ends.
//!
//! `v_1 ~ N(0, 1)`, `v_{t+1} ~ N(v_t + h f(v_t), h s²)` with
//! `f(x, y, z) = (10 (y - x), x (28 - z) - y, x y - 8/3 z)`, and `x_obs_t ~ N(v_t1, o²)` where it is seen;
//! `h`, `s` and `o` are known. The path `v` is the site `x`.
//!
//! The posterior has several modes: a fit should start near the one that is published.

use elbo::prelude::*;

use crate::{DataError, Fields, index};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The number of steps `T`.
    pub steps: usize,
    /// The steps at which the first coordinate is seen, from 0 on, `[K]`.
    pub seen: Tensor<1, Int>,
    /// What is seen there `[1, K, 1]`.
    pub x_obs: Tensor<3>,
    /// The time `h` of a step.
    pub step: f64,
    /// The deviation `s` of the path, in a unit of time.
    pub innovation: f64,
    /// The deviation `o` of an observation.
    pub noise: f64,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let (seen, x_obs) = json.seen("x_obs")?;
    let count = x_obs.len();
    Ok(Data {
        steps: json.count("T")?,
        seen: index(&seen, place),
        x_obs: place.tensor(x_obs, [1, count, 1]),
        step: json.number("step_size")?,
        innovation: json.number("innovation_scale")?,
        noise: json.number("observation_scale")?,
    })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let path = t.sample("x", Flat::new(Support::Real).iid([1, d.steps, 3])); // [S, T, 3]
    let [start, next] = [(0, 1), (1, d.steps - 1)].map(|(at, n)| path.clone().narrow(1, at, n));
    let from = path.clone().narrow(1, 0, d.steps - 1);
    let moved = from.clone() + velocity(from) * d.step; // [S, T - 1, 3]
    let noise = d.step.sqrt() * d.innovation;
    t.factor("start", Normal::new(0.0, 1.0).log_prob(start));
    t.factor("moves", Normal::new(moved, noise).log_prob(next));
    let seen = path.narrow(2, 0, 1).select(1, d.seen.clone()); // [S, K, 1]
    t.observe("x_obs", Normal::new(seen, d.noise), d.x_obs.clone());
}

/// `f(v)`, `[S, T, 3]` like `v`.
fn velocity(v: Tensor<3>) -> Tensor<3> {
    let [x, y, z] = [0, 1, 2].map(|axis| v.clone().narrow(2, axis, 1));
    let dx = (y.clone() - x.clone()) * 10.0;
    let dy = x.clone() * (-z.clone() + 28.0) - y.clone();
    let dz = x * y - z * (8.0 / 3.0);
    Tensor::cat(vec![dx, dy, dz], 2)
}
