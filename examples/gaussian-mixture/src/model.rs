//! The mixture as a program.

use burn::module::Module;
use elbo::prelude::*;

use crate::Points;

/// A mixture of normal distributions with unknown weights, means and precisions, whose axes are independent:
///
/// `π ~ Dirichlet(1)`, `μ_kd ~ N(0, 5²)`, `τ_kd ~ Gamma(2, 2)`, `c_i ~ Cat(π)`, `x_id ~ N(μ_{c_i d}, 1/τ_{c_i d})`
///
/// Given the others, each is conjugate.
#[derive(Module, Debug)]
pub struct GaussianMixture {
    /// The components `K`.
    #[module(skip)]
    pub components: usize,
}

/// The components `c` are a latent of each point.
impl Program<Points> for GaussianMixture {
    fn run(&self, t: &mut Trace, d: &Points) {
        self.with_components(t, d, |t, choice| t.sample("c", choice));
    }
}

impl GaussianMixture {
    /// The program with `c` summed out.
    pub fn run_marginalized(&self, t: &mut Trace, d: &Points) {
        self.with_components(t, d, |t, choice| t.marginalize("c", choice));
    }

    fn with_components(
        &self,
        t: &mut Trace,
        d: &Points,
        choose: impl Fn(&mut Trace, Categorical<3>) -> Tensor<3, Int>,
    ) {
        let k = self.components;
        let ones = t.place().zeros::<2>([1, k]) + 1.0;
        let weights = t.sample("weights", Dirichlet::new(ones)); // [S, K]
        let means = t.sample("means", Normal::new(0.0, 5.0).iid([1, k, 2])); // [S, K, 2]
        let precisions = t.sample("precisions", Gamma::new(2.0, 2.0).iid([1, k, 2]));
        let size = Subsample { total: d.total, batch: d.x.dims()[1] };
        t.plate("points", size, |t| {
            let [s, k] = weights.dims();
            let c = choose(t, Categorical::probs(weights.reshape([s, 1, k]))); // [S, N, 1]
            let [s, n, _] = c.dims();
            let rows = c.expand([s, n, 2]);
            let of = |table: Tensor<3>| table.expand([s, k, 2]).gather(1, rows.clone()); // [S, N, 2]
            let scale = of(precisions).recip().sqrt();
            t.observe("x", Normal::new(of(means), scale), d.x.clone());
        });
    }
}
