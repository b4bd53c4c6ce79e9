//! Measured noise of gradients.

use burn::module::Module;
use burn::optim::GradientsParams;
use elbo_guide::Guide;
use elbo_model::{LogJoint, Plan};

use crate::scored::at_least;
use crate::{Controls, Estimate, InferError, Objective, Svi, gradients};

/// The mean and the variance of the gradient of a parameter, element by element, over independent draws.
///
/// The gradient is that of the loss, which an optimizer goes down.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientMoments {
    /// The parameter's path in the pair (model, guide).
    pub parameter: String,
    /// The draws.
    pub draws: usize,
    /// The mean of each element.
    pub mean: Vec<f64>,
    /// The variance of each element of one draw, with `n - 1`.
    pub variance: Vec<f64>,
}

impl GradientMoments {
    /// The sum of the variances: the mean squared distance of a draw from the mean.
    pub fn total_variance(&self) -> f64 {
        self.variance.iter().sum()
    }

    /// The standard error of each element of the mean.
    pub fn standard_error(&self) -> Vec<f64> {
        self.variance.iter().map(|variance| (variance / self.draws as f64).sqrt()).collect()
    }
}

/// Sums of gradients and of their squares, about the first.
struct Sums {
    parameter: String,
    first: Vec<f64>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    fn add(&mut self, gradient: &[f64]) {
        for (i, value) in gradient.iter().enumerate() {
            let apart = value - self.first[i];
            self.sum[i] += apart;
            self.squares[i] += apart * apart;
        }
    }

    fn moments(self, draws: usize) -> GradientMoments {
        let n = draws as f64;
        let mean = self.first.iter().zip(&self.sum).map(|(first, sum)| first + sum / n).collect();
        let spread = self.sum.iter().zip(&self.squares);
        let variance =
            spread.map(|(sum, squares)| ((squares - sum * sum / n) / (n - 1.0)).max(0.0));
        let variance = variance.collect();
        GradientMoments { parameter: self.parameter, draws, mean, variance }
    }
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// The mean and variance of the gradient of each parameter of model and guide at their present values, over `draws`
    /// independent steps that are not taken. What control variates know stays as it is, and their own parameters do not
    /// count.
    ///
    /// # Errors
    /// As [`Svi::step`], and [`InferError::NoDraws`] for fewer than 2.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_guide::MeanField;
    /// use elbo_infer::{Elbo, StickingTheLanding, Svi};
    /// use elbo_model::{Layout, Model, Trace};
    ///
    /// fn model(t: &mut Trace, _: &()) {
    ///     t.sample("z", Normal::<2>::new(0.0, 0.1)); // where the guide starts
    /// }
    ///
    /// let mut noise = Noise::new(0, &Device::flex());
    /// let layout = Layout::discover(&model, &(), &noise).unwrap();
    /// let at = layout.at([("z", layout.place().zeros::<2>([1, 1]))]);
    /// let config = elbo_guide::MeanFieldConfig::new().with_init(elbo_guide::Init::Value(at));
    /// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
    /// let svi = Svi::new(Model::new(model), guide.clone(), Elbo, noise.clone());
    /// let plain = svi.gradient_moments(&(), 100).unwrap();
    /// assert!(plain[0].total_variance() > 10.0); // 1 / 0.1²
    /// let svi = Svi::new(Model::new(model), guide, StickingTheLanding, noise);
    /// let stuck = svi.gradient_moments(&(), 100).unwrap();
    /// assert!(stuck[0].total_variance() < 1e-6);
    /// ```
    pub fn gradient_moments<B>(
        &self,
        batch: &B,
        draws: usize,
    ) -> Result<Vec<GradientMoments>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.moments(batch, &self.objective.plan(), draws)
    }

    /// The moments of the gradient by draws as `plan` asks for them.
    pub(crate) fn moments<B>(
        &self,
        batch: &B,
        plan: &Plan,
        draws: usize,
    ) -> Result<Vec<GradientMoments>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.check_settings()?;
        at_least(2, draws, "a variance of gradients")?;
        let mut sums: Vec<Sums> = Vec::new();
        let noise = self.noise.at_step(self.step).site("gradient moments");
        for draw in 0..draws {
            let terms = self.terms(batch, plan, noise.at_step(draw as u64), draw == 0)?;
            let Estimate { loss, .. } = self.objective.estimate(&terms)?;
            if !loss.is_tracked() {
                return Err(InferError::NothingToTrain);
            }
            let gradients = GradientsParams::from_grads(loss.backward(), self.modules());
            let found = gradients::by_parameter(self.modules(), &gradients);
            if sums.is_empty() {
                sums = found
                    .iter()
                    .map(|(parameter, gradient)| Sums {
                        parameter: parameter.clone(),
                        first: gradient.clone(),
                        sum: vec![0.0; gradient.len()],
                        squares: vec![0.0; gradient.len()],
                    })
                    .collect();
            }
            for (sums, (_, gradient)) in sums.iter_mut().zip(&found) {
                sums.add(gradient);
            }
        }
        Ok(sums.into_iter().map(|sums| sums.moments(draws)).collect())
    }
}
