//! One site's part of a log-density.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::Place;

use crate::checks::{check_place, check_plates, shape_error};
use crate::estimator::{Choice, Estimator, InForce};
use crate::{Known, ModelError, Plate, Relaxation, Role, Value};

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
    pub(crate) detail: Value,
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

    /// The same term as a constant: no gradient flows into it.
    pub fn constant(self) -> Self {
        let log_prob = self.log_prob.clone().inner();
        self.with_log_prob(log_prob)
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
        Self { members, ..Self::from_flat(site.clone(), Role::Marginal, plates.to_vec(), sum) }
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
        Plate::scale_of(&self.plates)
    }

    pub(crate) fn check_form(&self, particles: usize, place: &Place) -> Result<(), ModelError> {
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

/// The sums over the plates inside the `depth` outermost ones, not scaled.
///
/// # Shapes
/// `[S, N₁ .. N]` to `[S, N₁ .. N_depth]`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_model::{Plate, within_plates};
///
/// let plate = |name: &str, axis| Plate { name: name.into(), axis, total: 2, batch: 2 };
/// let cells = Tensor::<2>::from_floats([[1.0, 2.0, 3.0, 4.0]], &Device::flex());
/// let rows = within_plates(cells, &[plate("rows", 1), plate("columns", 2)], 1);
/// assert_eq!(rows.into_data().try_to_vec::<f32>().unwrap(), [3.0, 7.0]);
/// ```
pub fn within_plates(log_prob: Tensor<2>, plates: &[Plate], depth: usize) -> Tensor<2> {
    if depth == plates.len() {
        return log_prob;
    }
    let elements: usize = plates[..depth].iter().map(|plate| plate.batch).product();
    let [rows, n] = log_prob.dims();
    reduce(log_prob.reshape([rows, elements, n / elements]), 1)
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
