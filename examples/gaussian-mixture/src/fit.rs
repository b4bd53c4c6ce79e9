//! The mixture by several methods, from one start.

use std::error::Error;
use std::fmt;

use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use elbo::prelude::*;

use crate::{Em, GaussianMixture, Points, PointsError};

/// A way to fit the mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Sweeps over the program's sites, each set to its optimum.
    CoordinateAscent,
    /// Natural-gradient steps of falling size on minibatches.
    NaturalGradients,
    /// Adam with sums over the components of each point, all points a step.
    Adam,
    /// Adam with components drawn, and score functions.
    ScoreFunction,
    /// Adam on the program with components summed out: a guide of weights, means and precisions alone.
    Marginalized,
    /// Point estimates of weights, means and variances.
    Em,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CoordinateAscent,
        Self::NaturalGradients,
        Self::Adam,
        Self::ScoreFunction,
        Self::Marginalized,
        Self::Em,
    ];
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CoordinateAscent => "coordinate ascent",
            Self::NaturalGradients => "natural gradients",
            Self::Adam => "Adam",
            Self::ScoreFunction => "Adam, score function",
            Self::Marginalized => "Adam, summed out",
            Self::Em => "EM (log-likelihood)",
        })
    }
}

/// How to fit.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is computed.
    pub place: Place,
    /// The components.
    pub components: usize,
    /// Passes over the points by coordinate ascent, natural gradients and EM.
    pub passes: usize,
    /// Passes by Adam, a step each.
    pub adam_passes: usize,
    /// Points a minibatch.
    pub batch: usize,
    /// The learning rate of Adam.
    pub learning_rate: f64,
    /// The seed of all noise.
    pub seed: u64,
}

/// A fit on its way.
#[derive(Clone, Debug)]
pub struct Course {
    /// The method.
    pub method: Method,
    /// Passes over the points with the bound after them, in nats: exact means, with the best components given the rest for a guide without them; of EM the
    /// log-likelihood.
    pub bounds: Vec<(f64, f64)>,
    /// What it came to.
    pub components: Vec<Component>,
}

/// A component as it was fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Its mean weight.
    pub weight: f64,
    /// Its mean location.
    pub mean: [f64; 2],
    /// Its standard deviations, at the mean precision.
    pub scale: [f64; 2],
}

impl Course {
    /// The last bound.
    pub fn bound(&self) -> f64 {
        self.bounds.last().map_or(f64::NAN, |(_, bound)| *bound)
    }

    /// The passes after which the bound stays within `nats` of `best`.
    pub fn passes_to(&self, best: f64, nats: f64) -> Option<f64> {
        let late = self.bounds.iter().rev().take_while(|(_, bound)| best - bound <= nats);
        late.last().map(|(passes, _)| *passes)
    }
}

/// Fits `points` by a method.
///
/// # Errors
/// [`PointsError::Few`], and what a fit fails with.
pub fn run(
    method: Method,
    points: &[[f64; 2]],
    options: &Options,
) -> Result<Course, Box<dyn Error>> {
    let k = options.components;
    if points.len() < k || k < 2 {
        return Err(PointsError::Few { found: points.len(), components: k.max(2) }.into());
    }
    if method == Method::Em {
        return em(points, options);
    }
    let fit = Fit::new(points, options)?;
    match method {
        Method::CoordinateAscent => fit.coordinate_ascent(),
        Method::NaturalGradients => fit.natural_gradients(),
        _ => fit.adam(method),
    }
}

fn em(points: &[[f64; 2]], options: &Options) -> Result<Course, Box<dyn Error>> {
    let mut em = Em::new(&starts(points, options.components));
    let ascent = CoordinateAscent::new().with_max_sweeps(options.passes);
    let info = ascent.run(&mut em, points.to_vec().as_ref(), |_, _| ())?;
    let bounds = info.bounds.iter().enumerate().map(|(pass, bound)| (pass as f64, *bound));
    Ok(Course { method: Method::Em, bounds: bounds.collect(), components: em.components() })
}

/// Points that are far apart: the first, then each farthest from those before it.
pub fn starts(points: &[[f64; 2]], count: usize) -> Vec<[f64; 2]> {
    let apart = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let mut chosen: Vec<[f64; 2]> = points.iter().take(1).copied().collect();
    while chosen.len() < count {
        let nearest = |point: &&[f64; 2]| {
            chosen.iter().map(|other| apart(point, other)).fold(f64::INFINITY, f64::min)
        };
        let next = points.iter().max_by(|a, b| nearest(a).total_cmp(&nearest(b)));
        chosen.extend(next);
    }
    chosen
}

struct Fit<'a> {
    model: GaussianMixture,
    options: &'a Options,
    data: Points,
    /// Of weights, means and precisions.
    globals: ExponentialFamily,
    /// Of components, too.
    all: ExponentialFamily,
    noise: Noise,
}

impl<'a> Fit<'a> {
    fn new(points: &[[f64; 2]], options: &'a Options) -> Result<Self, Box<dyn Error>> {
        let model = GaussianMixture { components: options.components };
        let (data, noise) =
            (Points::all(points, &options.place), Noise::new(options.seed, &options.place));
        let layout = Layout::discover(&model, &data, &noise)?;
        let all = ExponentialFamily::of_prior(&layout)?;
        // Means at points that are far apart, with a variance of 1.
        let means = starts(points, options.components).concat();
        let halves = vec![-0.5; means.len()];
        let all = all.with_natural("means", &[means, halves].concat())?;
        let globals = all.only(|site| &*site.name != "c").expect("there are others");
        Ok(Self { model, options, data, globals, all, noise })
    }

    fn natural(&self, guide: ExponentialFamily) -> NaturalSvi<GaussianMixture> {
        NaturalSvi::new(self.model.clone(), guide, self.noise.clone())
    }

    fn course(
        &self,
        method: Method,
        bounds: Vec<(f64, f64)>,
        guide: &ExponentialFamily,
    ) -> Result<Course, Box<dyn Error>> {
        Ok(Course { method, bounds, components: components(guide)? })
    }

    fn coordinate_ascent(&self) -> Result<Course, Box<dyn Error>> {
        let mut natural = self.natural(self.all.clone());
        // Places of single precision round a bound by about 1e-6 of it.
        let ascent =
            CoordinateAscent::new().with_max_sweeps(self.options.passes).with_rounding(1e-5);
        let info = ascent.with_tolerance(1e-7).run(&mut natural, &self.data, |_, _| ())?;
        let bounds = info.bounds.iter().enumerate().map(|(pass, bound)| (pass as f64, *bound));
        self.course(Method::CoordinateAscent, bounds.collect(), natural.guide())
    }

    fn natural_gradients(&self) -> Result<Course, Box<dyn Error>> {
        let sizes = RobbinsMonro::new(1.0, 0.7)?;
        // Means of products have no bias at few points, too.
        let fit = self.natural(self.globals.clone());
        let mut natural = fit.with_step_sizes(sizes).with_points(8);
        let exact = self.exact(&self.globals)?;
        let batches = self.data.batches(self.options.batch);
        let mut bounds = vec![(0.0, exact(natural.guide())?)];
        for pass in 0..self.options.passes {
            let order = self.noise.at_step(pass as u64).site("order").permutation(batches.len());
            for (done, batch) in order.into_iter().enumerate() {
                natural.step(&batches[batch])?;
                let passes = pass as f64 + (done + 1) as f64 / batches.len() as f64;
                if pass == 0 || done + 1 == batches.len() {
                    bounds.push((passes, exact(natural.guide())?));
                }
            }
        }
        self.course(Method::NaturalGradients, bounds, natural.guide())
    }

    /// By Adam: components as latents of the guide, by sums or by score functions, or summed out of the program.
    fn adam(&self, method: Method) -> Result<Course, Box<dyn Error>> {
        let model = self.model.clone();
        let elbo = |estimator| Elbo.with_estimator("c", estimator);
        match method {
            Method::Marginalized => {
                let program = move |t: &mut Trace, d: &Points| model.run_marginalized(t, d);
                self.by_adam(method, Model::new(program), &self.globals, Elbo)
            }
            Method::ScoreFunction => {
                self.by_adam(method, model, &self.all, elbo(Estimator::LEAVE_ONE_OUT))
            }
            _ => self.by_adam(method, model, &self.all, elbo(Estimator::Enumerate)),
        }
    }

    fn by_adam<M: Program<Points> + Module>(
        &self,
        method: Method,
        model: M,
        guide: &ExponentialFamily,
        objective: impl Objective,
    ) -> Result<Course, Box<dyn Error>> {
        // A learning rate that falls to a hundredth.
        let Options { learning_rate, adam_passes, .. } = *self.options;
        let fall = 0.01_f64.powf((adam_passes as f64).recip());
        let schedule = ExponentialLrSchedulerConfig::new(learning_rate, fall).init()?;
        let mut svi = Svi::new(model, guide.clone(), objective, self.noise.clone())
            .with_schedule(schedule)
            .with_particles(8);
        let (exact, mut done) = (self.exact(guide)?, 0);
        let mut bounds = vec![(0.0, exact(guide)?)];
        while done < adam_passes {
            // Bounds at steps that are apart by a fifth of them.
            let steps = (done / 5).clamp(1, 100).min(adam_passes - done);
            svi.run(steps, &self.data, &mut ())?;
            done += steps;
            bounds.push((done as f64, exact(svi.posterior().guide())?));
        }
        self.course(method, bounds, svi.posterior().guide())
    }

    /// The exact bound of guides of the same sites as this one.
    fn exact(
        &self,
        guide: &ExponentialFamily,
    ) -> Result<impl Fn(&ExponentialFamily) -> Result<f64, InferError>, InferError> {
        let mut natural = self.natural(guide.clone());
        natural.step(&self.data)?; // which finds out what is conjugate
        Ok(move |guide: &ExponentialFamily| {
            natural.clone().with_guide(guide.clone()).bound(&self.data)
        })
    }
}

/// The components of a guide at the means of its parameters.
fn components(guide: &ExponentialFamily) -> Result<Vec<Component>, Box<dyn Error>> {
    let alpha: Vec<f64> = guide.natural("weights")?.iter().map(|eta| eta + 1.0).collect();
    let (means, precisions) = (guide.natural("means")?, guide.natural("precisions")?);
    let (n, all) = (means.len() / 2, alpha.iter().sum::<f64>());
    let mean = |i: usize| means[i] / (-2.0 * means[n + i]);
    let scale = |i: usize| (-precisions[n + i] / (precisions[i] + 1.0)).sqrt(); // 1 / √(a / b)
    let component = |(k, alpha): (usize, &f64)| Component {
        weight: alpha / all,
        mean: [0, 1].map(|axis| mean(2 * k + axis)),
        scale: [0, 1].map(|axis| scale(2 * k + axis)),
    };
    Ok(alpha.iter().enumerate().map(component).collect())
}
