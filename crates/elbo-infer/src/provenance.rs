//! Which site, parameter and element a number that is not finite comes from.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use elbo_guide::{Guide, GuideError};
use elbo_model::{LogJoint, Names, Role, Term};

use crate::fault::is_of_numbers;
use crate::gradients::{self, Fault};
use crate::{Controls, InferError, Objective, Svi, Terms, When};

impl InferError {
    /// The error, with the step where numbers are at fault.
    pub(crate) fn at(self, when: When) -> Self {
        match self {
            Self::Model(source) | Self::Guide(GuideError::Model(source))
                if is_of_numbers(&source) =>
            {
                Self::NonFinite { when, source }
            }
            other => other,
        }
    }
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// The bound, if it is finite; else the first term that is not.
    pub(crate) fn finite(&self, bound: f64, terms: &Terms) -> Result<f64, InferError> {
        if bound.is_finite() {
            return Ok(bound);
        }
        terms.log_p.check_finite().map_err(|error| self.at_step(error))?;
        terms.log_q.check_finite().map_err(|error| self.at_step(error))?;
        Err(InferError::Overflow { when: self.when(), bound })
    }

    /// The latents of the model that are not of a minibatch and have not been seen; an error if this fit goes on from a record that has
    /// seen others.
    pub(crate) fn new_sites(&self, terms: &Terms) -> Result<Vec<String>, InferError> {
        let is_whole = |term: &&Term| term.role == Role::Latent && term.scale() == 1.0;
        let whole = terms.log_p.iter().filter(is_whole).map(|term| term.site.to_string());
        let new: Vec<String> = whole.filter(|site| !self.sites.contains(site)).collect();
        match self.is_loaded && !self.sites.is_empty() && !new.is_empty() {
            true => {
                let recorded = Names(self.sites.clone());
                Err(InferError::SitesRecord { recorded, found: Names(new) })
            }
            false => Ok(new),
        }
    }

    /// What the checks of a first step say of this one.
    pub(crate) fn cause<B>(&self, batch: &B) -> Option<InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let noise = self.noise.at_step(self.step);
        self.terms(batch, &self.objective.plan(), noise, true).err()
    }

    /// The present step.
    pub(crate) fn when(&self) -> When {
        When { step: self.step, seed: self.noise.state().seed, rows: None }
    }

    /// The error, with the step where numbers are at fault.
    pub(crate) fn at_step(&self, error: impl Into<InferError>) -> InferError {
        error.into().at(self.when())
    }

    /// Checks the gradients of what is trained beside model and guide, whose norm does not count.
    pub(crate) fn check_controls(&self, gradients: &GradientsParams) -> Result<(), InferError> {
        let controls = &self.all_modules().1;
        let suspicious = !gradients::norm(controls, gradients).is_finite();
        match suspicious.then(|| gradients::fault(controls, gradients)).flatten() {
            None => Ok(()),
            Some(fault) => {
                let parameter = format!("controls.{}", fault.parameter);
                Err(self.of_gradient(Fault { parameter, ..fault }))
            }
        }
    }

    /// The error of a gradient.
    pub(crate) fn of_gradient(&self, fault: Fault) -> InferError {
        let Fault { parameter, index, value } = fault;
        let when = self.when();
        InferError::NonFiniteGradient { when, parameter, value, index, site: None }
    }

    /// The error of a gradient with the first site whose term has one that is not finite.
    pub(crate) fn with_site<B>(&self, mut error: InferError, batch: &B) -> InferError
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        if let InferError::NonFiniteGradient { site, .. } = &mut error {
            *site = self.site_at_fault(batch);
        }
        error
    }

    /// By halves: the sum of the first terms has such a gradient from the term at fault on.
    fn site_at_fault<B>(&self, batch: &B) -> Option<String>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let terms = || {
            let noise = self.noise.at_step(self.step);
            let terms = self.terms(batch, &self.objective.plan(), noise, false).ok()?;
            Some(terms.log_p.iter().chain(terms.log_q.iter()).cloned().collect::<Vec<Term>>())
        };
        let sites: Vec<_> = terms()?.iter().map(|term| term.site.to_string()).collect();
        // Each time anew, since a graph gives its gradients once.
        let is_at_fault =
            |count: usize| terms().is_some_and(|terms| self.has_fault(terms.iter().take(count)));
        let (mut good, mut bad) = (0, sites.len());
        if !is_at_fault(bad) {
            return None;
        }
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            *(if is_at_fault(middle) { &mut bad } else { &mut good }) = middle;
        }
        Some(sites[bad - 1].clone())
    }

    fn has_fault<'a>(&self, terms: impl Iterator<Item = &'a Term>) -> bool {
        let tracked = terms.map(|term| term.log_prob.clone().sum()).filter(Tensor::is_tracked);
        let Some(sum) = tracked.reduce(|sum, term| sum + term) else { return false };
        let modules = self.all_modules();
        let gradients = GradientsParams::from_grads(sum.backward(), modules);
        gradients::fault(modules, &gradients).is_some()
    }
}
