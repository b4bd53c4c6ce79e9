//! Eight schools in one call, with all that says whether the fit can be trusted.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use eight_schools::{Schools, eight_schools};
use elbo::prelude::*;
use elbo::{
    AutoFit, Checkpoints, FitEnd, FitInfo, Interrupt, NutsConfig, Observer, Report, ReportConfig,
};

/// How to fit.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is computed.
    pub place: Place,
    /// Fits at once, each from a start of its own.
    pub restarts: usize,
    /// Fits of simulated data; 0 for none.
    pub simulations: usize,
    /// The draws that are written.
    pub draws: usize,
    /// The seed of all noise.
    pub seed: u64,
    /// The folder for checkpoints, the report and the draws.
    pub out: PathBuf,
}

/// Fits, or goes on from the checkpoints of a fit that was interrupted, and writes `report.html`, `report.json`, `draws.parquet` and
/// `draws.zarr`. After an interrupt of the fit it is done with what that has come to, and writes nothing but the checkpoint; after one of the
/// calibration, with the simulations that were whole by then.
///
/// # Errors
/// If the fit fails, or a file cannot be written.
pub fn run(
    options: &Options,
    interrupt: Interrupt,
    observer: &mut impl Observer,
) -> Result<(FitInfo, Report), Box<dyn Error>> {
    let data = Schools::published(options.place.device());
    let model = Model::new(eight_schools);
    let noise = Noise::new(options.seed, &options.place);
    let of_fit = format!("checkpoints/seed-{}-fits-{}", options.seed, options.restarts);
    let checkpoints = Checkpoints::open(options.out.join(of_fit))?;
    let nuts = NutsConfig::new().with_seed(options.seed).with_target_accept(0.95);
    let report = ReportConfig::new().with_title("Eight schools").with_reference(nuts);
    let config = AutoFit::new()
        .with_restarts(options.restarts)
        .with_fit(|fit| fit.with_checkpoints(checkpoints, 50).with_interrupt(interrupt))
        .with_report(report);
    let fitted = config.run(model.clone(), &data, noise.clone(), observer)?;
    let mut report = fitted.report.clone();
    if fitted.info.end == FitEnd::Interrupted {
        return Ok((fitted.info, report));
    }
    write_report(&options.out, &report)?;
    write_draws(&options.out, &fitted.posterior().export(&data, options.draws)?)?;
    if options.simulations > 0 {
        let noise = noise.site("calibration");
        report.calibration = Some(config.calibrate(&model, &data, noise, options.simulations)?);
        write_report(&options.out, &report)?;
    }
    Ok((fitted.info, report))
}

fn write_report(out: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    fs::write(out.join("report.html"), report.to_html()?)?;
    fs::write(out.join("report.json"), serde_json::to_string(report)?)?;
    Ok(())
}

fn write_draws(out: &Path, draws: &elbo::Draws) -> Result<(), elbo::ReportError> {
    draws.write_parquet(&out.join("draws.parquet"))?;
    draws.write_zarr(&out.join("draws.zarr"))
}
