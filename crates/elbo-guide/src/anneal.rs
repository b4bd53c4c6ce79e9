//! Hamiltonian steps from normals to a posterior, and their reverse.

use burn::tensor::Tensor;
use elbo_dist::Noise;
use elbo_model::{ModelError, Path};

use crate::family::standard_log_prob;

/// Annealing to the density whose logarithm and gradient `slope` gives at points.
pub(crate) struct Annealing<F> {
    pub slope: F,
    /// As constants.
    pub at: Trained,
    /// The length of a central difference of gradients, in deviations of the normals.
    pub length: f64,
}

/// What is trained: with gradients, or as constants.
#[derive(Clone)]
pub(crate) struct Trained {
    /// `[1, d]`
    pub loc: Tensor<2>,
    /// `[1, d]`
    pub log_scale: Tensor<2>,
    /// `[1, 1]`
    pub step: Tensor<2>,
    /// `[1, 1]`
    pub keep: Tensor<2>,
    /// `[1, K]`
    pub betas: Tensor<2>,
}

impl Trained {
    pub fn constant(&self) -> Self {
        let Self { loc, log_scale, step, keep, betas } = self.clone();
        let [loc, log_scale, step, keep, betas] =
            [loc, log_scale, step, keep, betas].map(Tensor::inner);
        Self { loc, log_scale, step, keep, betas }
    }

    fn beta(&self, k: usize) -> Tensor<2> {
        self.betas.clone().narrow(1, k, 1)
    }

    /// `1 - β`
    fn rest(&self, k: usize) -> Tensor<2> {
        self.beta(k) * -1.0 + 1.0
    }

    /// `√(1 - γ²)`
    fn fresh(&self) -> Tensor<2> {
        (self.keep.clone().square() * -1.0 + 1.0).sqrt()
    }

    /// `1 / σ²`
    fn precision(&self) -> Tensor<2> {
        (self.log_scale.clone() * -2.0).exp()
    }

    /// `(z - μ) / σ²`, the gradient of `-log q₀`.
    fn pull(&self, z: &Tensor<2>) -> Tensor<2> {
        (z.clone() - self.loc.clone()) * self.precision()
    }
}

/// The derivatives of a particle's log-weight by what is trained.
pub(crate) struct Slopes {
    loc: Tensor<2>,
    log_scale: Tensor<2>,
    step: Tensor<2>,
    keep: Tensor<2>,
    betas: Vec<Tensor<2>>,
}

/// A leapfrog step as it was taken.
struct Leap {
    /// The momenta before and after.
    before: Tensor<2>,
    after: Tensor<2>,
    /// The point in the middle, and the gradient of the model's density there.
    middle: Tensor<2>,
    slope: Tensor<2>,
    /// What came into the momentum after it.
    refreshed: Option<Tensor<2>>,
}

/// The way of a set of particles.
pub(crate) struct Way {
    eps: Tensor<2>,
    leaps: Vec<Leap>,
    pub end: Tensor<2>,
    pub log_q: Tensor<2>,
}

impl<F: Fn(Tensor<2>) -> Result<[Tensor<2>; 2], ModelError>> Annealing<F> {
    /// Takes so many particles along.
    pub fn way(&self, particles: usize, noise: &mut Noise) -> Result<Way, ModelError> {
        let at = &self.at;
        let shape = [particles, at.loc.dims()[1]];
        let eps: Tensor<2> = noise.normal(shape);
        let mut z = eps.clone() * at.log_scale.clone().exp() + at.loc.clone();
        let mut log_q = standard_log_prob(eps.clone()) - at.log_scale.clone().sum_dim(1);
        let mut v: Tensor<2> = noise.normal(shape);
        let half = at.step.clone() * 0.5;
        let fresh = at.fresh();
        let steps = at.betas.dims()[1];
        let mut leaps = Vec::with_capacity(steps);
        for k in 0..steps {
            let middle = z + v.clone() * half.clone();
            let [_, slope] = (self.slope)(middle.clone())?;
            let force = slope.clone() * at.beta(k) - at.pull(&middle) * at.rest(k);
            let after = v.clone() + force * at.step.clone();
            z = middle.clone() + after.clone() * half.clone();
            log_q = log_q + (after.clone().square() - v.clone().square()).sum_dim(1) * 0.5;
            let refreshed = (k + 1 < steps).then(|| noise.normal(shape));
            let next = match &refreshed {
                None => after.clone(),
                Some(eta) => after.clone() * at.keep.clone() + eta.clone() * fresh.clone(),
            };
            leaps.push(Leap { before: v, after, middle, slope, refreshed });
            v = next;
        }
        Ok(Way { eps, leaps, end: z, log_q })
    }

    /// The reverse of the way: the derivatives of `log p - log q` of each particle.
    pub fn slopes(&self, way: &Way, path: Path) -> Result<Slopes, ModelError> {
        let at = &self.at;
        let precision = at.precision();
        let [_, mut z_bar] = (self.slope)(way.end.clone())?;
        let zero = z_bar.zeros_like();
        let one = zero.clone().narrow(1, 0, 1);
        let (mut loc, mut log_scale) = (zero.clone(), zero.clone());
        let (mut step, mut keep) = (one.clone(), one);
        let mut betas = Vec::new();
        let mut v_bar = zero;
        let dot = |a: &Tensor<2>, b: &Tensor<2>| (a.clone() * b.clone()).sum_dim(1);
        let half = at.step.clone() * 0.5;
        let fresh = at.fresh();
        for (k, leap) in way.leaps.iter().enumerate().rev() {
            if let Some(eta) = &leap.refreshed {
                let turned = eta.clone() * (at.keep.clone() / fresh.clone());
                keep = keep + dot(&v_bar, &(leap.after.clone() - turned));
                v_bar = v_bar * at.keep.clone();
            }
            // z = middle + ε/2 v', and -½ |v'|² of the weight.
            v_bar = v_bar - leap.after.clone() + z_bar.clone() * half.clone();
            step = step + dot(&z_bar, &leap.after) * 0.5;
            // v' = v + ε (β ∇log p - (1 - β) (z - μ) / σ²)
            let (beta, rest) = (at.beta(k), at.rest(k));
            let pull = at.pull(&leap.middle);
            let force = leap.slope.clone() * beta.clone() - pull.clone() * rest.clone();
            step = step + dot(&v_bar, &force);
            let force_bar = v_bar.clone() * at.step.clone();
            betas.push(dot(&force_bar, &(leap.slope.clone() + pull.clone())));
            let pulled = force_bar.clone() * rest;
            loc = loc + pulled.clone() * precision.clone();
            log_scale = log_scale + pulled.clone() * pull * 2.0;
            let bent = self.hessian_times(&leap.middle, force_bar * beta)?;
            z_bar = z_bar + bent - pulled * precision.clone();
            // middle = z + ε/2 v, and ½ |v|² of the weight.
            step = step + dot(&z_bar, &leap.before) * 0.5;
            v_bar = v_bar + z_bar.clone() * half.clone() + leap.before.clone();
        }
        betas.reverse();
        // z₀ = μ + σ ε, and -log q₀(z₀): by all of it, or through the draw alone.
        let scale = at.log_scale.clone().exp();
        let (of_loc, of_log_scale) = match path {
            Path::Full => (loc.zeros_like(), loc.ones_like()),
            Path::DrawsOnly => (way.eps.clone() / scale.clone(), way.eps.clone().square()),
        };
        Ok(Slopes {
            loc: loc + z_bar.clone() + of_loc,
            log_scale: log_scale + z_bar * scale * way.eps.clone() + of_log_scale,
            step,
            keep,
            betas,
        })
    }

    /// The Hessian of the model's log-density times a vector, by a central difference of gradients along it.
    fn hessian_times(&self, at: &Tensor<2>, vector: Tensor<2>) -> Result<Tensor<2>, ModelError> {
        let particles = at.dims()[0];
        // In deviations of the normals, whose size is all that is known of the density's.
        let scaled = vector.clone() * (self.at.log_scale.clone() * -1.0).exp();
        let norm = scaled.square().sum_dim(1).sqrt();
        let tiny = f64::from(f32::MIN_POSITIVE);
        let shift = vector / (norm.clone() + tiny) * self.length;
        let both = Tensor::cat(vec![at.clone() + shift.clone(), at.clone() - shift], 0);
        let [_, slopes] = (self.slope)(both)?;
        let difference =
            slopes.clone().narrow(0, 0, particles) - slopes.narrow(0, particles, particles);
        Ok(difference * norm * (0.5 / self.length))
    }
}

impl Slopes {
    /// Nothing in value, whose gradient is that of the log-weights.
    pub fn tied_to(self, trained: &Trained) -> Tensor<2> {
        let apart = |of: &Tensor<2>| of.clone() - Tensor::from_inner(of.clone().inner());
        let on = |slope: Tensor<2>| Tensor::from_inner(slope);
        let betas = Tensor::cat(self.betas, 1);
        (on(self.loc) * apart(&trained.loc)).sum_dim(1)
            + (on(self.log_scale) * apart(&trained.log_scale)).sum_dim(1)
            + on(self.step) * apart(&trained.step)
            + on(self.keep) * apart(&trained.keep)
            + (on(betas) * apart(&trained.betas)).sum_dim(1)
    }
}
