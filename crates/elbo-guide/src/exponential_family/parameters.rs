//! Natural parameters of the sites of an exponential-family guide.

use burn::tensor::{DType, Tensor, TensorData};
use elbo_model::{Names, Plate, Site};

use super::kind::{Kind, is_vector};
use super::natural::Natural;
use super::{ExponentialFamily, PriorFamily, of_site};
use crate::{Amortized, GuideError};

/// `change` of the parts of a site's parameters that belong together.
fn by_parts(
    natural: &Natural,
    len: usize,
    mut change: impl FnMut(&[usize]) -> Vec<f64>,
) -> Vec<f64> {
    let mut changed = vec![0.0; len];
    for part in natural.parts(len) {
        change(&part).into_iter().zip(&part).for_each(|(x, at)| changed[*at] = x);
    }
    changed
}

fn pick(numbers: &[f64], part: &[usize]) -> Vec<f64> {
    part.iter().map(|at| numbers[*at]).collect()
}

/// The most halvings of a step that would leave the family.
const HALVINGS: i32 = 40;

impl ExponentialFamily {
    /// The sites, in the order in which they are drawn.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.program().sites.iter().map(|(site, _)| site)
    }

    /// Whether a site's natural parameters are the logits of finitely many values.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`] and [`GuideError::NoNatural`].
    pub fn is_discrete(&self, site: &str) -> Result<bool, GuideError> {
        Ok(self.natural_of(self.index(site)?)?.is_discrete())
    }

    /// The natural parameters `η` of a site, with which `log q(z) = η · t(z) - A(η)`.
    ///
    /// # Shapes
    /// `[p, n]` row by row for `p` parameters of each of `n` numbers. Of normal numbers these are `m / s²` and `-1 / 2s²`, of gamma ones
    /// `a - 1` and `-b`, of inverse gamma ones `-a - 1` and `-b`, of beta ones `a - 1` and `b - 1`; of a Dirichlet `α - 1`, of discrete sites their
    /// logits, up to a constant; of a vector with the precision `Λ` the rows of `Λ m` and of `-Λ / 2`.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`] and [`GuideError::NoNatural`].
    ///
    /// # References
    /// Wainwright & Jordan (2008), *Graphical models, exponential families, and variational inference*, table 3.1.
    pub fn natural(&self, site: &str) -> Result<Vec<f64>, GuideError> {
        let index = self.index(site)?;
        let (natural, kept) = (self.natural_of(index)?, self.kept(index));
        Ok(by_parts(&natural, kept.len(), |part| natural.natural(&pick(&kept, part))))
    }

    /// With other natural parameters of a site.
    ///
    /// # Shapes
    /// As [`ExponentialFamily::natural`].
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`], [`GuideError::NoNatural`], [`GuideError::NaturalSize`], and [`GuideError::NaturalDomain`] if the family has no such
    /// density.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Noise, Normal, Place};
    /// use elbo_guide::ExponentialFamily;
    /// use elbo_model::{Layout, Trace};
    ///
    /// fn model(t: &mut Trace, _: &()) {
    ///     t.sample("z", Normal::<2>::new(0.0, 1.0));
    /// }
    ///
    /// let place = Place::f64(&Device::flex()).unwrap();
    /// let layout = Layout::discover(&model, &(), &Noise::new(0, &place)).unwrap();
    /// let guide = ExponentialFamily::of_prior(&layout).unwrap();
    /// let guide = guide.with_natural("z", &[6.0, -2.0]).unwrap(); // N(1.5, ½²)
    /// let eta = guide.natural("z").unwrap();
    /// assert!((eta[0] - 6.0).abs() < 1e-12 && (eta[1] + 2.0).abs() < 1e-12);
    /// assert!((guide.entropy().unwrap() - 0.725_791).abs() < 1e-6); // ½ log 2πe / 4
    /// let error = guide.with_natural("z", &[6.0, 2.0]).unwrap_err().to_string();
    /// assert!(error.starts_with("no density of \"z\" has the natural parameters [6.0, 2.0]"));
    /// ```
    pub fn with_natural(self, site: &str, values: &[f64]) -> Result<Self, GuideError> {
        let index = self.index(site)?;
        let natural = self.natural_of(index)?;
        self.check_size(index, values)?;
        let mut kept = vec![0.0; values.len()];
        for part in natural.parts(values.len()) {
            let own = pick(values, &part);
            let found = natural
                .kept(&own)
                .ok_or_else(|| GuideError::NaturalDomain { site: site.to_string(), values: own })?;
            found.into_iter().zip(&part).for_each(|(x, at)| kept[*at] = x);
        }
        Ok(self.with_kept(index, kept))
    }

    /// With other parameters of a site, unconstrained, as [`ExponentialFamily::parameters`] has them.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`] and [`GuideError::NaturalSize`].
    pub fn with_parameters(self, site: &str, values: Vec<f64>) -> Result<Self, GuideError> {
        let index = self.index(site)?;
        self.check_size(index, &values)?;
        Ok(self.with_kept(index, values))
    }

    /// A step towards other natural parameters of a site, `η ← (1 - ρ) η + ρ η'`, and the number of its parts whose step was halved until the family had a
    /// density there.
    ///
    /// # Shapes
    /// As [`ExponentialFamily::natural`].
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`], [`GuideError::NoNatural`], [`GuideError::NaturalSize`], and [`GuideError::NaturalDomain`] for numbers that are none.
    pub fn blended(
        self,
        site: &str,
        optimum: &[f64],
        rate: f64,
    ) -> Result<(Self, usize), GuideError> {
        let index = self.index(site)?;
        let natural = self.natural_of(index)?;
        self.check_size(index, optimum)?;
        let (old, mut kept, mut shorter) = (self.kept(index), vec![0.0; optimum.len()], 0);
        for part in natural.parts(optimum.len()) {
            let (from, to) = (natural.natural(&pick(&old, &part)), pick(optimum, &part));
            let blend = |halvings: i32| {
                let rate = rate * 0.5_f64.powi(halvings);
                let eta = from.iter().zip(&to).map(|(from, to)| from + rate * (to - from));
                natural.kept(&eta.collect::<Vec<_>>()).map(|kept| (kept, halvings))
            };
            let found = (0..HALVINGS).find_map(blend);
            let (found, halvings) = found.ok_or_else(|| GuideError::NaturalDomain {
                site: site.to_string(),
                values: to.clone(),
            })?;
            shorter += usize::from(halvings > 0);
            found.into_iter().zip(&part).for_each(|(x, at)| kept[*at] = x);
        }
        Ok((self.with_kept(index, kept), shorter))
    }

    /// The gradient by the means `E[t]` of a site's statistics, which is the natural gradient: from that by the parameters of this module, `F⁻¹` is not needed.
    ///
    /// `∂f/∂φ = (∂E[t]/∂φ)ᵀ ∂f/∂E[t]`
    ///
    /// # Shapes
    /// As [`ExponentialFamily::natural`].
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`], [`GuideError::NoNatural`] and [`GuideError::NaturalSize`].
    ///
    /// # References
    /// Amari (1998); Khan & Lin (2017), *Conjugate-computation variational inference*, equation 5.
    pub fn natural_gradient(&self, site: &str, gradient: &[f64]) -> Result<Vec<f64>, GuideError> {
        let index = self.index(site)?;
        let (natural, kept) = (self.natural_of(index)?, self.kept(index));
        self.check_size(index, gradient)?;
        let of = |part: &[usize]| natural.gradient(&pick(&kept, part), &pick(gradient, part));
        Ok(by_parts(&natural, kept.len(), of))
    }

    /// The entropy in nats, each site's scaled by its plates.
    ///
    /// # Errors
    /// [`GuideError::NoNatural`].
    pub fn entropy(&self) -> Result<f64, GuideError> {
        let mut entropy = 0.0;
        for (index, site) in self.sites().enumerate() {
            let (natural, kept) = (self.natural_of(index)?, self.kept(index));
            let parts = natural.parts(kept.len()).into_iter();
            let own: f64 = parts.map(|part| natural.entropy(&pick(&kept, &part))).sum();
            entropy += own * Plate::scale_of(&site.plates);
        }
        Ok(entropy)
    }

    /// With all covariances of a normal site.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`], and [`GuideError::NoVector`] if the site is no normal vector outside plates.
    pub fn with_full_rank(self, site: &str) -> Result<Self, GuideError> {
        let index = self.index(site)?;
        let (of, kind) = &self.program().sites[index];
        if *kind == Kind::Vector {
            return Ok(self);
        }
        if *kind != Kind::Normal || !is_vector(of) {
            let (site, shape) = (site.to_string(), of.shape.clone());
            return Err(GuideError::NoVector { site, shape });
        }
        let n = of.size();
        let mut kept = self.kept(index);
        let scales = kept.split_off(n);
        let diagonal = (0..n * n).map(|at| if at / n == at % n { scales[at / n] } else { 0.0 });
        kept.extend(diagonal);
        let mut program = self.program().clone();
        program.sites[index].1 = Kind::Vector;
        Ok(Amortized::new(program).with_kept_rows(index, kept, n + 1))
    }

    /// The sites that `keep` holds alone; `None` if there is none.
    pub fn only(&self, keep: impl Fn(&Site) -> bool) -> Option<Self> {
        let PriorFamily { parameters, sites } = self.program().clone();
        let kept = sites.into_iter().zip(parameters).filter(|((site, _), _)| keep(site));
        let (sites, parameters): (Vec<_>, Vec<_>) = kept.unzip();
        (!sites.is_empty()).then(|| Amortized::new(PriorFamily { parameters, sites }))
    }

    /// The sites of this guide and then those of another.
    pub fn joined(&self, other: &Self) -> Self {
        let (mut program, other) = (self.program().clone(), other.program().clone());
        program.sites.extend(other.sites);
        program.parameters.extend(other.parameters);
        Amortized::new(program)
    }

    /// The numbers of continuous sites that have signs of their own.
    ///
    /// # Errors
    /// [`GuideError::NoNatural`].
    pub fn numbers(&self) -> Result<usize, GuideError> {
        let of = |(index, site): (usize, &Site)| Ok(self.natural_of(index)?.numbers(site.size()));
        self.sites().enumerate().map(of).sum()
    }

    pub(super) fn index(&self, site: &str) -> Result<usize, GuideError> {
        let found = self.sites().position(|found| &*found.name == site);
        let known = || self.sites().map(|site| site.name.to_string()).collect();
        found.ok_or_else(|| GuideError::unknown_natural(site, known()))
    }

    pub(super) fn natural_of(&self, index: usize) -> Result<Natural, GuideError> {
        let (site, kind) = &self.program().sites[index];
        Natural::of(*kind, site).ok_or_else(|| GuideError::NoNatural {
            site: site.name.to_string(),
            distribution: site.distribution.to_string(),
        })
    }

    /// What is kept of a site.
    pub(super) fn kept(&self, index: usize) -> Vec<f64> {
        self.program().parameters[index].val().inner().into_data().iter::<f64>().collect()
    }

    pub(super) fn dtype(&self) -> DType {
        self.program().parameters[0].val().dtype()
    }

    fn check_size(&self, index: usize, values: &[f64]) -> Result<(), GuideError> {
        let expected = self.program().parameters[index].val().shape().num_elements();
        match values.len() == expected {
            true => Ok(()),
            false => Err(GuideError::NaturalSize {
                site: self.program().sites[index].0.name.to_string(),
                expected,
                found: values.len(),
            }),
        }
    }

    fn with_kept(self, index: usize, kept: Vec<f64>) -> Self {
        let [rows, _] = self.program().parameters[index].val().dims();
        self.with_kept_rows(index, kept, rows)
    }

    fn with_kept_rows(self, index: usize, kept: Vec<f64>, rows: usize) -> Self {
        let mut program = self.program().clone();
        let old = program.parameters[index].val().inner();
        let data = TensorData::new(kept.clone(), [rows, kept.len() / rows]);
        let options = (&old.device(), old.dtype());
        let value = Tensor::from_data(data.convert_dtype(old.dtype()), options);
        program.parameters[index] = of_site(&program.sites[index].0, value);
        Amortized::new(program)
    }
}

impl GuideError {
    pub(super) fn unknown_natural(site: &str, known: Vec<String>) -> Self {
        Self::UnknownNatural { site: site.to_string(), known: Names(known) }
    }
}
