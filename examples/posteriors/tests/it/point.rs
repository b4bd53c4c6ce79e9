//! Values of a program's latents at given values of the published parameters.

use burn::tensor::Tensor;
use elbo::{Latents, Layout, Site};
use posteriors::Reference;

/// Published parameters, some of their deviations above their means.
pub struct Point<'a> {
    references: &'a [Reference],
    shift: f64,
}

impl<'a> Point<'a> {
    pub fn new(references: &'a [Reference], shift: f64) -> Self {
        Self { references, shift }
    }

    /// The numbers of a parameter, in row-major order; none if it is not published.
    fn get(&self, site: &str) -> Vec<f64> {
        let of_site = self.references.iter().filter(|reference| reference.site() == site);
        of_site.map(|reference| reference.mean + self.shift * reference.sd).collect()
    }

    fn number(&self, site: &str) -> f64 {
        self.get(site)[0]
    }

    /// The value of a latent: the parameter of its name, or what the parameters say of it.
    fn of(&self, site: &Site) -> Vec<f64> {
        match &*site.name {
            // The rows of a transition matrix: what is published is rounded, so that it may not add up to 1.
            "theta1" | "theta2" => {
                let first = self.get(&site.name)[0];
                vec![first, 1.0 - first]
            }
            "steps" => {
                let mu = self.get("mu");
                vec![mu[0], mu[1] - mu[0]]
            }
            "theta_trans" => {
                let (mu, tau) = (self.number("mu"), self.number("tau"));
                self.get("theta").iter().map(|theta| (theta - mu) / tau).collect()
            }
            "share" => vec![self.number("beta1") / (1.0 - self.number("alpha1"))],
            "b" => vec![(1.0 + self.number("persistence_of_volatility")) / 2.0],
            // That of the mean of f is not well determined.
            "f_tilde" => (1..=site.size()).map(|n| (n as f64).sin()).collect(),
            name => self.get(name),
        }
    }

    /// The latents.
    pub fn latents(&self, layout: &Layout) -> Latents {
        let mut latents = Latents::new(layout.place().clone());
        for site in layout.latents() {
            let (values, name) = (self.of(site), &site.name);
            match site.shape[..] {
                [1, n] => latents.insert(name.clone(), tensor(layout, values, [1, n])),
                [1, n, m] => latents.insert(name.clone(), tensor(layout, values, [1, n, m])),
                _ => panic!("{name} has the shape {:?}", site.shape),
            }
        }
        latents
    }
}

fn tensor<const D: usize>(layout: &Layout, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
    layout.place().tensor(values, shape)
}
