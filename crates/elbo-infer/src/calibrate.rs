//! Calibration by simulated data.

use burn::module::{Module, ModuleDisplay};
use elbo_dist::Noise;
use elbo_guide::{Automatic, FamilyConfig, Guide, Restarts};
use elbo_model::{Condition, Dream, Latents, Layout, Predictive, Program, Role};
use elbo_report::{Calibrated, Calibration};

use crate::auto_fit::COMPARED;
use crate::number_draws::NumberDraws;
use crate::{AutoFit, FitConfig, FitEnd, InferError};

impl<C: FamilyConfig + Clone> AutoFit<C> {
    /// Simulation-based calibration: as many times, draws parameters from the prior and data from them, fits the data, and tells which share of
    /// the posterior's draws lies below each true number. Where the fits are right, these shares are uniform.
    ///
    /// The fits write no checkpoints. An interrupt ends them all; the simulations that were whole by then are told.
    ///
    /// A fit sees the simulated data where the program says `t.observe`. What else it makes of its data, such as a scale computed from them, it
    /// makes of the data given here, and is then calibrated for data that it does not see.
    ///
    /// # Errors
    /// Those of [`AutoFit::run`] and [`Layout::discover`], those of [`Predictive::dream`] for a prior that cannot be drawn from, and [`InferError::NotFitted`] for a program whose
    /// sites are not the same in each run, and [`InferError::FactorNotSimulated`] for one with a [`factor`](elbo_model::Trace::factor).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Noise, Normal, Place};
    /// use elbo_infer::AutoFit;
    /// use elbo_model::{Model, Trace};
    ///
    /// fn chain(t: &mut Trace, _: &()) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     let x = t.place().tensor(vec![1.0], [1, 1]);
    ///     t.observe("x", Normal::new(z, 1.0), x);
    /// }
    ///
    /// let noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
    /// let calibration = AutoFit::new().calibrate(&Model::new(chain), &(), noise, 20).unwrap();
    /// let shares = &calibration.rows[0].shares;
    /// // The mean of twenty uniform numbers, within three standard errors.
    /// let mean = shares.iter().sum::<f64>() / 20.0;
    /// assert!((mean - 0.5).abs() < 3.0 * (1.0_f64 / 12.0 / 20.0).sqrt());
    /// ```
    ///
    /// # References
    /// Yao, Vehtari, Simpson & Gelman (2018), *Yes, but did it work?*, section 4; Talts et al. (2018).
    pub fn calibrate<M, B>(
        &self,
        model: &M,
        data: &B,
        noise: Noise,
        simulations: usize,
    ) -> Result<Calibration, InferError>
    where
        M: Program<B> + Module + ModuleDisplay,
        C::Family: ModuleDisplay,
        Automatic<C::Family>: Guide<B> + Restarts + ModuleDisplay + Clone,
    {
        let layout = Layout::discover(model, data, &noise)?;
        if let Some(factor) = layout.sites().iter().find(|site| site.role == Role::Factor) {
            return Err(InferError::FactorNotSimulated { site: factor.name.to_string() });
        }
        let config = self.clone().with_fit(FitConfig::without_checkpoints);
        let predictive = Predictive::new(model, data);
        let observed = predictive.observed(&noise)?;
        let (mut rows, mut unsettled) = (Vec::new(), 0);
        for simulation in 0..simulations {
            let noise = noise.site(&format!("simulation {simulation}"));
            let Dream { latents, values } = predictive.dream(1, &noise)?;
            let simulated = values.only(observed.iter().map(|(site, _)| site));
            let conditioned = Condition::new(model.clone(), simulated);
            let (svi, info, _) = config.fitted(conditioned, data, noise, &mut ())?;
            if info.end == FitEnd::Interrupted {
                break;
            }
            unsettled += usize::from(!info.has_settled());
            add_shares(&mut rows, &latents, &svi.posterior().draws(data, COMPARED)?)?;
        }
        Ok(Calibration { rows, unsettled })
    }
}

/// Adds to each row the share of draws below the true number.
fn add_shares(
    rows: &mut Vec<Calibrated>,
    truth: &Latents,
    draws: &Latents,
) -> Result<(), InferError> {
    let (truth, draws) = (NumberDraws::of(truth, 1), NumberDraws::of(draws, COMPARED));
    let draws = draws.by_name();
    for (name, value) in truth.iter() {
        let column =
            draws.get(name).ok_or_else(|| InferError::NotFitted { number: name.into() })?;
        let below = column.iter().filter(|draw| **draw < value[0]).count();
        let share = below as f64 / COMPARED as f64;
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.shares.push(share),
            None => rows.push(Calibrated { name: name.to_string(), shares: vec![share] }),
        }
    }
    Ok(())
}
