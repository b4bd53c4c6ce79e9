//! Radon in the houses of Minnesota's counties (Gelman & Hill 2007, chapter 12).
//!
//! `log_radon_k ~ N(w · x_k + c_{county(k)}, s²)` by uranium, floor and the county's mean floor, with
//! `w ~ N(0, 1)`, `c_i ~ N(m, τ²)` and `m ~ N(0, 1)`. Both deviations `s` and `τ` are uniform from 0 to
//! 100 in one model and `N⁺(0, 1)` in the other.

use elbo::prelude::*;

use crate::{DataError, Fields, index};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The predictors `[3, N]`, one row a weight.
    pub x: Tensor<2>,
    /// The county of each house, from 0 on, `[N]`.
    pub county: Tensor<1, Int>,
    /// The number of counties.
    pub counties: usize,
    /// The logarithm of radon `[1, N]`.
    pub log_radon: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let counties = json.count("num_counties")?;
    let county = json.indices("county", counties)?;
    let fields = ["log_radon", "log_uranium", "floor", "floor_by_county"];
    let [log_radon, predictors @ ..] = json.columns(fields)?;
    let crate::regression::Data { x, y } =
        crate::regression::Data::new(log_radon, &predictors, place);
    Ok(Data { x, county: index(&county, place), counties, log_radon: y })
}

/// The program with uniform deviations.
pub fn model(t: &mut Trace, d: &Data) {
    let county_scale = t.sample("county_effect_scale", Uniform::new(0.0, 100.0)); // [S, 1]
    let scale = t.sample("log_radon_scale", Uniform::new(0.0, 100.0)); // [S, 1]
    houses(t, d, county_scale, scale);
}

/// The program with half-normal deviations.
pub fn half_normal(t: &mut Trace, d: &Data) {
    let county_scale = t.sample("county_effect_scale", HalfNormal::new(1.0)); // [S, 1]
    let scale = t.sample("log_radon_scale", HalfNormal::new(1.0)); // [S, 1]
    houses(t, d, county_scale, scale);
}

fn houses(t: &mut Trace, d: &Data, county_scale: Tensor<2>, scale: Tensor<2>) {
    let mean = t.sample("county_effect_mean", Normal::new(0.0, 1.0)); // [S, 1]
    let weight = t.sample("weight", Normal::new(0.0, 1.0).iid([1, 3])); // [S, 3]
    let effect = t.plate("counties", d.counties, |t| {
        t.sample("county_effect", Normal::new(mean, county_scale)) // [S, C]
    });
    let log_radon = weight.matmul(d.x.clone()) + effect.select(1, d.county.clone()); // [S, N]
    t.observe("log_radon", Normal::new(log_radon, scale), d.log_radon.clone());
}
