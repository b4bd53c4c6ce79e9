//! Which terms a draw can influence.

use elbo_model::{Graph, LogTerms, Order, Plate};

use crate::Terms;

/// What is known of which site depends on which, in a model and in a guide.
///
/// Without it, a site may depend on all those before it in its program, and a density written by hand on everything;
/// with it, the score of a site is multiplied by the terms of its Markov blanket alone.
///
/// A [`Graph`] finds edges by drawing sites anew and looking what changes in the parameters, the data and the masks of
/// others. A site whose value matters only where that draw did not get to is missed, and its gradient is then biased:
/// take graphs that you have looked at.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Bernoulli, Noise, Normal};
/// use elbo_infer::Dependencies;
/// use elbo_model::{Graph, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let a = t.sample("a", Bernoulli::<2>::probs(0.5));
///     t.sample("b", Bernoulli::<2>::probs(0.5));
///     t.sample("c", Normal::new(a, 1.0));
/// }
///
/// let noise = Noise::new(0, &Device::flex());
/// let graph = Graph::discover(&model, &(), &noise).unwrap();
/// let dependencies = Dependencies::new(&graph, None);
/// assert_eq!(dependencies.of_model("a").collect::<Vec<_>>(), ["a", "c"]);
/// ```
///
/// # References
/// Ranganath, Gerrish & Blei (2014), *Black box variational inference*, section 3.1.
#[derive(Clone, Debug, Default)]
pub struct Dependencies {
    model: Vec<(String, Vec<String>)>,
    /// Nothing is known of the guide but its order, if this is `None`.
    guide: Option<Vec<(String, Vec<String>)>>,
    /// Whether nothing is known.
    everything: bool,
}

impl Dependencies {
    /// By the graphs of a model and of a guide program; without the latter, by the order in which the guide draws.
    pub fn new(model: &Graph, guide: Option<&Graph>) -> Self {
        let all = |graph: &Graph, reach: fn(&Graph, &str) -> Vec<String>| {
            graph.names().map(|name| (name.to_string(), reach(graph, name))).collect()
        };
        Self {
            model: all(model, Graph::dependents),
            guide: guide.map(|graph| all(graph, Graph::descendants)),
            everything: false,
        }
    }

    /// Every site may depend on every other, of all elements of a plate: each score is multiplied by the whole bound, as
    /// in the plain estimate that Rao-Blackwellization improves on.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Whether nothing is known.
    pub(crate) fn is_everything(&self) -> bool {
        self.everything
    }

    /// The terms of the model that contain `site`: its own and those of its children.
    pub fn of_model<'a>(&'a self, site: &'a str) -> impl Iterator<Item = &'a str> {
        with_itself(&self.model, site)
    }

    /// The sites of the guide that depend on `site`, itself and its descendants, if the guide's graph is known.
    pub fn of_guide<'a>(&'a self, site: &'a str) -> Option<impl Iterator<Item = &'a str>> {
        self.guide.as_ref().map(|guide| with_itself(guide, site))
    }

    /// Whether a term of the model may contain `site`: unless all that it is made of is known not to.
    fn reaches(&self, site: &str, term: &elbo_model::Term) -> bool {
        let unknown = |name: &str| !self.model.iter().any(|(known, _)| known == name);
        self.of_model(site).any(|name| term.covers(name)) || term.sites().any(unknown)
    }
}

fn with_itself<'a>(
    known: &'a [(String, Vec<String>)],
    site: &'a str,
) -> impl Iterator<Item = &'a str> {
    let found = known.iter().find(|(name, _)| name == site);
    let others = found.into_iter().flat_map(|(_, names)| names).map(String::as_str);
    std::iter::once(site).chain(others)
}

/// How far a draw's influence on each term goes: the number of outermost plates within whose elements it stays, or
/// `None` for a term that it does not influence.
pub(crate) struct Reach {
    pub log_p: Vec<Option<usize>>,
    pub log_q: Vec<Option<usize>>,
}

impl Reach {
    /// That of the guide's term at `position`.
    pub fn of(terms: &Terms, position: usize) -> Self {
        let (log_p, log_q) = (&terms.log_p, &terms.log_q);
        let sites: Vec<_> = log_q.iter().collect();
        let source = sites[position];
        if terms.dependencies.as_ref().is_some_and(|known| known.everything) {
            return Self {
                log_p: vec![Some(0); log_p.iter().count()],
                log_q: vec![Some(0); sites.len()],
            };
        }
        let mut reach =
            Self { log_p: vec![None; log_p.iter().count()], log_q: vec![None; sites.len()] };
        for (index, site) in sites.iter().enumerate() {
            if !depends(terms, position, index) {
                continue;
            }
            // What is drawn outside a plate gathers its elements, and passes them on to all.
            let via = shared(&source.plates, &site.plates);
            widen(&mut reach.log_q[index], via);
            for (of_p, term) in
                reach.log_p.iter_mut().zip(log_p.iter()).skip(first(terms, &site.site))
            {
                if contains(terms, &site.site, term) {
                    widen(of_p, via.min(shared(&source.plates, &term.plates)));
                }
            }
        }
        reach
    }
}

/// Whether the site at `later` may depend on the draw at `source`.
pub(crate) fn depends(terms: &Terms, source: usize, later: usize) -> bool {
    let sites: Vec<_> = terms.log_q.iter().collect();
    let (from, to) = (&sites[source], &sites[later]);
    if from.site == to.site {
        return true;
    }
    if let Some(mut dependent) =
        terms.dependencies.as_ref().and_then(|known| known.of_guide(&from.site))
    {
        return dependent.any(|site| *site == *to.site);
    }
    // Parameters that all particles share depend on no draw.
    let is_root = matches!(to.aid, elbo_model::Aid::Antithetic(_) | elbo_model::Aid::Relaxed(_));
    match terms.log_q.order() {
        Order::Unknown => true,
        Order::Sequential => later >= source && !is_root,
        Order::Independent => false,
    }
}

/// The first term of the model that may contain `site`.
fn first(terms: &Terms, site: &str) -> usize {
    match (terms.log_p.order(), &terms.dependencies) {
        (Order::Sequential, None) => position(&terms.log_p, site),
        _ => 0,
    }
}

fn contains(terms: &Terms, site: &str, term: &elbo_model::Term) -> bool {
    match &terms.dependencies {
        Some(dependencies) => dependencies.reaches(site, term),
        None => true,
    }
}

/// The place of a site among the model's; the end if it is none of them.
fn position(log_p: &LogTerms, site: &str) -> usize {
    log_p.iter().position(|term| term.covers(site)).unwrap_or(usize::MAX)
}

/// The number of outermost plates that two paths share.
fn shared(one: &[Plate], other: &[Plate]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn widen(known: &mut Option<usize>, depth: usize) {
    *known = Some(known.map_or(depth, |known| known.min(depth)));
}
