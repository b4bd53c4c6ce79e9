//! Log-density terms that keep their plates.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::Place;

use crate::checks::{check_place, check_plates, shape_error};
use crate::estimator::{Choice, Estimator, InForce};
use crate::plate::scale;
use crate::{Enumerated, Known, Latents, ModelError, Plate, Relaxation, Role, Value};

/// The contribution of one site to a log-density.
#[derive(Clone, Debug)]
pub struct Term {
    /// The site's name.
    pub site: Arc<str>,
    /// What the site is.
    pub role: Role,
    /// The gradient estimator of the site's draws, where it has some.
    pub estimator: InForce,
    /// The plates around the site, outermost first.
    pub plates: Vec<Plate>,
    /// `[S, 1]` outside plates, `[S, N]` inside, with nested plates flattened into `N`; summed
    /// over event axes, not scaled. Axis 0 may be 1 for what all particles share.
    pub log_prob: Tensor<2>,
    /// What the estimator needs beside the log-probability.
    pub aid: Aid,
    /// The distribution of a latent site, where nothing hides a part of it.
    pub distribution: Option<Known>,
    /// The sites whose log-probabilities are summed out here together, if any.
    members: Vec<Arc<str>>,
    /// The log-probability as the distribution gave it, to find the element at fault.
    detail: Value,
}

/// What a gradient estimator needs beside the log-probability of its site.
#[derive(Clone, Debug)]
pub enum Aid {
    /// Nothing.
    None,
    /// The squared score of each particle and plate element, `[S, N]`
    /// ([`ControlVariate::OptimalCoefficient`](crate::ControlVariate::OptimalCoefficient)).
    ScoreSquare(Tensor<2>),
    /// What half the difference of a pair multiplies, `[S / 2, N]`: `Σ (-1)^b̃ 1[b ≠ b̃] σ(|α|) α`, whose gradient
    /// is that of `α` ([`Estimator::Disarm`](crate::Estimator::Disarm)).
    Antithetic(Tensor<2>),
    /// The draws with their relaxations ([`Estimator::Rebar`](crate::Estimator::Rebar)).
    Relaxed(Box<Relaxation>),
}

/// What a term has that is no draw of a guide.
pub(crate) const PATHWISE: InForce =
    InForce { estimator: Estimator::Pathwise, chosen: Choice::Reparameterized };

impl Term {
    /// The term of `site` with the elementwise log-probability `log_prob`, whose axes 1, 2, .. are
    /// those of `plates`.
    ///
    /// # Shapes
    /// `[S, plates.., events..]`.
    ///
    /// # Panics
    /// If there are more plates than axes for them.
    pub fn new<const D: usize>(
        site: impl Into<Arc<str>>,
        role: Role,
        plates: Vec<Plate>,
        log_prob: Tensor<D>,
    ) -> Self {
        let detail = Value::new(log_prob.clone());
        let log_prob = reduce(log_prob, plates.len());
        Self::of(site.into(), role, plates, log_prob, detail)
    }

    fn of(
        site: Arc<str>,
        role: Role,
        plates: Vec<Plate>,
        log_prob: Tensor<2>,
        detail: Value,
    ) -> Self {
        let (estimator, aid, members, distribution) = (PATHWISE, Aid::None, Vec::new(), None);
        Self { site, role, estimator, plates, log_prob, aid, distribution, members, detail }
    }

    /// With the estimator of its draws, and what that needs.
    pub fn drawn_by(self, estimator: InForce, aid: Aid) -> Self {
        Self { estimator, aid, ..self }
    }

    /// With the distribution of its site.
    pub fn distributed(self, distribution: Option<Known>) -> Self {
        Self { distribution, ..self }
    }

    /// With another log-probability of the same particles and plates.
    pub fn with_log_prob(self, log_prob: Tensor<2>) -> Self {
        Self { log_prob, ..self }
    }

    /// The sum over values of what several terms add up to.
    pub(crate) fn summed(
        site: &Arc<str>,
        terms: &[Term],
        plates: &[Plate],
        sum: Tensor<2>,
    ) -> Self {
        let members = terms.iter().flat_map(|term| match term.members.is_empty() {
            true => vec![term.site.clone()],
            false => term.members.clone(),
        });
        let members = members.collect();
        Self { members, ..Self::new(site.clone(), Role::Marginal, plates.to_vec(), sum) }
    }

    /// The sites whose log-probabilities are in the term.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        let own = self.members.is_empty().then_some(&self.site);
        own.into_iter().chain(&self.members).map(|site| &**site)
    }

    /// Whether the term is that of `site`, or that of `site` is summed into it.
    pub fn covers(&self, site: &str) -> bool {
        &*self.site == site || self.members.iter().any(|member| &**member == site)
    }

    /// The term of a log-probability whose plate and event axes are flattened into one.
    ///
    /// # Shapes
    /// `[S, N₁ N₂ .. events]`, in row-major order.
    ///
    /// # Panics
    /// If the elements of the plates do not divide the axis, or there are none.
    pub fn from_flat(
        site: impl Into<Arc<str>>,
        role: Role,
        plates: Vec<Plate>,
        log_prob: Tensor<2>,
    ) -> Self {
        let [particles, size] = log_prob.dims();
        let elements: usize = plates.iter().map(|plate| plate.batch).product();
        let detail = Value::new(log_prob.clone());
        let log_prob = sum_events(log_prob, particles, elements, size / elements);
        Self::of(site.into(), role, plates, log_prob, detail)
    }

    /// The factor of the term's sum: the product of its plates' scales.
    pub fn scale(&self) -> f64 {
        scale(&self.plates)
    }

    fn check_form(&self, particles: usize, place: &Place) -> Result<(), ModelError> {
        let Self { site, plates, log_prob, detail, .. } = self;
        check_plates(site, plates)?;
        let elements = plates.iter().map(|plate| plate.batch).product();
        let [found, size] = log_prob.dims();
        if !(found == 1 || found == particles) || size != elements {
            return Err(shape_error(site, "log-density", [particles, elements], log_prob.dims()));
        }
        if detail.shape()[1..].contains(&0) {
            return Err(ModelError::Empty {
                site: site.to_string(),
                shape: detail.shape().to_vec(),
            });
        }
        check_place(place, site, "log-density", &log_prob.device(), log_prob.dtype())
    }
}

/// Sums a log-probability over its event axes, those after the first `plates` plate axes.
///
/// # Shapes
/// `[S, N₁, .., events..]` to `[S, N₁ N₂ ..]`; `[S, events..]` to `[S, 1]`.
///
/// Sums run over the last axis, where Burn's CPU backend adds precisely.
pub(crate) fn reduce<const D: usize>(log_prob: Tensor<D>, plates: usize) -> Tensor<2> {
    let dims = log_prob.dims();
    let elements: usize = dims[1..=plates].iter().product();
    let events: usize = dims[plates + 1..].iter().product();
    sum_events(log_prob, dims[0], elements, events)
}

fn sum_events<const D: usize>(
    log_prob: Tensor<D>,
    particles: usize,
    elements: usize,
    events: usize,
) -> Tensor<2> {
    if events == 1 {
        return to_rank_two(log_prob, [particles, elements]);
    }
    to_rank_two(
        to_rank_two(log_prob, [particles * elements, events]).sum_dim(1),
        [particles, elements],
    )
}

/// Reshapes, which costs a node of the graph, only where it changes anything.
fn to_rank_two<const D: usize>(tensor: Tensor<D>, shape: [usize; 2]) -> Tensor<2> {
    match (&tensor as &dyn std::any::Any).downcast_ref::<Tensor<2>>() {
        Some(matrix) if matrix.dims() == shape => matrix.clone(),
        _ => tensor.reshape(shape),
    }
}

/// The terms of one plate path, added up.
#[derive(Clone, Debug)]
pub struct Block {
    /// The plates, outermost first.
    pub plates: Vec<Plate>,
    /// `[S, N]`, not scaled; `[S, 1]` outside plates. Axis 0 may be 1.
    pub log_prob: Tensor<2>,
}

impl Block {
    /// The factor of the block's sum: the product of its plates' scales.
    pub fn scale(&self) -> f64 {
        scale(&self.plates)
    }
}

/// A log-density as the terms of its sites.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_model::{LogTerms, Plate, Role, Term};
///
/// let device = Device::flex();
/// let plate = Plate { name: "rows".into(), axis: 1, total: 6, batch: 2 };
/// let mut terms = LogTerms::default();
/// terms.push(Term::new("mu", Role::Latent, vec![], Tensor::<2>::from_floats([[1.0]], &device)));
/// let rows = Tensor::<2>::from_floats([[10.0, 20.0]], &device);
/// terms.push(Term::new("y", Role::Observed, vec![plate], rows));
/// assert_eq!(terms.total().into_scalar::<f32>(), 1.0 + (6.0 / 2.0) * 30.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogTerms {
    terms: Vec<Term>,
    order: Order,
    enumerated: Vec<Enumerated>,
}

/// What the order of terms says of their sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Nothing: each may depend on all.
    #[default]
    Unknown,
    /// A term depends on the sites before it and its own at most, as in a program.
    Sequential,
    /// A term depends on its own site alone.
    Independent,
}

impl LogTerms {
    /// Adds a term.
    pub fn push(&mut self, term: Term) {
        self.terms.push(term);
    }

    /// With terms in this order.
    pub fn with_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// What the order of the terms says of their sites.
    pub fn order(&self) -> Order {
        self.order
    }

    /// With axis 0 as enumeration over the values of these sites has made it.
    pub fn with_enumerated(self, enumerated: Vec<Enumerated>) -> Self {
        Self { enumerated, ..self }
    }

    /// The sites whose values are told one after the other along axis 0: particle `(k S + s)` has the `k`-th value,
    /// and the second site has its first value for all values of the first before it has its second.
    pub fn enumerated(&self) -> &[Enumerated] {
        &self.enumerated
    }

    /// Adds the terms of `other`.
    pub fn extend(&mut self, other: LogTerms) {
        self.terms.extend(other.terms);
    }

    /// The terms in the order of their sites.
    pub fn iter(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter()
    }

    /// One block a plate path, in the order of first appearance.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for term in &self.terms {
            match blocks.iter_mut().find(|block| block.plates == term.plates) {
                Some(block) => block.log_prob = block.log_prob.clone() + term.log_prob.clone(),
                None => blocks
                    .push(Block { plates: term.plates.clone(), log_prob: term.log_prob.clone() }),
            }
        }
        blocks
    }

    /// The log-density `[S, 1]`, every block's sum scaled by its plates; `None` for no terms.
    pub fn try_total(&self) -> Option<Tensor<2>> {
        let scaled = self.blocks().into_iter().map(|block| {
            let scale = block.scale();
            let log_prob = block.log_prob;
            let sum = if log_prob.dims()[1] == 1 { log_prob } else { log_prob.sum_dim(1) };
            if scale == 1.0 { sum } else { sum * scale }
        });
        scaled.reduce(|total, block| total + block)
    }

    /// The log-density `[S, 1]`, every block's sum scaled by its plates.
    ///
    /// # Panics
    /// If there are no terms; [`LogTerms::try_total`] says so instead.
    pub fn total(&self) -> Tensor<2> {
        self.try_total().expect("a log-density has at least one term")
    }

    /// What `change` makes of each term, in the same order.
    pub fn map(self, change: impl FnMut(Term) -> Term) -> Self {
        Self { terms: self.terms.into_iter().map(change).collect(), ..self }
    }

    pub(crate) fn into_terms(self) -> Vec<Term> {
        self.terms
    }

    /// The plates over which only a part of the elements is at hand.
    pub fn subsampled(&self) -> impl Iterator<Item = &Plate> {
        self.terms.iter().flat_map(|term| &term.plates).filter(|plate| plate.is_subsampled())
    }

    /// Checks that every term has a number a particle, or one for all, and a plate element, in the
    /// precision of `place`, and that its plates can be.
    ///
    /// # Errors
    /// [`ModelError::Shape`], [`ModelError::Empty`], [`ModelError::Place`], [`ModelError::PlateTotal`] and
    /// [`ModelError::PlateAxis`] with the first site at fault.
    pub fn check_form(&self, particles: usize, place: &Place) -> Result<(), ModelError> {
        self.terms.iter().try_for_each(|term| term.check_form(particles, place))
    }

    /// These terms, if their form and all their numbers are right at `latents`.
    pub(crate) fn checked(self, latents: &Latents) -> Result<Self, ModelError> {
        self.check_form(latents.particles(), latents.place())?;
        self.check_finite()?;
        Ok(self)
    }

    /// Reads all terms to the host and checks that they are finite.
    ///
    /// # Errors
    /// [`ModelError::NonFinite`] with the first site and element that are not.
    pub fn check_finite(&self) -> Result<(), ModelError> {
        for term in &self.terms {
            if let Some((index, value)) = term.detail.find(|x| !x.is_finite()) {
                return Err(ModelError::NonFinite { site: term.site.to_string(), value, index });
            }
        }
        Ok(())
    }
}
