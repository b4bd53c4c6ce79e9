//! Draws of single numbers.

use std::collections::HashMap;

use elbo_model::Latents;
use elbo_report::element_name;

/// The numbers of a site beyond which it has no columns.
const LARGEST: usize = 1000;

/// The draws of each number of each site, on the host.
#[derive(Default)]
pub(crate) struct NumberDraws {
    columns: Vec<(String, Vec<f64>)>,
    /// The first column of each site.
    first: HashMap<String, usize>,
}

impl NumberDraws {
    /// Those of all sites.
    pub fn of(draws: &Latents, particles: usize) -> Self {
        let mut numbers = Self::default();
        numbers.append(draws, particles, |_| true);
        numbers
    }

    /// Adds `particles` draws of all sites that are wanted and not too large; what all particles share is repeated.
    pub fn append(&mut self, draws: &Latents, particles: usize, is_wanted: impl Fn(&str) -> bool) {
        for (site, value) in draws.iter().filter(|(site, _)| is_wanted(site)) {
            let [own, size] = value.flat().dims();
            if size > LARGEST {
                continue;
            }
            let (first, values) = (self.first_column(site, &value.shape()[1..]), value.to_vec());
            for (element, (_, column)) in self.columns[first..][..size].iter_mut().enumerate() {
                let of_draw = |draw| values[(draw % own.max(1)) * size + element];
                column.extend((0..particles).map(of_draw));
            }
        }
    }

    /// Names and columns, in the order of the sites.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column.as_slice()))
    }

    /// The columns by name.
    pub fn by_name(&self) -> HashMap<&str, &[f64]> {
        self.iter().collect()
    }

    fn first_column(&mut self, site: &str, shape: &[usize]) -> usize {
        if let Some(first) = self.first.get(site) {
            return *first;
        }
        let (first, size) = (self.columns.len(), shape.iter().product());
        let names = (0..size).map(|element| element_name(site, shape, element));
        self.columns.extend(names.map(|name| (name, Vec::new())));
        self.first.insert(site.to_string(), first);
        first
    }
}
