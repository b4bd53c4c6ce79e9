//! Houses in counties, each with an intercept and a slope.

use elbo::prelude::*;

use crate::Fit;

const HOUSES: usize = 919;
const COUNTIES: usize = 85;

struct Houses {
    /// `[919]`
    county: Tensor<1, Int>,
    /// `[1, 919]`
    floor: Tensor<2>,
    /// `[1, 919]`
    log_radon: Tensor<2>,
}

fn radon(t: &mut Trace, d: &Houses) {
    let [mu_a, mu_b] = ["mu_a", "mu_b"].map(|name| t.sample(name, Normal::new(0.0, 1.0)));
    let [sd_a, sd_b, sd_y] =
        ["sd_a", "sd_b", "sd_y"].map(|name| t.sample(name, HalfNormal::new(1.0)));
    let [a, b] = t.plate("county", COUNTIES, |t| {
        ["a", "b"].map(|name| t.sample(name, Normal::<2>::new(0.0, 1.0))) // [S, 85]
    });
    let of_house = |x: Tensor<2>| x.select(1, d.county.clone());
    let line = of_house(mu_a + sd_a * a) + of_house(mu_b + sd_b * b) * d.floor.clone();
    t.observe("y", Normal::new(line, sd_y), d.log_radon.clone());
}

/// Independent normals over 175 latents.
pub fn fit(device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let county = noise.site("county").uniform([HOUSES]) * COUNTIES as f64;
    let data = Houses {
        county: county.int().clamp(0, COUNTIES as i64 - 1),
        floor: crate::bits(&noise, [1, HOUSES], 0.3),
        log_radon: noise.site("radon").normal([1, HOUSES]),
    };
    crate::mean_field(radon, data, 1, noise)
}
