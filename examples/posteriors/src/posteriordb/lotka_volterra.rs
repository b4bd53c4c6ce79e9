//! Hares and lynxes (Hewitt 1921) as prey and predators (Lotka 1925, Volterra 1926).
//!
//! `u' = (θ₁ - θ₂ v) u`, `v' = (-θ₃ + θ₄ u) v` from `z_init` on; `y_init ~ LogNormal(log z_init, σ)` and
//! `y_n ~ LogNormal(log z(n), σ)` for years `n = 1, .., N`. `θ₁, θ₃ ~ N⁺(1, 0.5²)`,
//! `θ₂, θ₄ ~ N⁺(0.05, 0.05²)`, `z_init ~ LogNormal(log 10, 1)`, `σ ~ LogNormal(-1, 1)`.

use elbo::prelude::*;

use super::hares_and_lynxes::solve;
use crate::{DataError, Fields, numbers, row};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// Both numbers at the start `[1, 2]`.
    pub y_init: Tensor<2>,
    /// Both numbers in each year `[1, N, 2]`.
    pub y: Tensor<3>,
    /// The prior means and deviations of `θ`, `[1, 4]` each.
    pub prior: [Tensor<2>; 2],
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let rows = json.rows("y", 2)?;
    let is_yearly = |ts: &[f64]| ts.iter().zip(1..=rows.len()).all(|(t, year)| *t == year as f64);
    json.take("ts", "the years 1, 2, ..", |ts| numbers(ts).filter(|ts| is_yearly(ts)))?;
    let prior = [[1.0, 0.05, 1.0, 0.05], [0.5, 0.05, 0.5, 0.05]].map(|x| row(x.to_vec(), place));
    let y = place.tensor(rows.concat(), [1, rows.len(), 2]);
    Ok(Data { y_init: json.row("y_init", place)?, y, prior })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let [loc, scale] = d.prior.clone();
    let theta = t.sample("theta", TruncatedNormal::new(loc, scale, 0.0, f64::INFINITY)); // [S, 4]
    let z_init = t.sample("z_init", LogNormal::new(10.0_f64.ln(), 1.0).iid([1, 2])); // [S, 2]
    let sigma = t.sample("sigma", LogNormal::new(-1.0, 1.0).iid([1, 2])); // [S, 2]
    let start = z_init.log();
    let years = solve(start.clone(), theta, d.y.dims()[1]); // [S, N, 2]
    t.observe("y_init", LogNormal::new(start, sigma.clone()), d.y_init.clone());
    t.observe("y", LogNormal::new(years, sigma.unsqueeze_dim::<3>(1)), d.y.clone());
}
