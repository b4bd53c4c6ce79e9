//! What a run does at a site.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::{DistError, Distribution, Support, ValueKind, with_particles};

use crate::checks::{at_site, check_elements, check_inside, check_support, shape_error};
use crate::error::Names;
use crate::latents::rank_error;
use crate::params::constrain;
use crate::record::MASKED;
use crate::score::Proposal;
use crate::tell::Asked;
use crate::trace::Source;
use crate::{Known, ModelError, Role, Term, Trace, Value};

impl Trace {
    pub(crate) fn try_sample<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
        asked: Asked,
    ) -> Result<Tensor<D, P::Kind>, ModelError> {
        if let Some(value) = self.conditioned_value(name)? {
            let drawn = self.try_observe(name, distribution, value.clone())?;
            return Ok(drawn.unwrap_or(value));
        }
        let role = if asked == Asked::Marginal { Role::Marginal } else { Role::Latent };
        let name = self.enter(name, role)?;
        let shape = self.shape_in_plates(&name, distribution)?;
        let moved = match role {
            Role::Latent => self.moved_conditional(&name, distribution, shape)?,
            _ => None,
        };
        let distribution = moved.as_ref().unwrap_or(distribution);
        self.record.drawn(&name, role, shape, distribution, &self.plates);
        self.note_masks(&name);
        if role == Role::Marginal && self.is_about_latents() {
            return self.draw(&name, distribution, shape);
        }
        let Proposal { value, estimator, aid } = self.value(&name, distribution, shape, asked)?;
        self.record.value(&name, || Value::new(value.clone()), Some(distribution.support()));
        if self.scored {
            let log_prob = distribution.log_prob(value.clone());
            let known = || Known::new(distribution.clone(), shape, self.plates.len(), self.place());
            let known = self.masks.is_empty().then(known);
            let finish = |term: Term| term.drawn_by(estimator, aid).distributed(known);
            self.add_term(name, role, log_prob, finish)?;
        }
        Ok(value)
    }

    /// The value that a site is conditioned on, if it is.
    pub(crate) fn conditioned_value<const D: usize, K: ValueKind>(
        &mut self,
        name: &str,
    ) -> Result<Option<Tensor<D, K>>, ModelError> {
        let Some(value) = self.observed.value(name) else { return Ok(None) };
        let value = value.get().ok_or_else(|| rank_error::<D, K>(name, value))?;
        self.conditioned.push(name.to_string());
        Ok(Some(value))
    }

    /// Keeps the masks over a site as what it depends on.
    fn note_masks(&mut self, name: &Arc<str>) {
        for mask in &self.masks {
            self.record.masked(name, mask);
        }
    }

    /// The value of a site that is not observed: enumerated, given or drawn.
    fn value<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
        shape: [usize; D],
        asked: Asked,
    ) -> Result<Proposal<D, P::Kind>, ModelError> {
        if asked == Asked::Marginal && self.source == Source::Given {
            return Ok(Proposal::plain(self.enumerate(name, distribution, shape)?));
        }
        match (self.given_value(name, distribution, shape)?, asked) {
            (Some(value), _) => Ok(Proposal::plain(value)),
            (None, _) if self.source == Source::Given => {
                let (site, given) = (name.to_string(), self.given.names());
                Err(ModelError::MissingSite { site, given })
            }
            (None, Asked::Sampled(own)) if self.plan.is_some() => {
                self.propose(name, distribution, shape, own)
            }
            (None, _) => Ok(Proposal::plain(self.draw(name, distribution, shape)?)),
        }
    }

    /// The given value of a latent site, checked against its distribution.
    fn given_value<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
        shape: [usize; D],
    ) -> Result<Option<Tensor<D, P::Kind>>, ModelError> {
        let Some(entry) = self.given.entry(name) else { return Ok(None) };
        let value: Option<Tensor<D, P::Kind>> = entry.value.get();
        let value = value.ok_or_else(|| rank_error::<D, P::Kind>(name, &entry.value))?;
        check_support(name, distribution.support(), entry.support)?;
        self.check_value(name, distribution.name(), shape, value.dims())?;
        self.check_place(name, "value", &value)?;
        if self.validated && entry.support.is_none() {
            check_inside(name, distribution, &value)?;
        }
        Ok(Some(value))
    }

    /// The draw, if the run simulates data.
    pub(crate) fn try_observe<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
        value: Tensor<D, P::Kind>,
    ) -> Result<Option<Tensor<D, P::Kind>>, ModelError> {
        let name = self.enter(name, Role::Observed)?;
        if self.is_about_latents() {
            return Ok(None);
        }
        let shape = self.check_data(&name, distribution, value.dims())?;
        self.check_plates(&name, shape)?;
        self.check_place(&name, "value", &value)?;
        self.check_parameters(&name, distribution)?;
        self.record.drawn(&name, Role::Observed, shape, distribution, &self.plates);
        self.record.input(&name, || Value::new(P::Kind::constant(value.clone())).to_vec());
        self.note_masks(&name);
        if self.simulate {
            let drawn = self.draw(&name, distribution, shape)?;
            self.record.value(&name, || Value::new(drawn.clone()), Some(distribution.support()));
            return Ok(Some(drawn));
        }
        if self.keep_data {
            self.record.value(&name, || Value::new(P::Kind::constant(value.clone())), None);
        }
        if self.keep_shown {
            let has_own = distribution.name() == MASKED;
            let shown = self.shown(&name, shape, has_own)?;
            self.record.value(&name, || Value::new(shown), None);
        }
        // A hidden number must not reach the density: `0 · NaN` would make every gradient NaN.
        let value = self.hide(&name, value, || self.inner_event(distribution.support()))?;
        if self.validated {
            check_inside(&name, distribution, &value)?;
        }
        self.score(name, Role::Observed, distribution, value)?;
        Ok(None)
    }

    pub(crate) fn try_factor<const D: usize>(
        &mut self,
        name: &str,
        log_factor: Tensor<D>,
    ) -> Result<(), ModelError> {
        let name = self.enter(name, Role::Factor)?;
        if self.is_about_latents() {
            return Ok(());
        }
        self.check_particles(&name, "factor", log_factor.dims())?;
        self.check_place(&name, "log-factor", &log_factor)?;
        self.record.computed(&name, Role::Factor, &log_factor, &self.plates);
        self.add_term(name, Role::Factor, log_factor, |term| term)
    }

    /// The value at which a run that looks for arrows holds the site.
    pub(crate) fn try_deterministic<const D: usize>(
        &mut self,
        name: &str,
        value: &Tensor<D>,
    ) -> Result<Option<Tensor<D>>, ModelError> {
        let name = self.enter(name, Role::Deterministic)?;
        self.check_particles(&name, "deterministic", value.dims())?;
        self.record.computed(&name, Role::Deterministic, value, &self.plates);
        self.record.value(&name, || Value::new(value.clone()), None);
        Ok(self.held(&name))
    }

    /// The value at which a run that looks for arrows holds a site that is not drawn.
    fn held<const D: usize>(&self, name: &str) -> Option<Tensor<D>> {
        self.given.value(name).filter(|_| self.record.keep_sites).and_then(Value::get)
    }

    pub(crate) fn try_param<const D: usize>(
        &mut self,
        name: &str,
        initial: Tensor<D>,
        support: Support,
    ) -> Result<Tensor<D>, ModelError> {
        let name = self.enter(name, Role::Param)?;
        let shape = initial.dims();
        check_elements(&name, shape)?;
        if shape[0] != 1 {
            return Err(shape_error(&name, "param", with_particles(shape, 1), shape));
        }
        self.check_place(&name, "initial value", &initial)?;
        self.record.param(&name, &initial, support, &self.plates)?;
        let value = self.param_value(&name, initial, support)?;
        if !self.record.keep_sites {
            return Ok(value);
        }
        self.record.value(&name, || Value::new(value.clone()), None);
        Ok(self.held(&name).unwrap_or(value))
    }

    /// The trained value of a parameter; its start where no run trains it.
    fn param_value<const D: usize>(
        &self,
        name: &str,
        initial: Tensor<D>,
        support: Support,
    ) -> Result<Tensor<D>, ModelError> {
        let shape = initial.dims();
        let missing = || ModelError::MissingParam { param: name.to_string() };
        match &self.params {
            Some(params) => {
                let flat = params.unconstrained_on(name, support).ok_or_else(missing)?;
                let size = flat.dims()[1];
                if size != support.real_shape(&shape).iter().product::<usize>() {
                    return Err(shape_error(name, "param", [1, size], shape));
                }
                constrain(flat, shape, support)
                    .ok_or(ModelError::ParamSupport { param: name.to_string(), support })
            }
            None if self.scored && !self.record.keep_sites => Err(missing()),
            None => Ok(initial),
        }
    }

    /// Draws of the given shape; refuses an event that lies where a plate does.
    pub(crate) fn draw<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
        shape: [usize; D],
    ) -> Result<Tensor<D, P::Kind>, ModelError> {
        if shape[0] != 1 && shape[0] != self.particles {
            let (distribution, asked, found) = (distribution.name(), self.particles, shape[0]);
            return Err(at_site(name)(DistError::Particles { distribution, asked, found }));
        }
        if self.simulate && !distribution.is_proper() {
            return Err(at_site(name)(DistError::Improper { distribution: distribution.name() }));
        }
        let shape = with_particles(shape, self.particles);
        let drawn = distribution.draw(shape, &mut self.noise.site(name));
        self.check_plates(name, drawn.dims())?;
        Ok(if P::REPARAMETERIZED { drawn } else { P::Kind::constant(drawn) })
    }

    /// An event inside a support, along the last axes.
    fn inner_event<const D: usize, K: ValueKind>(&self, support: Support) -> Tensor<D, K> {
        let shape = support.one_event().expect("the rank was checked");
        K::from_numbers(support.inner_event(), shape, self.place())
    }

    /// `tensor` with `fill`, which broadcasts to it, where a mask hides it; a mask of S particles over a tensor that all
    /// of them share makes it one of S.
    pub(crate) fn hide<const D: usize, K: ValueKind>(
        &self,
        name: &str,
        mut tensor: Tensor<D, K>,
        fill: impl Fn() -> Tensor<D, K>,
    ) -> Result<Tensor<D, K>, ModelError> {
        for mask in &self.masks {
            self.check_at(name, "mask", &mask.device(), mask.dtype())?;
            let mut shape = tensor.dims();
            if mask.particles() == self.particles {
                shape[0] = self.particles;
            }
            mask.check(name, shape)?;
            if !shape.contains(&0) {
                let fill = fill().expand(shape);
                tensor = tensor.expand(shape).mask_where(mask.hidden(shape), fill);
            }
        }
        Ok(tensor)
    }

    /// 1 where the masks show an element of data, and 0 where they hide it, or where the distribution has a mask of its own.
    fn shown<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        has_own: bool,
    ) -> Result<Tensor<D>, ModelError> {
        let ones = self.place().zeros(with_particles(shape, 1)) + if has_own { 0.0 } else { 1.0 };
        self.hide(name, ones, || self.place().zeros([1; D]))
    }

    fn score<const D: usize, P: Distribution<D>>(
        &mut self,
        name: Arc<str>,
        role: Role,
        distribution: &P,
        value: Tensor<D, P::Kind>,
    ) -> Result<(), ModelError> {
        if !self.scored {
            return Ok(());
        }
        self.add_term(name, role, distribution.log_prob(value), |term| term)
    }

    fn add_term<const D: usize>(
        &mut self,
        name: Arc<str>,
        role: Role,
        log_prob: Tensor<D>,
        finish: impl FnOnce(Term) -> Term,
    ) -> Result<(), ModelError> {
        self.check_plates(&name, log_prob.dims())?;
        if !self.scored {
            return Ok(());
        }
        let log_prob = self.hide(&name, log_prob, || self.place().zeros([1; D]))?;
        self.record.terms.push(finish(Term::new(name, role, self.plates.clone(), log_prob)));
        Ok(())
    }

    /// Takes the name of a new site.
    pub(crate) fn enter(&mut self, name: &str, role: Role) -> Result<Arc<str>, ModelError> {
        if self.role(name).is_some() {
            return Err(ModelError::DuplicateSite { site: name.to_string() });
        }
        let name: Arc<str> = name.into();
        self.names.push((name.clone(), role));
        Ok(name)
    }

    fn role(&self, name: &str) -> Option<Role> {
        self.names.iter().find(|(known, _)| &**known == name).map(|(_, role)| *role)
    }

    /// The error of a value that no site of the program takes.
    pub(crate) fn unknown(&self) -> Option<ModelError> {
        let conditioned = |name: &str| self.conditioned.iter().any(|known| known == name);
        let taken = |name: &str| match self.source {
            Source::Given => self.role(name) == Some(Role::Latent),
            Source::Substitute => self.role(name).is_some(),
            Source::Distribution => true,
        };
        let given = self.given.iter().map(|(name, _)| name).find(|name| !taken(name));
        let observed = self.observed.iter().map(|(name, _)| name).find(|name| !conditioned(name));
        let site = observed.or(given)?.to_string();
        let sampled = self.names.iter().filter(|(name, role)| {
            *role == Role::Latent || (observed.is_some() && conditioned(name))
        });
        let sampled = Names(sampled.map(|(name, _)| name.to_string()).collect());
        Some(ModelError::UnknownSite { site, sampled })
    }

    /// A value with which the program can go on after an error: zeros of the shape that the site
    /// would have had.
    pub(crate) fn placeholder<const D: usize, P: Distribution<D>>(
        &self,
        distribution: &P,
    ) -> Tensor<D, P::Kind> {
        let shape = match distribution.event_rank() < D {
            true => distribution.shape().unwrap_or_else(|_| distribution.outline()),
            false => [1; D],
        };
        let mut shape = self.in_plates(shape, distribution.event_rank());
        if shape[0] == 1 {
            shape[0] = self.particles;
        }
        P::Kind::zeros(shape, self.place())
    }
}
