//! How a proposal draws a site, so that its estimator can do its work.

use burn::tensor::Tensor;
use elbo_dist::{Distribution, Support, ValueKind, score_square, sigmoid, with_particles};

use crate::estimator::InForce;
use crate::relaxation::Form;
use crate::term::{PATHWISE, reduce};
use crate::{Aid, ControlVariate, Enumerated, Estimator, ModelError, Relaxation, Trace, Value};

/// A draw, with what its estimator will need.
pub(crate) struct Proposal<const D: usize, K: ValueKind> {
    pub value: Tensor<D, K>,
    pub estimator: InForce,
    pub aid: Aid,
}

impl<const D: usize, K: ValueKind> Proposal<D, K> {
    /// A value that is no draw, or one whose gradient nobody asks for.
    pub fn plain(value: Tensor<D, K>) -> Self {
        Self { value, estimator: PATHWISE, aid: Aid::None }
    }
}

impl Trace {
    /// Draws a site by the estimator in force.
    pub(crate) fn propose<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
        shape: [usize; D],
        own: Option<Estimator>,
    ) -> Result<Proposal<D, P::Kind>, ModelError> {
        let plan = self.plan.as_ref().expect("a proposal has a plan");
        let estimator = plan.in_force(name, own, P::REPARAMETERIZED, self.base);
        if plan.holds(name) {
            let value = P::Kind::constant(self.draw(name, distribution, shape)?);
            return Ok(Proposal { value, estimator, aid: Aid::None });
        }
        let site = Site { name, distribution, shape, estimator: estimator.estimator };
        self.check_estimator(&site)?;
        let (value, aid) = match estimator.estimator {
            Estimator::Pathwise => (self.draw(name, distribution, shape)?, Aid::None),
            Estimator::ScoreFunction(control) => self.scored(&site, control)?,
            Estimator::Enumerate => (self.enumerate(name, distribution, shape)?, Aid::None),
            Estimator::Disarm => self.antithetic(&site)?,
            Estimator::Rebar { temperature } | Estimator::Relax { temperature } => {
                let relaxation = self.relaxation(&site, temperature)?;
                let hard = relaxation.value(relaxation.hard());
                self.relaxed = true;
                (self.tiled(hard), Aid::Relaxed(Box::new(relaxation)))
            }
            Estimator::GumbelSoftmax { temperature } => {
                (self.softened(&site, temperature, |_, soft| soft)?, Aid::None)
            }
            Estimator::StraightThrough { temperature } => {
                let through = |hard, soft: Tensor<2>| soft.clone() - soft.inner() + hard;
                (self.softened(&site, temperature, through)?, Aid::None)
            }
        };
        Ok(Proposal { value, estimator, aid })
    }

    fn check_estimator<const D: usize, P: Distribution<D>>(
        &self,
        site: &Site<'_, D, P>,
    ) -> Result<(), ModelError> {
        use Estimator::{Disarm, Enumerate, Pathwise, ScoreFunction};
        let estimator = site.estimator;
        if estimator.temperature().is_some_and(|t| !(t.is_finite() && t > 0.0)) {
            return Err(site.unfit("needs a temperature above 0"));
        }
        let needs_others = matches!(
            estimator,
            ScoreFunction(ControlVariate::LeaveOneOut | ControlVariate::OptimalCoefficient)
        );
        if let ScoreFunction(ControlVariate::MovingAverage { decay }) = estimator
            && !(0.0..1.0).contains(&decay)
        {
            return Err(site.unfit("needs a decay from 0 to below 1"));
        }
        match estimator {
            Pathwise if !P::REPARAMETERIZED => Err(site.unfit("needs draws that carry gradients")),
            _ if needs_others && self.base < 2 => Err(site.unfit("needs at least 2 particles")),
            Estimator::Rebar { .. } | Estimator::Relax { .. } if self.enumerated.is_empty() => {
                Ok(())
            }
            _ if self.relaxed => Err(site.unfit("must come before the sites with REBAR or RELAX")),
            Disarm if self.base % 2 == 1 => Err(site.unfit("needs an even number of particles")),
            Pathwise | Enumerate => Ok(()),
            Estimator::GumbelSoftmax { .. } | Estimator::StraightThrough { .. } => Ok(()),
            _ if !self.enumerated.is_empty() => {
                Err(site.unfit("must come before the sites that are enumerated"))
            }
            _ => Ok(()),
        }
    }

    fn scored<const D: usize, P: Distribution<D>>(
        &self,
        site: &Site<'_, D, P>,
        control: ControlVariate,
    ) -> Result<(Tensor<D, P::Kind>, Aid), ModelError> {
        let drawn = self.draw(site.name, site.distribution, site.shape)?;
        let value = P::Kind::constant(drawn);
        let aid = match control {
            ControlVariate::OptimalCoefficient => {
                let square = score_square(site.distribution, value.clone());
                let square = self.hide(site.name, square, || self.place().zeros([1; D]))?;
                Aid::ScoreSquare(reduce(square, self.plates.len()).narrow(0, 0, self.base))
            }
            _ => Aid::None,
        };
        Ok((value, aid))
    }

    /// `b = 1[u < σ(α)]` for the first half of the particles, `b̃ = 1[1 - u < σ(α)]` for the second.
    fn antithetic<const D: usize, P: Distribution<D>>(
        &self,
        site: &Site<'_, D, P>,
    ) -> Result<(Tensor<D, P::Kind>, Aid), ModelError> {
        let form = site.form()?;
        if form != Form::Boolean {
            return Err(site.unfit("needs values 0 and 1"));
        }
        if self.masks.iter().any(|mask| mask.particles() > 1) {
            return Err(site.unfit("needs a mask that all particles share"));
        }
        let logits = self.shared_logits(site, form)?;
        let shape = with_particles(site.shape, self.base / 2);
        let uniform = self.noise.site(site.name).uniform(shape);
        let constant = logits.clone().inner();
        let probs = sigmoid(constant.clone()).expand(shape);
        let bit = |u: Tensor<D>| u.clone().lower(probs.clone()).float().cast(u.dtype());
        let (one, other) = (bit(uniform.clone()), bit(-uniform + 1.0));
        // (-1)^b̃ 1[b ≠ b̃] is b - b̃.
        let slope = (one.clone() - other.clone()) * sigmoid(constant.abs());
        let lever = self.hide(site.name, slope * logits, || self.place().zeros([1; D]))?;
        let value = self.tiled(Value::new(Tensor::cat(vec![one, other], 0)));
        Ok((value, Aid::Antithetic(reduce(lever, self.plates.len()))))
    }

    fn softened<const D: usize, P: Distribution<D>>(
        &self,
        site: &Site<'_, D, P>,
        temperature: f64,
        combine: impl FnOnce(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Result<Tensor<D, P::Kind>, ModelError> {
        let form = site.form()?;
        let shape = with_particles(site.shape, self.particles);
        let logits = flat(site.logits(form, self).expand(shape));
        let z = logits.clone() + form.noise(logits.dims(), &mut self.noise.site(site.name));
        let hard = form.harden(z.clone().inner());
        let value = combine(hard, form.soften(z, temperature)).reshape(shape);
        P::Kind::with_gradient(value).ok_or_else(|| site.unfit("needs a site of kind Float"))
    }

    fn relaxation<const D: usize, P: Distribution<D>>(
        &self,
        site: &Site<'_, D, P>,
        temperature: f64,
    ) -> Result<Relaxation, ModelError> {
        let form = site.form()?;
        if !self.masks.is_empty() {
            return Err(site.unfit("needs a site without a mask"));
        }
        if P::Kind::with_gradient::<D>(self.place().zeros([1; D])).is_none() {
            return Err(site.unfit("needs a site of kind Float"));
        }
        let shape = with_particles(site.shape, self.base);
        let logits = flat(self.shared_logits(site, form)?.expand(shape));
        let restore = move |numbers: Tensor<2>| {
            let particles = numbers.dims()[0];
            Value::new(numbers.reshape(with_particles(shape, particles)))
        };
        Ok(Relaxation::new(form, logits, temperature, &mut self.noise.site(site.name), restore))
    }

    /// Log-odds, or log-probabilities, that do not depend on other draws.
    fn shared_logits<const D: usize, P: Distribution<D>>(
        &self,
        site: &Site<'_, D, P>,
        form: Form,
    ) -> Result<Tensor<D>, ModelError> {
        let logits = site.logits(form, self);
        match logits.dims()[0] {
            1 => Ok(logits.expand(with_particles(site.shape, 1))),
            _ => Err(site.unfit("needs parameters that all particles share, which those of a site after other draws are not")),
        }
    }

    /// The values of an enumerated site, one after the other on axis 0; the first of them as long as it is not known
    /// how many copies of the particles there are to be.
    pub(crate) fn enumerate<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
        shape: [usize; D],
    ) -> Result<Tensor<D, P::Kind>, ModelError> {
        let support = distribution.support();
        if !self.masks.is_empty() {
            return Err(ModelError::EnumeratedMask { site: name.to_string() });
        }
        let Some(values) = support.values() else {
            let (site, distribution) = (name.to_string(), distribution.name().to_string());
            return Err(ModelError::NotEnumerable { site, distribution, support });
        };
        let events: usize = shape[self.plates.len() + 1..].iter().product();
        if events != values[0].len() {
            let (site, shape) = (name.to_string(), shape.to_vec());
            return Err(ModelError::EnumeratedEvent { site, shape });
        }
        let found =
            Enumerated { site: name.into(), count: values.len(), plates: self.plates.clone() };
        let before = Enumerated::copies(&self.enumerated);
        let planned = self.planned.get(self.enumerated.len()) == Some(&found);
        self.enumerated.push(found);
        let values = if planned { values } else { values[..1].to_vec() };
        // The value changes after all particles' copies for the values of the sites before.
        let each = self.base * before;
        let rows = if planned { self.particles } else { 1 };
        let elements = if self.rotated { self.elements() } else { 1 };
        let numbers = (0..rows * elements).flat_map(|at| {
            let (row, element) = (at / elements, at % elements);
            values[(row / each + element) % values.len()].iter().copied()
        });
        let mut event = [1; D];
        event[0] = rows;
        if self.rotated {
            event[1..=self.plates.len()].copy_from_slice(&shape[1..=self.plates.len()]);
        }
        event[D - 1] *= values[0].len();
        let value = P::Kind::from_numbers(numbers.collect(), event, self.place());
        Ok(value.expand(with_particles(shape, self.particles)))
    }

    /// The elements of the plates.
    fn elements(&self) -> usize {
        self.plates.iter().map(|plate| plate.batch).product()
    }

    /// A value of the particles, once for each copy of them.
    fn tiled<const D: usize, K: ValueKind>(&self, value: Value) -> Tensor<D, K> {
        let value = value.tiled(self.particles / self.base.max(1));
        value.get().expect("made from a value of this rank and kind")
    }
}

/// A site that is to be drawn.
struct Site<'a, const D: usize, P> {
    name: &'a str,
    distribution: &'a P,
    shape: [usize; D],
    estimator: Estimator,
}

impl<const D: usize, P: Distribution<D>> Site<'_, D, P> {
    fn unfit(&self, needs: &'static str) -> ModelError {
        ModelError::Estimator {
            site: self.name.to_string(),
            distribution: self.distribution.name().to_string(),
            estimator: self.estimator,
            needs,
        }
    }

    fn form(&self) -> Result<Form, ModelError> {
        match self.distribution.support() {
            Support::Boolean => Ok(Form::Boolean),
            Support::OneHot { count } => Ok(Form::OneHot(count)),
            _ => Err(self.unfit(match self.estimator {
                Estimator::Disarm => "needs values 0 and 1",
                _ => "needs values 0 and 1, or one-hot vectors",
            })),
        }
    }

    /// The log-odds of 1, or the log-probability of each value of an event.
    fn logits(&self, form: Form, trace: &Trace) -> Tensor<D> {
        let shape = with_particles(self.shape, 1);
        let log_prob = |event: Vec<f64>| {
            let mut one = [1; D];
            one[D - 1] = event.len();
            let value = P::Kind::from_numbers(event, one, trace.place()).expand(shape);
            self.distribution.log_prob(value)
        };
        match form {
            Form::Boolean => log_prob(vec![1.0]) - log_prob(vec![0.0]),
            Form::OneHot(_) => {
                let values = self.distribution.support().values().expect("finitely many");
                Tensor::cat(values.into_iter().map(log_prob).collect(), D - 1)
            }
        }
    }
}

/// `[S, n]`
fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<2> {
    let dims = tensor.dims();
    tensor.reshape([dims[0], dims[1..].iter().product()])
}
