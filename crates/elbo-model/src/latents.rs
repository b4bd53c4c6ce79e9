//! Values of sites by name.

use std::sync::Arc;

use burn::tensor::{Int, Tensor};
use elbo_dist::{Noise, Place, Support, ValueKind};

use crate::error::Names;
use crate::{Enumerated, Known, LogTerms, ModelError, Value};

/// Values of sites by name, in the order in which they were inserted, on one place.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::Place;
/// use elbo_model::Latents;
///
/// let device = Device::flex();
/// let mut latents = Latents::new(Place::f32(&device));
/// latents.insert("mu", Tensor::<2>::ones([4, 1], &device));
/// assert_eq!(latents.particles(), 4);
/// let message = latents.get::<2>("nu").unwrap_err().to_string();
/// assert!(message.starts_with("there is no value for \"nu\", only for \"mu\""));
/// ```
#[derive(Clone, Debug)]
pub struct Latents {
    place: Place,
    entries: Vec<Entry>,
    noise: Option<Box<Noise>>,
}

/// The value of a site, and what is known of its origin.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub name: Arc<str>,
    pub value: Value,
    /// The support of the distribution that drew it, if that is known.
    pub support: Option<Support>,
    /// The distribution that drew it, where an objective lets a program draw again from it.
    pub distribution: Option<Known>,
}

impl Latents {
    /// No values yet, at `place`.
    pub fn new(place: Place) -> Self {
        Self { place, entries: Vec::new(), noise: None }
    }

    /// Where the values are.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// With noise for what a program draws beside its latents: [`Trace::noise`](crate::Trace::noise).
    pub fn with_noise(self, noise: Noise) -> Self {
        Self { noise: Some(Box::new(noise)), ..self }
    }

    /// The noise for what a program draws beside its latents.
    pub fn noise(&self) -> Option<&Noise> {
        self.noise.as_deref()
    }

    /// With the distributions of `log_q`, from which a program may draw again where its density is wanted in the mean
    /// alone: [`Trace::drawn_from`](crate::Trace::drawn_from).
    pub fn with_distributions(mut self, log_q: &LogTerms) -> Self {
        for entry in &mut self.entries {
            let term = log_q.iter().find(|term| term.site == entry.name);
            entry.distribution = term.and_then(|term| term.distribution.clone());
        }
        self
    }

    /// Sets the value of `name`.
    pub fn insert<const D: usize, K: ValueKind>(
        &mut self,
        name: impl Into<Arc<str>>,
        value: Tensor<D, K>,
    ) {
        self.insert_value(name, Value::new(value), None);
    }

    /// Sets the value of `name`, whose distribution has `support` where that is known.
    pub fn insert_value(
        &mut self,
        name: impl Into<Arc<str>>,
        value: Value,
        support: Option<Support>,
    ) {
        let entry = Entry { name: name.into(), value, support, distribution: None };
        match self.entries.iter_mut().find(|old| old.name == entry.name) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// The same values, but each element of the plates of enumerated sites takes its values in a turn of its own.
    pub fn in_turns(&self, sites: &[Enumerated]) -> Self {
        let mut turned = self.clone();
        for (position, site) in sites.iter().enumerate() {
            let Some(value) = self.value(&site.site) else { continue };
            let numbers = value.to_vec();
            let rows = value.shape()[0];
            let each = rows / Enumerated::copies(&sites[position..]);
            let elements: usize = site.plates.iter().map(|plate| plate.batch).product();
            let size = numbers.len() / rows.max(1);
            let source = |at: usize| {
                let (row, column) = (at / size, at % size);
                let element = column / (size / elements);
                let (value, rest) = (row / each % site.count, row - row / each % site.count * each);
                numbers[(rest + (value + element) % site.count * each) * size + column]
            };
            let at = std::cell::Cell::new(0);
            let next = |_: f64| source(at.replace(at.get() + 1));
            turned.replace(&site.site, value.map(&next));
        }
        turned
    }

    /// Puts another value of the same site in the place of that of `name`.
    pub fn replace(&mut self, name: &str, value: Value) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| &*entry.name == name) {
            entry.value = value;
        }
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// [`ModelError::MissingSite`] if there is none, [`ModelError::Rank`] if it is no rank-`D`
    /// `Float`.
    pub fn get<const D: usize>(&self, name: &str) -> Result<Tensor<D>, ModelError> {
        self.typed(name)
    }

    /// The value of the discrete site `name`.
    ///
    /// # Errors
    /// [`ModelError::MissingSite`] if there is none, [`ModelError::Rank`] if it is no rank-`D`
    /// `Int`.
    pub fn get_int<const D: usize>(&self, name: &str) -> Result<Tensor<D, Int>, ModelError> {
        self.typed(name)
    }

    /// The value of `name`, whatever its rank and kind.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|entry| (&*entry.name, &entry.value))
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of particles: the largest size of axis 0, and 1 if there is no value.
    pub fn particles(&self) -> usize {
        self.entries.iter().map(|entry| entry.value.shape()[0]).max().unwrap_or(1)
    }

    /// The same values as constants: no gradient flows into them.
    pub fn constant(&self) -> Self {
        self.map(Value::constant)
    }

    /// The same values, those that particles do not share so many times one after the other.
    pub fn tiled(&self, times: usize) -> Self {
        self.map(|value| value.tiled(times))
    }

    /// With the values of `other` too, in the place of those of the same names.
    pub fn extend(&mut self, other: Self) {
        for Entry { name, value, support, .. } in other.entries {
            self.insert_value(name, value, support);
        }
    }

    /// These rows of axis 0, in this order, of what particles do not share.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn rows(&self, rows: &[usize]) -> Self {
        self.map(|value| value.rows(rows))
    }

    fn map(&self, change: impl Fn(&Value) -> Value) -> Self {
        let changed = |entry: &Entry| {
            let value = change(&entry.value);
            Entry { value, distribution: None, ..entry.clone() }
        };
        Self { entries: self.entries.iter().map(changed).collect(), ..self.clone() }
    }

    /// The values of `names` alone.
    pub fn only<'a>(&self, names: impl Iterator<Item = &'a str>) -> Self {
        let entries = names.filter_map(|name| self.entry(name).cloned()).collect();
        Self { entries, ..self.clone() }
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.name == name)
    }

    /// The names, for a message.
    pub fn names(&self) -> Names {
        Names(self.entries.iter().map(|entry| entry.name.to_string()).collect())
    }

    fn typed<const D: usize, K: ValueKind>(&self, name: &str) -> Result<Tensor<D, K>, ModelError> {
        let value = self.value(name).ok_or_else(|| ModelError::MissingSite {
            site: name.to_string(),
            given: self.names(),
        })?;
        value.get().ok_or_else(|| rank_error::<D, K>(name, value))
    }
}

/// The error for a value that is no rank-`D` `K`.
pub(crate) fn rank_error<const D: usize, K: ValueKind>(site: &str, value: &Value) -> ModelError {
    ModelError::Rank {
        site: site.to_string(),
        expected: format!("a rank-{D} {}", K::NAME),
        found: value.describe(),
    }
}
