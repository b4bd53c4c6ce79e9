//! The expected log-joint of a model and its slopes.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Gradients, Tensor};
use elbo_dist::Noise;
use elbo_guide::{Draw, ExponentialFamily, Guide, Nodes};
use elbo_model::{Enumerated, Estimator, Latents, LogJoint, LogTerms, Plan, Site, Value};

use crate::additive::{self, Weights};
use crate::{InferError, Terms};

/// Points of the continuous latents that a model is evaluated at, beside all values of the discrete ones.
pub(super) struct Points {
    /// The points, of which a site may have all or share one.
    pub count: usize,
    /// Of each site its numbers, row by row.
    pub sites: Vec<(Arc<str>, Vec<f64>)>,
}

impl Points {
    pub fn of(nodes: &Nodes, count: usize) -> Self {
        let site = |(name, values): (&str, &[f64])| (name.into(), values.to_vec());
        Self { count, sites: nodes.values().map(site).collect() }
    }

    /// The first point, with four others of one site.
    pub fn probing(&self, site: &str, values: Vec<f64>) -> Self {
        let first = |(name, numbers): &(Arc<str>, Vec<f64>)| match **name == *site {
            true => (name.clone(), values.clone()),
            false => (name.clone(), numbers[..numbers.len() / self.count].to_vec()),
        };
        Self { count: 4, sites: self.sites.iter().map(first).collect() }
    }
}

/// A log-joint at points, ready to be differentiated.
pub(super) struct Evaluated {
    terms: Terms<'static>,
    /// The points of each continuous site, whose slopes are wanted.
    leaves: Vec<(Arc<str>, Tensor<2>)>,
    guide: ExponentialFamily,
    count: usize,
}

/// The mean of some terms of a log-joint, and its slopes.
pub(super) struct Slopes {
    pub mean: f64,
    leaves: Vec<(Arc<str>, Tensor<2>)>,
    guide: ExponentialFamily,
    count: usize,
    gradients: Option<Gradients>,
}

/// The discrete sites alone.
pub(super) fn discrete(guide: &ExponentialFamily) -> Option<ExponentialFamily> {
    guide.only(|site| guide.is_discrete(&site.name).unwrap_or(false))
}

impl Evaluated {
    /// At given points.
    pub fn at<B, M: LogJoint<B>>(
        model: &M,
        guide: &ExponentialFamily,
        batch: &B,
        points: &Points,
        noise: &Noise,
    ) -> Result<Self, InferError> {
        let discrete = discrete(guide).map(|guide| guide.train());
        let plan = Plan::default().with_estimator_for_all(Estimator::Enumerate);
        let place = noise.place().clone();
        let Draw { latents: values, log_q } = match &discrete {
            Some(guide) => guide.draw(batch, points.count, &plan, &mut noise.clone())?,
            None => Draw { latents: Latents::new(place.clone()), log_q: LogTerms::default() },
        };
        let (mut continuous, mut leaves) = (Latents::new(place.clone()), Vec::new());
        for (name, numbers) in &points.sites {
            let site = guide.sites().find(|site| site.name == *name).expect("it is the guide's");
            let rows = numbers.len() / site.size();
            let leaf = place.tensor(numbers.clone(), [rows, site.size()]);
            let leaf = Tensor::from_inner(leaf).require_grad();
            let value = shaped(&leaf, site);
            continuous.insert_value(name.clone(), value, Some(site.support));
            leaves.push((name.clone(), leaf));
        }
        let mut latents = continuous.tiled(Enumerated::copies(log_q.enumerated()));
        latents.extend(values);
        let latents = latents.with_noise(noise.site("program"));
        let terms = Terms::new(model.log_joint(&latents, batch)?, log_q);
        let guide = discrete.unwrap_or_else(|| guide.clone());
        Ok(Self { terms, leaves, guide, count: points.count })
    }

    /// At draws, which carry the gradients of the guide's parameters.
    pub fn drawn<B, M: LogJoint<B>>(
        model: &M,
        guide: &ExponentialFamily,
        batch: &B,
        draws: usize,
        noise: &Noise,
    ) -> Result<Self, InferError> {
        let guide = guide.clone().train();
        let names = discrete(&guide);
        let names = names.iter().flat_map(|guide| guide.sites()).map(|site| site.name.to_string());
        let plan = names
            .fold(Plan::default(), |plan, site| plan.with_estimator(&site, Estimator::Enumerate));
        let Draw { latents, log_q } = guide.draw(batch, draws, &plan, &mut noise.site("draws"))?;
        let latents = latents.with_noise(noise.site("program"));
        let terms = Terms::new(model.log_joint(&latents, batch)?, log_q);
        Ok(Self { terms, leaves: Vec::new(), guide, count: draws })
    }

    /// The terms of the log-joint.
    pub fn log_p(&self) -> &LogTerms {
        &self.terms.log_p
    }

    /// The part of the data at hand.
    pub fn fraction(&self) -> f64 {
        self.terms.log_p.iter().map(elbo_model::Term::scale).fold(1.0, f64::max).recip()
    }

    /// Checks the form of the terms, and that what is enumerated reaches no further than its plates.
    pub fn checked(self, noise: &Noise) -> Result<Self, InferError> {
        let particles = self.count * Enumerated::copies(self.terms.enumerated());
        self.terms.check_form(particles, noise.place())?;
        Ok(Self { terms: Terms { check: true, ..self.terms }, ..self })
    }

    /// The mean of the terms that `counts` chooses by their number, with its slopes.
    pub fn slopes(self, counts: impl Fn(usize) -> bool) -> Result<Slopes, InferError> {
        let number = |index| if counts(index) { 1.0 } else { 0.0 };
        let log_p = (0..self.terms.log_p.iter().count()).map(number).collect();
        let log_q = vec![0.0; self.terms.log_q.iter().count()];
        let estimate = additive::estimate(&self.terms, &Weights { log_p, log_q })?;
        let mean: f64 = estimate.bound.into_scalar();
        if !mean.is_finite() {
            self.terms.log_p.check_finite()?;
        }
        let gradients = estimate.loss.is_tracked().then(|| estimate.loss.backward());
        let Self { leaves, guide, count, .. } = self;
        Ok(Slopes { mean, leaves, guide, count, gradients })
    }
}

impl Slopes {
    /// The slopes of the terms at each point of a continuous site, `[S, n]`, row by row.
    pub fn at_points(&self, site: &str) -> Vec<f64> {
        let (_, leaf) =
            self.leaves.iter().find(|(name, _)| **name == *site).expect("it has points");
        let [rows, n] = leaf.dims();
        let gradient = self.gradients.as_ref().and_then(|gradients| leaf.grad(gradients));
        let by_loss = -(self.count as f64);
        match gradient {
            Some(gradient) => gradient.into_data().iter::<f64>().map(|g| by_loss * g).collect(),
            None => vec![0.0; rows * n],
        }
    }

    /// The natural gradient of the mean at a site, from that by its parameters.
    pub fn natural_gradient(&self, site: &str) -> Result<Vec<f64>, InferError> {
        let parameters = self.guide.parameters(site)?;
        let gradient = self.gradients.as_ref().and_then(|gradients| parameters.grad(gradients));
        let gradient = match gradient {
            Some(gradient) => gradient.into_data().iter::<f64>().map(|g| -g).collect(),
            None => vec![0.0; parameters.shape().num_elements()],
        };
        Ok(self.guide.natural_gradient(site, &gradient)?)
    }
}

/// Flat numbers in the shape of a site.
fn shaped(flat: &Tensor<2>, site: &Site) -> Value {
    fn of<const D: usize>(flat: &Tensor<2>, site: &Site) -> Value {
        let rows = flat.dims()[0];
        let shape = std::array::from_fn(|axis| if axis == 0 { rows } else { site.shape[axis] });
        Value::new::<D, _>(flat.clone().reshape::<D, [usize; D]>(shape))
    }
    match site.shape.len() {
        2 => of::<2>(flat, site),
        3 => of::<3>(flat, site),
        4 => of::<4>(flat, site),
        5 => of::<5>(flat, site),
        _ => of::<6>(flat, site),
    }
}
