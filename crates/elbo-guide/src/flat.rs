//! The flat vector of all latents on the real line.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::{Columns, Noise, Place, Support};
use elbo_model::{Latents, Layout, LogTerms, ModelError, Site, Term};

use crate::slot::Slot;
use crate::{GuideError, SiteSpan};

/// How all latents lie, each mapped to the real line, in one flat vector.
///
/// # Shapes
/// `[S, d]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::Support;
/// use elbo_guide::FlatLatents;
/// use elbo_model::{Layout, Site};
///
/// let device = Device::flex();
/// let sites = [Site::latent("mu", [1, 2], Support::Real), Site::latent("tau", [1, 1], Support::Positive)];
/// let flat = FlatLatents::new(&Layout::by_hand(&device, sites)).unwrap();
/// let (latents, _) = flat.unpack(Tensor::from_floats([[1.0, 2.0, 0.0]], &device));
/// assert_eq!(latents.value("tau").unwrap().to_vec(), [1.0]); // exp 0
/// ```
#[derive(Clone, Debug)]
pub struct FlatLatents {
    place: Place,
    name: Arc<str>,
    slots: Vec<Slot>,
    /// A draw of the latents that other guides draw.
    rest: Latents,
}

impl FlatLatents {
    /// The flat vector of the latents of `layout`.
    ///
    /// # Errors
    /// [`GuideError::Shape`], [`GuideError::Discrete`], [`GuideError::SubsampledLocal`], [`GuideError::Masked`],
    /// [`GuideError::NoLatents`], [`ModelError::DuplicateSite`], and those of [`Site::check_plates`] for a layout made by hand.
    pub fn new(layout: &Layout) -> Result<Self, GuideError> {
        let mut slots = Vec::new();
        let mut start = 0;
        for site in layout.latents() {
            check(site)?;
            let size = size(site);
            if slots.iter().any(|slot: &Slot| slot.name == site.name) {
                return Err(ModelError::DuplicateSite { site: site.name.to_string() }.into());
            }
            slots.push(Slot {
                name: site.name.clone(),
                shape: site.shape.clone(),
                support: site.support,
                plates: site.plates.clone(),
                start,
                size,
            });
            start += size;
        }
        if start == 0 {
            return Err(GuideError::NoLatents);
        }
        let names: Vec<_> = slots.iter().map(|slot| &*slot.name).collect();
        let mut rest = Latents::new(layout.place().clone());
        if let Ok(draws) = layout.prior_draws() {
            let others = draws.iter().map(|(name, _)| name).filter(|name| !names.contains(name));
            rest = draws.only(others).rows(&[0]);
        }
        let name = match &*slots {
            // The term is that of all elements, and lies in no plate: it is not the site's own.
            [slot] if !slot.plates.is_empty() => format!("{} of all elements", slot.name),
            _ => names.join(", "),
        };
        Ok(Self { place: layout.place().clone(), name: name.into(), slots, rest })
    }

    /// These vectors beside other values of the latents that other guides draw.
    pub(crate) fn beside(mut self, others: Latents) -> Self {
        self.rest.extend(others);
        self
    }

    /// [`FlatLatents::unpack`], with a draw from the prior of the latents that the layout leaves to other guides.
    pub(crate) fn unpack_all(&self, z: Tensor<2>) -> (Latents, LogTerms) {
        let (mut latents, log_det) = self.unpack(z);
        latents.extend(self.rest.clone());
        (latents, log_det)
    }

    /// The length `d` of the vector.
    pub fn len(&self) -> usize {
        self.slots.iter().map(|slot| slot.size).sum()
    }

    /// Whether the vector has no element, which [`FlatLatents::new`] refuses.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses noise of another place.
    pub(crate) fn check_place(&self, noise: &Noise) -> Result<(), GuideError> {
        check_same_place(&self.place, noise)
    }

    /// Where the vector is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The names of all latents, for the one term that they share.
    pub(crate) fn name(&self) -> Arc<str> {
        self.name.clone()
    }

    /// The names of the latents with their supports.
    pub fn supports(&self) -> impl Iterator<Item = (&str, Support)> {
        self.slots.iter().map(|slot| (&*slot.name, slot.support))
    }

    /// Where each site lies.
    pub(crate) fn spans(&self) -> Vec<SiteSpan> {
        let span = |slot: &Slot| SiteSpan {
            name: slot.name.to_string(),
            start: slot.start,
            size: slot.size,
            plates: slot.plates.clone(),
        };
        self.slots.iter().map(span).collect()
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The latents of `z`, and `-log |dx/dz|`, what the maps from the real line add to `log q`.
    ///
    /// # Shapes
    /// `z` is `[S, d]`.
    ///
    /// # Panics
    /// If `z` has another width.
    pub fn unpack(&self, z: Tensor<2>) -> (Latents, LogTerms) {
        let mut latents = Latents::new(self.place.clone());
        let mut terms = LogTerms::default();
        let rows = z.dims()[0];
        let mut columns = Columns::of(z);
        for slot in &self.slots {
            let (value, term) = slot.constrain(rows, &mut columns);
            latents.insert_value(slot.name.clone(), value, Some(slot.support));
            if let Some(term) = term {
                terms.push(term);
            }
        }
        (latents, terms)
    }

    /// The vectors of values on the real line, the same number for each of so many members; a single one is for all of them.
    pub(crate) fn real(&self, latents: &Latents, members: usize) -> Result<Tensor<2>, GuideError> {
        let mut rows = self.pack(latents)?;
        if rows.len() == 1 {
            rows = vec![rows.swap_remove(0); members];
        }
        if rows.len() % members != 0 {
            return Err(GuideError::MemberRows { particles: rows.len(), members });
        }
        Ok(self.place.tensor(rows.concat(), [rows.len(), self.len()]))
    }

    /// The vector `[S, d]` of values on the real line, on the host, one row a particle.
    ///
    /// # Errors
    /// [`ModelError::MissingSite`] and [`ModelError::Shape`].
    pub fn pack(&self, latents: &Latents) -> Result<Vec<Vec<f64>>, ModelError> {
        let particles = latents.particles();
        let mut rows = vec![Vec::with_capacity(self.len()); particles];
        for slot in &self.slots {
            let values = slot.unconstrain(latents)?;
            let stride = if values.len() == slot.size { 0 } else { slot.size };
            for (i, row) in rows.iter_mut().enumerate() {
                row.extend_from_slice(&values[i * stride..i * stride + slot.size]);
            }
        }
        Ok(rows)
    }
}

/// The name of the distribution of a normal that is mapped onto a support, if it has one.
pub(crate) fn mapped_normal(support: Support) -> Option<&'static str> {
    match support {
        Support::Real => Some("Normal"),
        Support::Positive | Support::NonNegative => Some("LogNormal"),
        Support::UnitInterval => Some("LogitNormal"),
        _ => None,
    }
}

/// The numbers of a site on the real line.
pub(crate) fn size(site: &Site) -> usize {
    site.support.real_shape(&site.shape).iter().skip(1).product()
}

fn check(site: &Site) -> Result<(), GuideError> {
    let event = site.support.event_shape();
    let ranked = (event.len() + 1..=6).contains(&site.shape.len()) && site.shape[0] == 1;
    if !ranked || site.shape.contains(&0) || !site.shape.ends_with(&event) {
        let (site, shape) = (site.name.to_string(), site.shape.clone());
        return Err(GuideError::Shape { site, shape });
    }
    site.check_plates()?;
    if site.support.from_real::<3>().is_none() {
        return Err(GuideError::Discrete { site: site.name.to_string(), support: site.support });
    }
    check_unmasked(site)?;
    check_whole(site)
}

/// Refuses noise of another place than a guide's.
pub(crate) fn check_same_place(guide: &Place, noise: &Noise) -> Result<(), GuideError> {
    if noise.place() == guide {
        return Ok(());
    }
    let (guide, noise) = (guide.clone(), noise.place().clone());
    Err(GuideError::Place { guide: Box::new(guide), noise: Box::new(noise) })
}

/// Refuses a site that a mask may hide.
pub(crate) fn check_unmasked(site: &Site) -> Result<(), GuideError> {
    match site.is_masked {
        false => Ok(()),
        true => Err(GuideError::Masked { site: site.name.to_string() }),
    }
}

/// Refuses a site of which a batch holds a part.
pub(crate) fn check_whole(site: &Site) -> Result<(), GuideError> {
    match site.plates.iter().find(|plate| plate.is_subsampled()) {
        None => Ok(()),
        Some(plate) => Err(GuideError::SubsampledLocal {
            site: site.name.to_string(),
            plate: plate.name.to_string(),
            batch: plate.batch,
            total: plate.total,
        }),
    }
}

/// The term of a site with what the map onto its support adds.
pub(crate) fn with_log_det(term: Term, log_det: Option<&Term>) -> Term {
    match log_det {
        None => term,
        Some(log_det) => {
            let log_prob = term.log_prob.clone() + log_det.log_prob.clone();
            term.with_log_prob(log_prob)
        }
    }
}
