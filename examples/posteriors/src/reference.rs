//! Published moments of a posterior.

use crate::{DataError, Fields};

/// The moments of one number of a posterior, by a long run of another sampler.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The name: that of a site of the program, with the indices of an element from 1 on, as `beta[3]`.
    pub name: String,
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub sd: f64,
    /// The 5% quantile, where it is published.
    pub q05: Option<f64>,
    /// The 95% quantile, where it is published.
    pub q95: Option<f64>,
}

impl Reference {
    /// All that a file publishes, site by site in the order of their elements.
    pub(crate) fn all(file: &Fields) -> Result<Vec<Self>, DataError> {
        let published = file.object("reference")?;
        let mut all: Vec<_> =
            published.names().map(|name| Self::read(&published, name)).collect::<Result<_, _>>()?;
        all.sort_by_key(|reference| (reference.site().to_string(), reference.index()));
        Ok(all)
    }

    fn read(fields: &Fields, name: &str) -> Result<Self, DataError> {
        let moments = fields.object(name)?;
        let quantile = |field| moments.has(field).then(|| moments.number(field)).transpose();
        Ok(Self {
            name: name.to_string(),
            mean: moments.number("mean")?,
            sd: moments.number("sd")?,
            q05: quantile("q05")?,
            q95: quantile("q95")?,
        })
    }

    /// The site.
    ///
    /// ```
    /// use posteriors::Reference;
    ///
    /// let name = "x[2,3]".to_string();
    /// let reference = Reference { name, mean: 0.0, sd: 1.0, q05: None, q95: None };
    /// assert_eq!(reference.site(), "x");
    /// assert_eq!(reference.index(), [1, 2]);
    /// assert_eq!(reference.element(), "x[1,2]");
    /// ```
    pub fn site(&self) -> &str {
        self.name.split('[').next().unwrap_or_default()
    }

    /// The indices of the element, from 0 on; none for a site of one number.
    pub fn index(&self) -> Vec<usize> {
        let inside = self.name.split_once('[').map_or("", |(_, rest)| rest.trim_end_matches(']'));
        let from_zero = |index: &str| index.parse::<usize>().ok()?.checked_sub(1);
        inside.split(',').filter_map(from_zero).collect()
    }

    /// The element as [`summarize`](elbo::summarize) names it, with indices from 0 on.
    pub fn element(&self) -> String {
        let index: Vec<_> = self.index().iter().map(usize::to_string).collect();
        match index.is_empty() {
            true => self.site().to_string(),
            false => format!("{}[{}]", self.site(), index.join(",")),
        }
    }
}
