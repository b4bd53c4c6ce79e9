//! Importance weights of the elements of plates.

use burn::module::Module;
use elbo_guide::{Draw, Guide, ParetoSmoothed};
use elbo_model::{Latents, LogJoint, LogTerms, Order, Plate, Term};
use elbo_report::LocalImportance;

use crate::fault::is_of_numbers;
use crate::units::within;
use crate::{InferError, Posterior};

/// The draws of each element of a plate.
const LOCAL: usize = 1000;

impl<M: Module, G: Module> Posterior<M, G> {
    /// The importance weights of each element of the outermost plates that latents lie in:
    ///
    /// `log p(x_n, z_n | θ) - log q(z_n)`
    ///
    /// What lies outside of the plate, `θ`, is one draw for all where the guide draws each site by itself. Where a draw may depend on those
    /// before it, as in a program, `θ` is that of each draw, and the weights hold besides how much `p(x_n | θ)` varies with it.
    ///
    /// A plate with a part of another inside has none, nor have any where a draw leads a distribution out of its domain.
    pub(crate) fn local_importance<B>(&self, data: &B) -> Result<Vec<LocalImportance>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let mut noise = self.noise().site("local");
        let draw = self.draw(data, LOCAL, &mut noise)?;
        let mut found = Vec::new();
        for root in roots(&draw.log_q) {
            let latents = given_one(&draw, &root);
            let log_p = match self.model().log_joint(&latents, data) {
                Err(error) if is_of_numbers(&error) => continue, // as the bound says
                log_p => log_p?,
            };
            let log_weights = log_weights(&log_p, &draw.log_q, &root);
            found.extend(log_weights.map(|log_weights| importance(&root, log_weights)));
        }
        Ok(found)
    }
}

/// The outermost plates that latents lie in.
fn roots(log_q: &LogTerms) -> Vec<Plate> {
    let mut roots: Vec<Plate> = Vec::new();
    for root in log_q.iter().filter_map(|term| term.plates.first()) {
        if !roots.contains(root) {
            roots.push(root.clone());
        }
    }
    roots
}

fn lies_in(term: &Term, root: &Plate) -> bool {
    term.plates.first() == Some(root)
}

/// The draws, with the first of them in the place of all for sites outside of `root`, where the guide draws each site by itself.
fn given_one(draw: &Draw, root: &Plate) -> Latents {
    if draw.log_q.order() != Order::Independent {
        return draw.latents.clone();
    }
    let is_inside =
        |site: &&str| draw.log_q.iter().any(|term| lies_in(term, root) && term.covers(site));
    let mut latents = draw.latents.rows(&[0; LOCAL]);
    latents.extend(draw.latents.only(draw.latents.iter().map(|(site, _)| site).filter(is_inside)));
    latents
}

/// `log p - log q` by element and draw.
fn log_weights(log_p: &LogTerms, log_q: &LogTerms, root: &Plate) -> Option<Vec<Vec<f64>>> {
    let plates = std::slice::from_ref(root);
    let sum = |terms: &LogTerms| {
        let inside = terms.iter().filter(|term| lies_in(term, root));
        let sums = inside.map(|term| within(plates, &term.site, term).ok());
        sums.reduce(|sum, term| Some(sum? + term?)).flatten()
    };
    let log_weight = (sum(log_p)? - sum(log_q)?).inner(); // [S, N]
    let n = log_weight.dims()[1];
    let numbers = log_weight.expand([LOCAL, n]).transpose().into_data();
    let numbers: Vec<f64> = numbers.iter::<f64>().collect();
    Some(numbers.chunks(LOCAL).map(<[f64]>::to_vec).collect())
}

fn importance(plate: &Plate, log_weights: Vec<Vec<f64>>) -> LocalImportance {
    let smoothed: Vec<_> = log_weights.into_iter().map(ParetoSmoothed::new).collect();
    LocalImportance {
        plate: plate.name.to_string(),
        draws: LOCAL,
        k_hats: smoothed.iter().map(|of| of.k_hat).collect(),
        effective_sizes: smoothed.iter().map(ParetoSmoothed::effective_size).collect(),
    }
}
