//! Log-density terms that keep their plates.

use burn::tensor::Tensor;
use elbo_dist::Place;

use crate::{Enumerated, Latents, ModelError, Plate, Term};

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
        Plate::scale_of(&self.plates)
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

    /// The total less that of `other`, if either side has a term.
    ///
    /// # Shapes
    /// `[S, 1]`, or `[1, 1]` if no term differs between particles.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_model::{LogTerms, Role, Term};
    ///
    /// let of = |x: f32| {
    ///     let mut terms = LogTerms::default();
    ///     let value = Tensor::<2>::from_floats([[x]], &Device::flex());
    ///     terms.push(Term::new("z", Role::Latent, vec![], value));
    ///     terms
    /// };
    /// assert_eq!(of(3.0).less(&of(1.0)).unwrap().into_scalar::<f32>(), 2.0);
    /// assert_eq!(LogTerms::default().less(&of(1.0)).unwrap().into_scalar::<f32>(), -1.0);
    /// assert!(LogTerms::default().less(&LogTerms::default()).is_none());
    /// ```
    pub fn less(&self, other: &Self) -> Option<Tensor<2>> {
        match (self.try_total(), other.try_total()) {
            (Some(own), Some(other)) => Some(own - other),
            (None, Some(other)) => Some(-other),
            (own, None) => own,
        }
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
