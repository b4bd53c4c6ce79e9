//! Deterministic optimization: the draws are fixed.

use burn::module::Module;
use burn::optim::{GradientsParams, LBFGSConfig};
use burn::tensor::Tensor;
use elbo_dist::{Place, cholesky, solve_lower, solve_lower_transposed};
use elbo_guide::{Guide, MeanField};
use elbo_model::{Estimator, LogJoint, Path, Term};

use crate::{Controls, Estimate, InferError, Objective, Svi, gradients};

/// What an optimization with fixed draws did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedDrawsInfo {
    /// The bound at the optimum, of the fixed draws.
    pub bound: f64,
    /// The evaluations of the bound and its gradient.
    pub evaluations: usize,
    /// The norm of the gradient of all parameters, at the optimum.
    pub gradient_norm: f64,
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// Maximizes the bound of one set of draws, those of the present step, to its optimum by L-BFGS.
    ///
    /// A bound of fixed draws is a deterministic function, so that there is no learning rate to tune and an end to reach.
    /// Take tens of particles, and double precision.
    ///
    /// # Errors
    /// [`InferError::NotDeterministic`] for an objective whose loss is not its bound, or a site whose gradient is not that of
    /// its draws, and those of [`Svi::step`]; the parameters are then as before the call.
    ///
    /// # Example
    /// ```
    /// use burn::optim::{LBFGSConfig, LineSearchFn};
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal, Place};
    /// use elbo_guide::MeanField;
    /// use elbo_infer::{Elbo, Svi};
    /// use elbo_model::{Layout, Model, Trace};
    ///
    /// fn chain(t: &mut Trace, x: &Tensor<2>) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     t.observe("x", Normal::new(z, 1.0), x.clone());
    /// }
    ///
    /// let place = Place::f64(&Device::flex()).unwrap();
    /// let mut noise = Noise::new(0, &place);
    /// let x = place.tensor(vec![1.0], [1, 1]);
    /// let layout = Layout::discover(&chain, &x, &noise).unwrap();
    /// let guide = MeanField::new(&layout, &chain, &x, &mut noise).unwrap();
    /// let mut svi = Svi::new(Model::new(chain), guide, Elbo, noise).with_particles(30);
    /// let config = LBFGSConfig::new().with_max_iter(100).with_line_search_fn(LineSearchFn::StrongWolfe);
    /// let info = svi.run_fixed_draws(&x, &config).unwrap();
    /// assert!(info.gradient_norm < 1e-5);
    /// // The posterior is N(½, ½); thirty draws stand for all of them.
    /// let covariance = svi.linear_response(&x).unwrap();
    /// assert!((covariance.into_scalar::<f64>() - 0.5).abs() < 0.5 / 30.0_f64.sqrt());
    /// ```
    ///
    /// # References
    /// Giordano, Ingram & Broderick (2024), *Black box variational inference with a deterministic objective*.
    pub fn run_fixed_draws<B>(
        &mut self,
        data: &B,
        config: &LBFGSConfig,
    ) -> Result<FixedDrawsInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.check_settings()?;
        self.check_deterministic(data)?;
        let start = self.modules().clone();
        let (mut failure, mut evaluations) = (None, 0);
        let evaluate = |modules: (M, G)| {
            evaluations += 1;
            match self.loss_at(modules, data) {
                Ok((loss, _, gradient)) => (loss, gradient),
                Err(error) => {
                    failure.get_or_insert(error);
                    (f64::NAN, gradients::zeros(&start))
                }
            }
        };
        let (modules, _) = config.init().step(1.0, start.clone(), evaluate);
        let last = match failure {
            Some(error) => Err(error),
            None => self.loss_at(modules.clone(), data),
        };
        let outcome = last.map(|(_, bound, gradient)| {
            let gradient_norm = gradients::norm(self.modules(), &gradient);
            FixedDrawsInfo { bound, evaluations, gradient_norm }
        });
        let controls = self.all_modules().1.clone();
        let kept = if outcome.is_ok() { modules } else { start };
        self.modules = Some((kept, controls));
        self.ascent = None; // a fit is no longer where it was
        outcome
    }

    /// Checks that the loss is the bound, up to its sign, and its gradient that of the bound.
    fn check_deterministic<B>(&self, data: &B) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let plan = self.objective.plan();
        let terms = self.terms(data, &plan, self.noise.at_step(self.step), true)?;
        let differentiable = |term: &Term| {
            let estimator = term.estimator.estimator;
            let relaxed = matches!(estimator, Estimator::GumbelSoftmax { .. });
            relaxed || matches!(estimator, Estimator::Pathwise | Estimator::Enumerate)
        };
        let full = plan.path() == Path::Full && terms.log_q.iter().all(differentiable);
        let Estimate { loss, bound, .. } = self.estimate(&terms, self.members::<B>())?;
        let [loss, bound] = [loss, bound].map(|x| x.into_scalar::<f64>().abs());
        let loss = loss / self.members::<B>() as f64;
        match full && (loss - bound).abs() <= 1e-6 * (1.0 + bound) {
            true => Ok(()),
            false => Err(InferError::NotDeterministic),
        }
    }

    /// The loss of the fixed draws, the bound and the gradient, zeros where a parameter has none.
    fn loss_at<B>(
        &mut self,
        modules: (M, G),
        data: &B,
    ) -> Result<(f64, f64, GradientsParams), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Estimate { loss, bound, .. } = self.estimate_at(modules, data)?;
        let value: f64 = loss.clone().into_scalar();
        if !loss.is_tracked() {
            return Err(InferError::NothingToTrain);
        }
        let found = GradientsParams::from_grads(loss.backward(), self.modules());
        Ok((value, bound.into_scalar(), gradients::with_zeros(self.modules(), found)))
    }

    /// The estimate by the fixed draws at other parameters, which become the present ones.
    fn estimate_at<B>(&mut self, modules: (M, G), data: &B) -> Result<Estimate, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let (_, controls) = self.modules.take().expect("a step puts the modules back");
        self.modules = Some((modules, controls));
        let plan = self.objective.plan();
        let terms = self.terms(data, &plan, self.noise.at_step(self.step), false)?;
        self.estimate(&terms, self.members::<B>())
    }
}

/// The step of the differences, relative to a parameter's size, about `∛ε`.
const STEP: f64 = 1e-5;

impl<M: Module, O: Objective, C: Module> Svi<M, MeanField, O, C> {
    /// The linear-response estimate of the posterior covariance of all latents on the real line, at an optimum of
    /// [`Svi::run_fixed_draws`].
    ///
    /// `[H⁻¹]_{μμ}`, with the Hessian `H` of the loss in all parameters, whose columns are differences of gradients
    ///
    /// It corrects the variances of a mean-field guide, which are too small, and has the covariances that such a guide lacks.
    ///
    /// # Shapes
    /// `[d, d]`, in the order of the guide's [`FlatLatents`](elbo_guide::FlatLatents).
    ///
    /// # Errors
    /// [`InferError::SinglePrecision`] for a guide that is not in double precision, [`InferError::NotAnOptimum`] if `H` is
    /// not positive definite or a Newton step would gain more than 1e-4 nats, and those of [`Svi::run_fixed_draws`].
    ///
    /// # References
    /// Giordano, Broderick & Jordan (2018), *Covariances, robustness, and variational Bayes*; Giordano, Ingram &
    /// Broderick (2024), section 3.2.
    pub fn linear_response<B>(&mut self, data: &B) -> Result<Tensor<2>, InferError>
    where
        M: LogJoint<B>,
        MeanField: Guide<B>,
        C: Controls<B>,
    {
        let place = self.modules().1.flat().place().clone();
        if place.dtype() != burn::tensor::DType::F64 {
            return Err(InferError::SinglePrecision);
        }
        self.check_deterministic(data)?;
        let start = self.modules().clone();
        let found = self.gradient_at(start.clone(), data);
        let found = found.and_then(|gradient| Ok((gradient, self.hessian(&start, data)?)));
        let controls = self.all_modules().1.clone();
        self.modules = Some((start.clone(), controls));
        let (gradient, hessian) = found?;
        let covariance = inverse_block(hessian, gradient, location(&start), &place)?;
        let units = start.1.units();
        Ok(covariance * units.clone().transpose() * units)
    }

    /// The gradient of the loss in all parameters, one after the other.
    fn gradient_at<B>(&mut self, modules: (M, MeanField), data: &B) -> Result<Vec<f64>, InferError>
    where
        M: LogJoint<B>,
        MeanField: Guide<B>,
        C: Controls<B>,
    {
        let (_, _, found) = self.loss_at(modules, data)?;
        let found = gradients::by_parameter(self.modules(), &found);
        Ok(found.into_iter().flat_map(|(_, gradient)| gradient).collect())
    }

    /// The columns of the Hessian of the loss, by differences of gradients.
    fn hessian<B>(&mut self, start: &(M, MeanField), data: &B) -> Result<Vec<Vec<f64>>, InferError>
    where
        M: LogJoint<B>,
        MeanField: Guide<B>,
        C: Controls<B>,
    {
        let at = gradients::values(start);
        let mut gradient = |parameter: usize, to: f64| -> Result<Vec<f64>, InferError> {
            self.gradient_at(gradients::with_value(start.clone(), parameter, to), data)
        };
        let mut columns = Vec::new();
        for (parameter, value) in at.iter().enumerate() {
            let step = STEP * value.abs().max(1.0);
            let ends = [gradient(parameter, value + step)?, gradient(parameter, value - step)?];
            let slope = ends[0].iter().zip(&ends[1]).map(|(up, down)| (up - down) / (2.0 * step));
            columns.push(slope.collect());
        }
        Ok(columns)
    }
}

/// The elements of the guide's location among all parameters.
fn location<M: Module>(modules: &(M, MeanField)) -> std::ops::Range<usize> {
    let before = gradients::values(&modules.0).len();
    before..before + modules.1.flat().len()
}

/// The nats that a Newton step may promise at an optimum.
const OPTIMUM: f64 = 1e-4;

/// The block of the inverse of a Hessian, at whose point the gradient is next to 0.
fn inverse_block(
    columns: Vec<Vec<f64>>,
    gradient: Vec<f64>,
    block: std::ops::Range<usize>,
    place: &Place,
) -> Result<Tensor<2>, InferError> {
    let n = columns.len();
    let matrix: Tensor<2> = place.tensor(columns.concat(), [n, n]);
    let symmetric = (matrix.clone() + matrix.transpose()) * 0.5;
    let factor = cholesky(symmetric).map_err(|_| InferError::NotAnOptimum)?;
    let whitened = solve_lower(factor.clone(), place.tensor::<2>(gradient, [n, 1]));
    let gain = 0.5 * whitened.square().sum().into_scalar::<f64>();
    if gain.is_nan() || gain > OPTIMUM {
        return Err(InferError::NotAnOptimum);
    }
    let size = block.len();
    let ones = (0..n * size).map(|i| f64::from(u8::from(i / size == block.start + i % size)));
    let columns: Tensor<2> = place.tensor(ones.collect(), [n, size]);
    let solved = solve_lower_transposed(factor.clone(), solve_lower(factor, columns));
    Ok(solved.narrow(0, block.start, size))
}
