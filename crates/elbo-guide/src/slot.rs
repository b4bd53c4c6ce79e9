//! Where a site lies in a flat vector.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::{Columns, LogNormal, LogitNormal, Normal, Place, Support, Transform};
use elbo_model::{Known, Latents, ModelError, Plate, Role, Site, Term, Value};

use crate::flat::mapped_normal;

/// Where a site lies in the flat vector.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub name: Arc<str>,
    pub shape: Vec<usize>,
    pub support: Support,
    pub plates: Vec<Plate>,
    pub start: usize,
    pub size: usize,
}

impl Slot {
    /// The rows at hand of a site that is local to a plate.
    pub(crate) fn of_rows(site: &Site, plates: Vec<Plate>, rows: usize) -> Self {
        let mut shape = site.shape.clone();
        shape[1] = rows;
        let (name, support) = (site.name.clone(), site.support);
        let size = support.real_shape(&shape).iter().skip(1).product();
        Self { name, shape, support, plates, start: 0, size }
    }

    /// This slot's columns of a flat `[S, d]` tensor.
    pub(crate) fn part(&self, flat: &Tensor<2>) -> Tensor<2> {
        if self.size == flat.dims()[1] {
            flat.clone()
        } else {
            flat.clone().narrow(1, self.start, self.size)
        }
    }

    /// The slot's part of so many rows, which is next among the columns, on its support, and what the map there adds to `log q`.
    pub(crate) fn constrain(&self, rows: usize, columns: &mut Columns) -> (Value, Option<Term>) {
        match self.shape.len() {
            1 => self.constrain_rank::<1>(rows, columns),
            2 => self.constrain_rank::<2>(rows, columns),
            3 => self.constrain_rank::<3>(rows, columns),
            4 => self.constrain_rank::<4>(rows, columns),
            5 => self.constrain_rank::<5>(rows, columns),
            _ => self.constrain_rank::<6>(rows, columns),
        }
    }

    fn constrain_rank<const D: usize>(
        &self,
        rows: usize,
        columns: &mut Columns,
    ) -> (Value, Option<Term>) {
        let shape = self.support.real_shape(&self.shape);
        let z =
            columns.take(std::array::from_fn(|axis| if axis == 0 { rows } else { shape[axis] }));
        if self.support == Support::Real {
            return (Value::new(z), None);
        }
        let transform = self.transform::<D>();
        let (value, log_det) = transform.forward_and_log_det(z);
        let term = Term::new(self.name.clone(), Role::Latent, self.plates.clone(), -log_det);
        (Value::new(value), Some(term))
    }

    /// The distribution of the site where the flat vector is normal, if it has a name.
    pub(crate) fn known(&self, loc: Tensor<2>, scale: Tensor<2>, place: &Place) -> Option<Known> {
        match self.shape.len() {
            1 => self.known_rank::<1>(loc, scale, place),
            2 => self.known_rank::<2>(loc, scale, place),
            3 => self.known_rank::<3>(loc, scale, place),
            4 => self.known_rank::<4>(loc, scale, place),
            5 => self.known_rank::<5>(loc, scale, place),
            _ => self.known_rank::<6>(loc, scale, place),
        }
    }

    fn known_rank<const D: usize>(
        &self,
        loc: Tensor<2>,
        scale: Tensor<2>,
        place: &Place,
    ) -> Option<Known> {
        let name = mapped_normal(self.support)?;
        let shape: [usize; D] = std::array::from_fn(|axis| self.shape[axis]);
        let (loc, scale) = (loc.reshape(shape), scale.reshape(shape));
        let plates = self.plates.len();
        Some(match name {
            "Normal" => Known::new(Normal::new(loc, scale), shape, plates, place),
            "LogNormal" => Known::new(LogNormal::new(loc, scale), shape, plates, place),
            _ => Known::new(LogitNormal::new(loc, scale), shape, plates, place),
        })
    }

    /// The slot's term of a base density `[S, size]`.
    pub(crate) fn base_term(&self, log_base: Tensor<2>) -> Term {
        Term::from_flat(self.name.clone(), Role::Latent, self.plates.clone(), log_base)
    }

    /// The slot's numbers on the real line, on the host: those of each particle, or those that all share.
    pub(crate) fn unconstrain(&self, latents: &Latents) -> Result<Vec<f64>, ModelError> {
        let value = latents.value(&self.name).ok_or_else(|| ModelError::MissingSite {
            site: self.name.to_string(),
            given: latents.names(),
        })?;
        let particles = latents.particles();
        let shared = value.shape()[0] == 1 || value.shape()[0] == particles;
        if !shared || value.shape()[1..] != self.shape[1..] {
            return Err(ModelError::Shape {
                site: self.name.to_string(),
                distribution: "flat guide".to_string(),
                expected: self.shape.clone(),
                found: value.shape().to_vec(),
            });
        }
        if value.shape().contains(&0) {
            return Ok(Vec::new()); // where 0 in a reshape means "as it was"
        }
        let flat = value.flat().inner();
        let [_, rows, columns] = self.support.one_event().expect("an event has two axes at most");
        let events = flat.shape().num_elements() / (rows * columns);
        let vectors = flat.reshape([events, rows, columns]);
        let (z, _) = self.transform::<3>().inverse_and_log_det(vectors);
        Ok(z.into_data().iter::<f64>().collect())
    }

    fn transform<const D: usize>(&self) -> Box<dyn Transform<D>> {
        self.support.from_real().expect("sites without a map were refused")
    }
}
