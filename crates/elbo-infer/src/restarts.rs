//! Several fits at once, compared.

use std::fmt;

use burn::module::{Module, ModuleDisplay};
use elbo_guide::{Guide, Restarts};
use elbo_model::LogJoint;
use elbo_report::table;

use crate::scored::at_least;
use crate::summary::summarize;
use crate::{BoundEstimate, Controls, InferError, Objective, Posterior, Summary, Svi};

/// The fits of a guide with several members, compared by their bounds and by their posteriors.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{Init, MeanFieldConfig};
/// use elbo_infer::{StickingTheLanding, Svi};
/// use elbo_model::{Layout, Model, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let z = t.sample("z", Normal::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), x.clone());
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let x = Tensor::from_floats([[1.0]], &device);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let config = MeanFieldConfig::new().with_init(Init::Uniform { radius: 2.0 }).with_restarts(4);
/// let guide = config.init(&layout, &chain, &x, &mut noise).unwrap();
/// let mut svi = Svi::new(Model::new(chain), guide, StickingTheLanding, noise);
/// svi.run(1500, &x, &mut ()).unwrap(); // four fits in each step
/// let fits = svi.restarts(&x, 1000).unwrap();
/// assert!(fits.agreement < 0.1); // all of them reach N(½, ½)
/// let z = fits.best().draws(&x, 4000).unwrap().value("z").unwrap().to_vec();
/// assert!((z.iter().sum::<f64>() / 4000.0 - 0.5).abs() < 0.05);
/// ```
#[derive(Clone, Debug)]
pub struct Fits<M, G> {
    /// Each fit.
    pub posteriors: Vec<Posterior<M, G>>,
    /// The bound of each fit; `-∞` where a draw of it has no density.
    pub bounds: Vec<BoundEstimate>,
    /// The largest distance between means of the best fit and of another one, over all numbers of all latents, in standard
    /// deviations of the best: about 0 where the fits agree, and above 0.5 where they found different posteriors.
    pub agreement: f64,
    /// The number at which they agree the least, and the fit that differs there.
    pub least: Option<(String, usize)>,
}

impl<M: Module, G: Module> Fits<M, G> {
    /// The position of the fit with the largest bound.
    pub fn position(&self) -> usize {
        let bounds = self.bounds.iter().map(|bound| bound.mean).enumerate();
        bounds.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(position, _)| position)
    }

    /// The fit with the largest bound.
    pub fn best(&self) -> &Posterior<M, G> {
        &self.posteriors[self.position()]
    }
}

impl<M, G> fmt::Display for Fits<M, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.bounds.iter().enumerate().map(|(fit, bound)| {
            let BoundEstimate { mean, standard_error } = bound;
            vec![fit.to_string(), format!("{mean:.3}"), format!("{standard_error:.3}")]
        });
        f.write_str(&table(&["fit", "bound", "standard error"], rows))
    }
}

impl<M: Module + Clone, G: Restarts + ModuleDisplay, O: Objective, C: Module> Svi<M, G, O, C> {
    /// The fits that the guide holds at once, with bounds and means by `draws` draws of each.
    ///
    /// # Errors
    /// Those of [`Posterior::bound`] and [`Posterior::draws`]; a draw without a density is none.
    pub fn restarts<B>(&self, batch: &B, draws: usize) -> Result<Fits<M, G>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        at_least(1, draws, "Svi::restarts")?;
        let (model, guide) = self.modules();
        let noise = self.noise.at_step(self.step).site("posterior");
        let posteriors: Vec<_> = (0..guide.restarts())
            .map(|restart| Posterior::new(model, &guide.restart(restart), noise.clone()))
            .collect();
        let bounds = posteriors.iter().map(|fit| fit.bound_anyway(batch, draws));
        let bounds = bounds.collect::<Result<Vec<_>, _>>()?;
        let summaries = posteriors.iter().map(|fit| Ok(summarize(&fit.draws(batch, draws)?)));
        let summaries = summaries.collect::<Result<Vec<_>, InferError>>()?;
        let mut fits = Fits { posteriors, bounds, agreement: 0.0, least: None };
        (fits.agreement, fits.least) = compared(&summaries, fits.position());
        Ok(fits)
    }
}

/// The largest distance of means from those of the best fit, in its deviations, with the number and the other fit.
fn compared(fits: &[Summary], best: usize) -> (f64, Option<(String, usize)>) {
    let (mut largest, mut least) = (0.0, None);
    for (fit, other) in fits.iter().enumerate() {
        for (a, b) in fits[best].rows.iter().zip(&other.rows) {
            let apart = (a.mean - b.mean).abs() / a.sd;
            if apart > largest || apart.is_nan() {
                (largest, least) = (apart, Some((a.name.clone(), fit)));
            }
        }
    }
    (largest, least)
}
