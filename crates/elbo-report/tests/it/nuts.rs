use std::convert::Infallible;

use elbo_report::{NutsConfig, NutsDraws, ReportError, nuts, split_r_hat};

const MEAN: [f64; 2] = [1.0, -2.0];

/// Deviations 1 and 2 and a correlation of 0.8.
const COVARIANCE: [[f64; 2]; 2] = [[1.0, 1.6], [1.6, 4.0]];

/// The inverse of the covariance, whose determinant is `4 - 1.6² = 1.44`.
const PRECISION: [[f64; 2]; 2] = [[4.0 / 1.44, -1.6 / 1.44], [-1.6 / 1.44, 1.0 / 1.44]];

fn correlated(x: &[f64], gradient: &mut [f64]) -> Result<f64, Infallible> {
    let d = [x[0] - MEAN[0], x[1] - MEAN[1]];
    for (row, slope) in PRECISION.iter().zip(gradient.iter_mut()) {
        *slope = -(row[0] * d[0] + row[1] * d[1]);
    }
    Ok(0.5 * (gradient[0] * d[0] + gradient[1] * d[1]))
}

fn starts() -> Vec<Vec<f64>> {
    vec![vec![0.0, 0.0], vec![3.0, -3.0], vec![-1.0, 1.0], vec![2.0, 2.0]]
}

fn sample(seed: u64, draws: usize) -> NutsDraws {
    let config = NutsConfig::new().with_seed(seed).with_draws(draws);
    nuts(2, &starts(), correlated, &config).unwrap()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of 4 x 4000 draws at least 4000 count for a mean, and 2000 for a product, as independent ones do: standard errors are at most `σ / √4000` and
/// `√((σᵢ²σⱼ² + σᵢⱼ²) / 2000)`. Four of them are allowed.
#[test]
fn a_correlated_normal_gives_its_mean_and_covariance() {
    let draws = sample(1, 4000);
    assert_eq!(draws.divergences, 0);
    let numbers = [draws.number(0), draws.number(1)].map(|chains| chains.concat());
    let means = [mean(&numbers[0]), mean(&numbers[1])];
    for i in 0..2 {
        let error = (COVARIANCE[i][i] / 4000.0).sqrt();
        assert!((means[i] - MEAN[i]).abs() < 4.0 * error, "mean {i}: {}", means[i]);
        for j in 0..2 {
            let product = |(x, y): (&f64, &f64)| (x - means[i]) * (y - means[j]);
            let products: Vec<f64> = numbers[i].iter().zip(&numbers[j]).map(product).collect();
            let expected = COVARIANCE[i][j];
            let square = COVARIANCE[i][i] * COVARIANCE[j][j] + expected * expected;
            let (found, error) = (mean(&products), (square / 2000.0).sqrt());
            assert!((found - expected).abs() < 4.0 * error, "covariance {i} {j}: {found}");
        }
    }
}

/// Of the 500 draws of a half at least 100 count. Then `R̂² - 1` is about `χ²₇ / 7 / 100`, which in one of a thousand cases is above 0.035.
#[test]
fn chains_from_distant_starts_agree() {
    let draws = sample(2, 1000);
    assert_eq!(draws.chains.len(), 4);
    assert!(draws.chains.iter().all(|chain| chain.len() == 1000 && chain[0].len() == 2));
    for index in 0..2 {
        let r_hat = split_r_hat(&draws.number(index));
        assert!((0.999..1.02).contains(&r_hat), "{r_hat}");
    }
}

#[test]
fn a_seed_says_the_draws() {
    assert_eq!(sample(3, 50), sample(3, 50));
    assert_ne!(sample(3, 50), sample(4, 50));
}

#[test]
fn chains_of_one_start_differ() {
    let config = NutsConfig::new().with_chains(2).with_draws(10);
    let draws = nuts(2, &[vec![0.5, 0.5], vec![0.5, 0.5]], correlated, &config).unwrap();
    assert_ne!(draws.chains[0], draws.chains[1]);
}

/// A standard normal above 0, with nothing below, has mean `√(2 / π)` and deviation `√(1 - 2 / π)`. Trajectories that leave it end there, which
/// costs draws: 400 of 4 x 2000 are sure to count, and four standard errors are allowed.
#[test]
fn a_region_without_density_is_not_entered() {
    let half_normal = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = -x[0];
        Ok::<_, Infallible>(if x[0] > 0.0 { -0.5 * x[0] * x[0] } else { f64::NAN })
    };
    let starts = [0.5, 1.0, 1.5, 2.0].map(|x| vec![x]);
    let config = NutsConfig::new().with_draws(2000);
    let draws = nuts(1, &starts, half_normal, &config).unwrap();
    assert!(draws.divergences > 0);
    let values = draws.number(0).concat();
    assert!(values.iter().all(|x| *x > 0.0));
    let share = 2.0 / std::f64::consts::PI;
    let error = ((1.0 - share) / 400.0).sqrt();
    assert!((mean(&values) - share.sqrt()).abs() < 4.0 * error, "{}", mean(&values));
}

#[test]
fn a_gradient_that_is_not_finite_ends_a_trajectory_too() {
    let density = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = if x[0] > 0.0 { -x[0] } else { f64::INFINITY };
        Ok::<_, Infallible>(-0.5 * x[0] * x[0])
    };
    let config = NutsConfig::new().with_chains(1);
    let draws = nuts(1, &[vec![1.0]], density, &config).unwrap();
    assert!(draws.divergences > 0 && draws.number(0)[0].iter().all(|x| *x > 0.0));
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("the model has no site {0}")]
struct NoSite(&'static str);

#[test]
fn a_density_that_fails_ends_the_sampling_with_its_error() {
    let mut calls = 0;
    let density = |x: &[f64], gradient: &mut [f64]| {
        calls += 1;
        gradient.copy_from_slice(&[-x[0]]);
        if x[0] == 7.0 { Err(NoSite("mu")) } else { Ok(-0.5 * x[0] * x[0]) }
    };
    let config = NutsConfig::new().with_chains(3);
    let error = nuts(1, &[vec![1.0], vec![7.0], vec![1.0]], density, &config).unwrap_err();
    assert_eq!(error.to_string(), "the log density failed in chain 1: the model has no site mu");
    let ReportError::Density { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.downcast_ref(), Some(&NoSite("mu")));
    assert!(calls > 1000, "chain 0 was drawn: {calls}");
}

#[test]
fn a_density_that_fails_in_the_midst_of_a_chain_ends_the_sampling() {
    let mut calls = 0;
    let density = |x: &[f64], gradient: &mut [f64]| {
        calls += 1;
        gradient.copy_from_slice(&[-x[0]]);
        if calls > 2000 { Err("out of power") } else { Ok(-0.5 * x[0] * x[0]) }
    };
    let error = nuts(1, &[vec![1.0]], density, &NutsConfig::new().with_chains(1)).unwrap_err();
    assert_eq!(error.to_string(), "the log density failed in chain 0: out of power");
}

fn refusal(dim: usize, starts: &[Vec<f64>], config: NutsConfig) -> String {
    let density = |x: &[f64], gradient: &mut [f64]| {
        gradient.copy_from_slice(x);
        Ok::<_, Infallible>(x[0].ln())
    };
    nuts(dim, starts, density, &config).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_sampled_is_told() {
    let one = NutsConfig::new().with_chains(1);
    assert_eq!(
        refusal(1, &[vec![1.0]], NutsConfig::new()),
        "4 chains should have a start each, but there are 1 starts"
    );
    assert_eq!(
        refusal(2, &[vec![1.0]], one),
        "the start of chain 0 should have 2 numbers, one at least, but has 1"
    );
    assert_eq!(
        refusal(0, &[vec![]], one),
        "the start of chain 0 should have 0 numbers, one at least, but has 0"
    );
    assert_eq!(
        refusal(1, &[vec![1.0]], one.with_target_accept(1.0)),
        "the rate of acceptance should be above 0 and below 1, but is 1; 0.8 is usual"
    );
    for start in [-1.0, 0.0] {
        let text = refusal(1, &[vec![start]], one);
        assert!(text.starts_with("chain 0 cannot be followed from its start ("), "{text}");
        assert!(
            text.ends_with("); start it where the log density and its derivatives are finite and no derivative is 0"),
            "{text}"
        );
    }
}

/// No chain has a number to compare, and no draw has a moment.
#[test]
fn a_sampler_without_chains_or_draws_is_refused() {
    assert_eq!(
        refusal(1, &[], NutsConfig::new().with_chains(0)),
        "the sampler should have 1 or more chains, but has 0; set them by NutsConfig::with_chains"
    );
    assert_eq!(
        refusal(1, &[vec![1.0]], NutsConfig::new().with_chains(1).with_draws(0)),
        "the sampler should have 1 or more draws, but has 0; set them by NutsConfig::with_draws"
    );
}

/// The first scales come from the gradient, of which a 0 has none.
#[test]
fn a_start_without_slope_is_told() {
    let config = NutsConfig::new().with_chains(1);
    let error = nuts(2, &[MEAN.to_vec()], correlated, &config).unwrap_err();
    assert!(matches!(error, ReportError::Start { chain: 0, .. }), "{error}");
}
