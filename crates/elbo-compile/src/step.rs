//! Steps of a mean-field fit on the host.

use elbo_dist::{HALF_LN_TWO_PI, Noise};

use crate::{CompileError, Compiled};

/// A mean-field fit of a compiled density by Adam: the steps of `Svi` with `MeanField` and `Elbo`, without Burn.
///
/// `L = E[log p(x, μ + e^ω ε)] + Σ ω + d/2 (1 + log 2π)` by the mean over particles, with the noise and the formulas of those
/// steps.
///
/// # References
/// Kucukelbir, Tran, Ranganath, Gelman & Blei (2017), *Automatic differentiation variational inference*; Kingma & Ba (2015).
#[derive(Clone, Debug)]
pub struct MeanFieldSteps {
    density: Compiled,
    noise: Noise,
    step: u64,
    /// `e^ω`
    scale: Vec<f32>,
    /// The draws.
    z: Vec<f32>,
    loc: Parameter,
    log_scale: Parameter,
}

/// Numbers that Adam moves.
#[derive(Clone, Debug)]
struct Parameter {
    value: Vec<f32>,
    gradient: Vec<f32>,
    moments: [Vec<f32>; 2],
}

const LEARNING_RATE: f64 = 0.01;
const BETAS: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

impl MeanFieldSteps {
    /// Begins at this location and log-scale, with the noise that `Svi::new` would be given. The density has a number a row.
    ///
    /// # Errors
    /// [`CompileError::Input`] if either does not have as many numbers as the density has columns.
    pub fn new(
        density: Compiled,
        loc: &[f32],
        log_scale: &[f32],
        mut noise: Noise,
    ) -> Result<Self, CompileError> {
        let [particles, expected] = density.shape();
        for found in [loc.len(), log_scale.len()] {
            if found != expected {
                return Err(CompileError::Input { expected, found });
            }
        }
        Ok(Self {
            density,
            noise: noise.split(),
            step: 0,
            scale: vec![0.0; expected],
            z: vec![0.0; particles * expected],
            loc: Parameter::new(loc),
            log_scale: Parameter::new(log_scale),
        })
    }

    /// The location.
    pub fn loc(&self) -> &[f32] {
        &self.loc.value
    }

    /// The logarithm of the scale.
    pub fn log_scale(&self) -> &[f32] {
        &self.log_scale.value
    }

    /// Takes a step; returns the estimate of the bound before it.
    ///
    /// # Errors
    /// [`CompileError::NonFinite`]; the parameters are then as before.
    pub fn step(&mut self) -> Result<f64, CompileError> {
        let [particles, size] = self.density.shape();
        let mut noise = self.noise.at_step(self.step).split();
        let eps = noise.normal([particles, size]).into_data();
        let eps = eps.as_slice::<f32>().expect("the noise is in single precision");
        self.draw(eps);
        let (values, slopes) = self.density.run(&self.z)?;
        let log_p = values.iter().map(|value| f64::from(*value)).sum::<f64>();
        let squares: f64 = eps.iter().map(|eps| f64::from(eps * eps)).sum();
        let spread: f64 = self.log_scale.value.iter().map(|omega| f64::from(*omega)).sum();
        let constant = spread + HALF_LN_TWO_PI * size as f64;
        let bound = (log_p + 0.5 * squares) / particles as f64 + constant;
        if !bound.is_finite() {
            return Err(CompileError::NonFinite { step: self.step, bound });
        }
        // Of -L, by `∂z/∂μ = 1`, `∂z/∂ω = e^ω ε` and `∂ Σ ω / ∂ω = 1`.
        let weight = -1.0 / particles as f32;
        self.loc.gradient.fill(0.0);
        self.log_scale.gradient.fill(-1.0);
        for (slope, eps) in slopes.chunks_exact(size.max(1)).zip(eps.chunks_exact(size.max(1))) {
            for i in 0..size {
                let slope = weight * slope[i];
                self.loc.gradient[i] += slope;
                self.log_scale.gradient[i] += slope * (eps[i] * self.scale[i]);
            }
        }
        let gradients = self.loc.gradient.iter().chain(&self.log_scale.gradient);
        if !gradients.copied().all(f32::is_finite) {
            return Err(CompileError::NonFinite { step: self.step, bound });
        }
        self.step += 1;
        self.loc.descend(self.step);
        self.log_scale.descend(self.step);
        Ok(bound)
    }

    /// `z = μ + e^ω ε`
    fn draw(&mut self, eps: &[f32]) {
        let omegas = &self.log_scale.value;
        self.scale.iter_mut().zip(omegas).for_each(|(scale, omega)| *scale = omega.exp());
        let size = self.scale.len();
        for (z, eps) in self.z.chunks_exact_mut(size.max(1)).zip(eps.chunks_exact(size.max(1))) {
            for i in 0..size {
                z[i] = eps[i] * self.scale[i] + self.loc.value[i];
            }
        }
    }
}

impl Parameter {
    fn new(value: &[f32]) -> Self {
        let zeros = || vec![0.0; value.len()];
        Self { value: value.to_vec(), gradient: zeros(), moments: [zeros(), zeros()] }
    }

    /// The update of Adam, in double precision and rounded once.
    fn descend(&mut self, time: u64) {
        let [corrected, root] = BETAS.map(|beta| 1.0 - beta.powi(time as i32));
        let (rate, root) = (LEARNING_RATE / corrected, root.sqrt().recip());
        let [first, second] = &mut self.moments;
        let moments = first.iter_mut().zip(second);
        let numbers = self.value.iter_mut().zip(&self.gradient);
        for ((value, gradient), (first, second)) in numbers.zip(moments) {
            let gradient = f64::from(*gradient);
            let mean = f64::from(*first) * BETAS[0] + gradient * (1.0 - BETAS[0]);
            let square = f64::from(*second) * BETAS[1] + gradient * gradient * (1.0 - BETAS[1]);
            let change = mean * rate / (square.sqrt() * root + EPSILON);
            *value = (f64::from(*value) - change) as f32;
            (*first, *second) = (mean as f32, square as f32);
        }
    }
}
