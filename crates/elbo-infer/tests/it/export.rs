//! Draws for other programs, against densities by hand.

use burn::tensor::Tensor;
use elbo_dist::{Flat, Noise, Normal, Support};
use elbo_guide::{Init, MeanField, MeanFieldConfig};
use elbo_infer::{Elbo, InferError, Posterior, Svi};
use elbo_model::{Layout, Model, Trace};
use elbo_report::{Draws, Group};

use crate::{chain, f64_on_flex, one};

type Program = fn(&mut Trace, &Tensor<2>);

/// `N(0.8, ½²)` for `z`.
fn posterior(program: Program) -> Posterior<Model<Program>, MeanField> {
    let (mut noise, data) = (Noise::new(0, f64_on_flex()), one(&f64_on_flex()));
    let layout = Layout::discover(&program, &data, &noise).unwrap();
    let start = layout.at([("z", f64_on_flex().tensor::<2>(vec![0.8], [1, 1]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(start)).with_scale(0.5);
    let guide = config.init(&layout, &program, &data, &mut noise).unwrap();
    Svi::new(Model::new(program), guide, Elbo, noise).posterior()
}

fn values(draws: &Draws, group: Group, site: &str) -> Vec<f64> {
    draws.of(group).find(|of| of.name == site).unwrap().values.clone()
}

fn log_normal(x: f64, loc: f64, scale: f64) -> f64 {
    let z = (x - loc) / scale;
    -0.5 * z * z - scale.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln()
}

/// Twenty weights have no tail to smooth: they are `p / q`, normalized.
#[test]
fn exported_densities_are_those_of_the_exported_draws() {
    let draws = posterior(chain).export(&one(&f64_on_flex()), 20).unwrap();
    let z = values(&draws, Group::Posterior, "z");
    assert_eq!((z.len(), draws.log_p.len(), draws.log_q.len()), (20, 20, 20));
    let by_hand = |z: &f64| {
        let log_p = log_normal(*z, 0.0, 1.0) + log_normal(1.0, *z, 1.0);
        [log_p, log_normal(*z, 0.8, 0.5)]
    };
    let by_hand: Vec<[f64; 2]> = z.iter().map(by_hand).collect();
    let total: f64 = by_hand.iter().map(|[p, q]| (p - q).exp()).sum();
    for (draw, [log_p, log_q]) in by_hand.iter().enumerate() {
        assert!((draws.log_p[draw] - log_p).abs() < 1e-12);
        assert!((draws.log_q[draw] - log_q).abs() < 1e-12);
        assert!((draws.log_weights[draw] - (log_p - log_q - total.ln())).abs() < 1e-12);
    }
}

/// More draws than are in memory together are those of [`Posterior::predictive`], chunk by chunk.
#[test]
fn exported_draws_are_those_of_the_posterior() {
    let (posterior, data) = (posterior(chain), one(&f64_on_flex()));
    let draws = posterior.export(&data, 1500).unwrap();
    let z = posterior.draws(&data, 1500).unwrap();
    assert_eq!(values(&draws, Group::Posterior, "z"), z.value("z").unwrap().to_vec());
    let replicated = posterior.predictive(&data, 1500).unwrap();
    let x = values(&draws, Group::PosteriorPredictive, "x");
    assert_eq!(x, replicated.value("x").unwrap().to_vec());
    assert_eq!(values(&draws, Group::ObservedData, "x"), [1.0]);
    let prior = values(&draws, Group::Prior, "z");
    // N(0, 1), within four standard errors of a mean.
    assert!((prior.iter().sum::<f64>() / 1500.0).abs() < 4.0 / 1500.0_f64.sqrt());
}

#[test]
fn a_program_with_an_improper_prior_is_exported_without_draws_of_it() {
    fn flat(t: &mut Trace, x: &Tensor<2>) {
        let z: Tensor<2> = t.sample("z", Flat::new(Support::Real));
        t.observe("x", Normal::new(z, 1.0), x.clone());
    }
    let draws = posterior(flat).export(&one(&f64_on_flex()), 30).unwrap();
    assert_eq!(draws.of(Group::Prior).count(), 0);
    assert_eq!(values(&draws, Group::Posterior, "z").len(), 30);
}

#[test]
fn an_export_of_no_draws_is_refused() {
    let error = posterior(chain).export(&one(&f64_on_flex()), 0).unwrap_err();
    assert!(matches!(error, InferError::NoDraws { asked: "Posterior::export", .. }), "{error}");
}
