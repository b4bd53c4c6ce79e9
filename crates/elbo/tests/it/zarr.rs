//! Draws of a posterior as a store, read by ArviZ.

use std::path::Path;
use std::process::Command;

use elbo::prelude::*;

/// `N(½, ½)` by hand for `z ~ N(0, 1)`, `x ~ N(z, 1)`, `x = 1`.
fn chain(t: &mut Trace, x: &Tensor<2>) {
    let z = t.sample("z", Normal::new(0.0, 1.0));
    t.observe("x", Normal::new(z, 1.0), x.clone());
}

/// What the script prints of the store, if `ELBO_PYTHON` names an interpreter that has ArviZ.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn printed(script: &str, store: &Path) -> Option<String> {
    let Some(python) = std::env::var_os("ELBO_PYTHON") else {
        eprintln!("NOT RUN: ELBO_PYTHON names no interpreter that could read {store:?}");
        return None;
    };
    let run = |script: &str| Command::new(&python).args(["-c", script]).arg(store).output();
    if !run("import arviz, xarray, zarr").unwrap().status.success() {
        eprintln!("NOT RUN: {python:?} has not all of arviz, xarray, zarr");
        return None;
    }
    let read = run(script).unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Some(String::from_utf8(read.stdout).unwrap())
}

const SCRIPT: &str = r#"
import sys, arviz, numpy, xarray
if int(arviz.__version__.split(".")[0]) < 1:
    data = arviz.InferenceData.from_datatree(xarray.open_datatree(sys.argv[1], engine="zarr"))
else:
    data = arviz.from_zarr(sys.argv[1])
z = data["posterior"]["z"].values.ravel()
stats = data["sample_stats"]
normal = lambda x, loc, scale: -0.5 * ((x - loc) / scale) ** 2 - numpy.log(scale) - 0.5 * numpy.log(2 * numpy.pi)
weights = numpy.exp(stats["log_weight"].values.ravel())
print(abs(stats["lp"].values.ravel() - normal(z, 0, 1) - normal(1, z, 1)).max())
print(abs(stats["log_q"].values.ravel() - normal(z, 0.5, 0.5 ** 0.5)).max())
print(abs(weights.sum() - 1), len(z), data["observed_data"]["x"].values.ravel()[0])
print(data["posterior_predictive"]["x"].values.std(), data["prior"]["z"].values.std())
summary = arviz.summary(data, var_names=["z"], round_to="none")
print(float(summary["mean"].iloc[0]), float(summary["sd"].iloc[0]))
"#;

/// In Python the densities of the draws are those of the model and of its exact posterior, and ArviZ has the moments of
/// `elbo::summarize`. Deviations, √(3/2) of replicated data and 1 of the prior, are within four of their standard errors `σ / √(2n)`.
#[test]
fn an_exported_posterior_is_read_by_arviz() {
    let place = Place::f64(&elbo::device("flex").unwrap()).unwrap();
    let (mut noise, x) = (Noise::new(0, &place), place.tensor(vec![1.0], [1, 1]));
    let layout = Layout::discover(&chain, &x, &noise).unwrap();
    let config = FullRankConfig::new().with_init(Init::Laplace); // the posterior itself
    let guide = config.init(&layout, &chain, &x, &mut noise).unwrap();
    let posterior = Svi::new(Model::new(chain), guide, Elbo, noise).posterior();
    let store = std::env::temp_dir().join(format!("elbo-export-{}", std::process::id()));
    posterior.export(&x, 1000).unwrap().write_zarr(&store).unwrap();
    let printed = printed(SCRIPT, &store);
    std::fs::remove_dir_all(&store).unwrap();
    let Some(printed) = printed else { return };
    let numbers: Vec<f64> = printed.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [lp, log_q, total, draws, data, replicated, prior, mean, sd] = numbers[..] else {
        panic!("{printed}");
    };
    assert!(lp < 1e-9 && log_q < 1e-9 && total < 1e-9, "{printed}");
    assert_eq!((draws, data), (1000.0, 1.0));
    let relative = 4.0 / 2000.0_f64.sqrt();
    assert!((replicated / 1.5_f64.sqrt() - 1.0).abs() < relative, "{printed}");
    assert!((prior - 1.0).abs() < relative, "{printed}");
    let summary = summarize(&posterior.draws(&x, 1000).unwrap());
    let z = summary.get("z").unwrap();
    assert!((mean - z.mean).abs() < 1e-9 && (sd - z.sd).abs() < 1e-3, "{printed} {z:?}");
}
