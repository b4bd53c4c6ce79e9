//! Discrete sites whose values are told one after the other on axis 0.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::{Noise, logsumexp};

use crate::term::within_plates;
use crate::{Aid, Latents, LogTerms, ModelError, Plan, Plate, Program, Term, Trace, Traced};

/// A discrete site that a run enumerates on axis 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Enumerated {
    /// The site.
    pub site: Arc<str>,
    /// The number of its values.
    pub count: usize,
    /// The plates around it, outermost first: each of their elements takes all values on its own.
    pub plates: Vec<Plate>,
}

impl Enumerated {
    /// Whether the plates of the site are the outermost of `plates`.
    pub fn is_around(&self, plates: &[Plate]) -> bool {
        plates.starts_with(&self.plates)
    }

    /// The copies of the particles that enumeration of `sites` makes.
    pub fn copies(sites: &[Self]) -> usize {
        sites.iter().map(|site| site.count).product()
    }
}

/// The values of the site at `position` on an axis of their own.
///
/// # Shapes
/// `[S K₁ K₂ .., N]` to `[K later, K, S K earlier · N]`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_model::{Enumerated, along_values};
///
/// let site = |count| Enumerated { site: "k".into(), count, plates: vec![] };
/// let both = Tensor::<2>::zeros([5 * 2 * 3, 4], &Device::flex());
/// assert_eq!(along_values(both, &[site(2), site(3)], 0).dims(), [3, 2, 5 * 4]);
/// ```
pub fn along_values(tensor: Tensor<2>, sites: &[Enumerated], position: usize) -> Tensor<3> {
    let [rows, n] = tensor.dims();
    let later = Enumerated::copies(&sites[position + 1..]);
    let count = sites[position].count;
    tensor.reshape([later, count, rows / (later * count) * n])
}

/// Runs `program` by a trace that `fresh` makes, and once more if it has sites to enumerate: only then is it known
/// how many copies of the particles they need.
pub(crate) fn run<B, P: Program<B> + ?Sized>(
    program: &P,
    batch: &B,
    fresh: impl Fn() -> Trace,
) -> Result<Traced, ModelError> {
    let mut trace = fresh();
    program.run(&mut trace, batch);
    let found = trace.found();
    if found.is_empty() {
        return trace.finish();
    }
    let mut trace = fresh().enumerating(found.clone());
    program.run(&mut trace, batch);
    match trace.found().iter().zip(&found).find(|(now, before)| now != before) {
        Some((now, _)) => Err(ModelError::Impure { site: now.site.to_string() }),
        None => trace.finish(),
    }
}

/// A run of the guide `program`, which draws every latent as `plan` and the sites themselves ask for it.
///
/// # Errors
/// The first [`ModelError`] that the run met, and [`ModelError::UnknownEstimatorSite`] if the plan has an estimator for
/// a site that the program does not sample.
pub fn propose<B, P: Program<B> + ?Sized>(
    program: &P,
    batch: &B,
    particles: usize,
    plan: &Plan,
    noise: &mut Noise,
) -> Result<Traced, ModelError> {
    let branch = noise.split();
    let traced = run(program, batch, || Trace::proposal(particles, plan, branch.clone()))?;
    plan.check_sites(traced.terms.iter().map(|term| &*term.site))?;
    let is_relaxed = |term: &Term| matches!(term.aid, Aid::Relaxed(_));
    if particles == 1 && traced.latents.len() > 1 && traced.terms.iter().any(is_relaxed) {
        // One particle shares all parameters; two show which of them follow other draws.
        run(program, batch, || Trace::proposal(2, plan, branch.clone()))?;
    }
    Ok(traced)
}

/// The terms of a run at `latents`, with enumerated sites summed out.
pub(crate) fn score<B, P: Program<B> + ?Sized>(
    program: &P,
    latents: &Latents,
    batch: &B,
    validated: bool,
) -> Result<LogTerms, ModelError> {
    let fresh = || match validated {
        true => Trace::given(latents).validated(),
        false => Trace::given(latents),
    };
    let terms = run(program, batch, fresh)?.terms;
    if terms.enumerated().is_empty() {
        return Ok(terms);
    }
    if validated {
        check_turns(program, latents, batch, &terms)?;
    }
    Ok(Elimination::new(terms, validated).sum_out()?.0)
}

/// Checks that no term outside the plates of all enumerated sites depends on which values their elements take together.
pub(crate) fn check_turns<B, P: Program<B> + ?Sized>(
    program: &P,
    latents: &Latents,
    batch: &B,
    terms: &LogTerms,
) -> Result<(), ModelError> {
    let turned = || Trace::given(latents).in_turns();
    let turned = run(program, batch, turned)?.terms;
    check_same_outside(terms, &turned, terms.enumerated())
}

/// Checks that terms outside the plates of all `sites` are the same in two evaluations in which the elements of plates
/// take their values in different turns.
///
/// # Errors
/// [`ModelError::EnumeratedReach`].
pub fn check_same_outside(
    terms: &LogTerms,
    turned: &LogTerms,
    sites: &[Enumerated],
) -> Result<(), ModelError> {
    let Some(site) = sites.iter().find(|site| !site.plates.is_empty()) else { return Ok(()) };
    for (term, other) in terms.iter().zip(turned.iter()) {
        if sites.iter().any(|site| site.is_around(&term.plates)) {
            continue;
        }
        let pair = vec![term.log_prob.clone().inner(), other.log_prob.clone().inner()];
        let [rows, n] = pair[0].dims();
        if pair[1].dims() == [rows, n] {
            check_equal(site, term, Tensor::cat(pair, 0).reshape([1, 2, rows * n]))?;
        }
    }
    Ok(())
}

/// The log-weights of a site's values when its turn came to be summed out.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// The sites that were not summed out yet.
    pub sites: Vec<Enumerated>,
    /// The position of the one that was next.
    pub position: usize,
    /// `[S K₁ K₂ .., N]`
    pub log_weight: Tensor<2>,
}

/// The terms of a run, from which enumerated sites are summed out one by one.
pub(crate) struct Elimination {
    terms: Vec<Term>,
    sites: Vec<Enumerated>,
    /// Whether copies that ought to be equal are compared.
    check: bool,
    /// Takes the greatest weight instead of the sum.
    greatest: bool,
}

impl Elimination {
    pub fn new(terms: LogTerms, check: bool) -> Self {
        let sites = terms.enumerated().to_vec();
        Self { terms: terms.into_terms(), sites, check, greatest: false }
    }

    /// That of the most probable values.
    pub fn of_greatest(self) -> Self {
        Self { greatest: true, ..self }
    }

    /// Sums all sites out, the innermost first.
    pub fn sum_out(mut self) -> Result<(LogTerms, Vec<Factor>), ModelError> {
        let mut factors = Vec::new();
        while let Some(position) = self.innermost() {
            factors.push(self.eliminate(position)?);
        }
        // A sum stands for terms from several places.
        let mut terms = LogTerms::default();
        self.terms.into_iter().for_each(|term| terms.push(term));
        Ok((terms, factors))
    }

    fn innermost(&self) -> Option<usize> {
        (0..self.sites.len()).max_by_key(|position| self.sites[*position].plates.len())
    }

    fn eliminate(&mut self, position: usize) -> Result<Factor, ModelError> {
        let sites = self.sites.clone();
        let site = &sites[position];
        let own = self.terms.iter().position(|term| term.covers(&site.site)).expect("it is scored");
        let rows = self.terms[own].log_prob.dims()[0];
        let (mut inside, mut others) = (Vec::new(), Vec::new());
        for (index, term) in std::mem::take(&mut self.terms).into_iter().enumerate() {
            let constant = term.log_prob.dims()[0] != rows;
            if constant {
                others.push(term);
            } else if index >= own && site.is_around(&term.plates) {
                inside.push(within(site, term)?);
            } else {
                let reached = self.check && index >= own;
                others.push(without(&sites, position, term, reached)?);
            }
        }
        let sum = inside.iter().map(|term| term.log_prob.clone()).reduce(|sum, term| sum + term);
        let log_weight = sum.expect("its own term is inside");
        let values = along_values(log_weight.clone(), &sites, position);
        let total = if self.greatest { values.max_dim(1) } else { logsumexp(values, 1) };
        let n = log_weight.dims()[1];
        let total = total.reshape([rows / site.count, n]);
        others.push(Term::summed(&site.site, &inside, &site.plates, total));
        self.terms = others;
        self.sites.remove(position);
        Ok(Factor { sites, position, log_weight })
    }
}

/// The term of an element of the site's plates, with everything inside.
fn within(site: &Enumerated, term: Term) -> Result<Term, ModelError> {
    let inner = &term.plates[site.plates.len()..];
    if let Some(plate) = inner.iter().find(|plate| plate.is_subsampled()) {
        let (site, plate) = (site.site.to_string(), plate.name.to_string());
        return Err(ModelError::EnumeratedScale { site, plate });
    }
    let log_prob = within_plates(term.log_prob.clone(), &term.plates, site.plates.len());
    Ok(term.with_log_prob(log_prob))
}

/// A term that is the same for all values of the site.
fn without(
    sites: &[Enumerated],
    position: usize,
    term: Term,
    check: bool,
) -> Result<Term, ModelError> {
    let [rows, n] = term.log_prob.dims();
    let values = along_values(term.log_prob.clone(), sites, position);
    let site = &sites[position];
    if check {
        check_equal(site, &term, values.clone())?;
    }
    // The distribution still has parameters for all copies.
    let first = values.narrow(1, 0, 1).reshape([rows / site.count, n]);
    Ok(term.with_log_prob(first).distributed(None))
}

/// How much copies may differ by rounding.
const ROUNDING: f64 = 1e-4;

/// Checks that a term outside the plates of an enumerated site does not depend on its value.
///
/// # Shapes
/// `values` is that of [`along_values`].
///
/// # Errors
/// [`ModelError::EnumeratedReach`].
pub fn check_equal(site: &Enumerated, term: &Term, values: Tensor<3>) -> Result<(), ModelError> {
    let values = values.inner();
    let first = values.clone().narrow(1, 0, 1);
    let scale = first.clone().abs() + 1.0;
    let apart = ((values - first) / scale).abs().max().into_scalar::<f64>();
    match apart > ROUNDING {
        true => Err(ModelError::EnumeratedReach {
            site: site.site.to_string(),
            other: term.site.to_string(),
        }),
        false => Ok(()),
    }
}
