//! The posterior of sites that are summed out.

use burn::tensor::{Int, Tensor};
use elbo_dist::{Noise, Place};

use crate::enumeration::{Elimination, Factor, run};
use crate::{Enumerated, Latents, ModelError, Plate, Program, Trace};

/// The exact posterior of the sites that a program [marginalizes](crate::Trace::marginalize), given its latents.
///
/// A value is told by its number among those of the site's support: itself for a category or a bit.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Bernoulli, Normal, Place};
/// use elbo_model::{Discrete, Latents, Trace};
///
/// fn two_bumps(t: &mut Trace, x: &Tensor<2>) {
///     t.plate("rows", x.dims()[1], |t| {
///         let side = t.marginalize("side", Bernoulli::<2>::probs(0.5));
///         t.observe("x", Normal::new(side * 4.0 - 2.0, 1.0), x.clone());
///     });
/// }
///
/// let device = Device::flex();
/// let x = Tensor::from_floats([[-1.0, 0.0, 1.0]], &device);
/// let given = Latents::new(Place::f32(&device));
/// let posterior = Discrete::infer(&two_bumps, &given, &x).unwrap();
/// let chance: Vec<f32> = posterior.marginals("side").unwrap().into_data().try_to_vec().unwrap();
/// assert!((chance[5] - 0.982_013_8).abs() < 1e-6); // σ(4), of a 1 at x = 1
/// let mode: Vec<i64> = posterior.mode("side").unwrap().into_data().iter().collect();
/// assert_eq!((mode[0], mode[2]), (0, 1));
/// ```
#[derive(Clone, Debug)]
pub struct Discrete {
    place: Place,
    particles: usize,
    /// In the order in which values are chosen: a site after those that its weights are conditional on.
    chosen: Vec<Conditional>,
    /// The same, by the most probable values of the sites before it.
    greatest: Vec<Conditional>,
}

/// The log-weights of a site given the values of others, on the host.
#[derive(Clone, Debug)]
struct Conditional {
    sites: Vec<Enumerated>,
    position: usize,
    /// `[S K₁ K₂ .., N]`
    log_weight: Vec<f64>,
    elements: usize,
}

impl Discrete {
    /// The posterior given `latents`, for each of their particles.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn infer<B, P: Program<B> + ?Sized>(
        program: &P,
        latents: &Latents,
        batch: &B,
    ) -> Result<Self, ModelError> {
        let terms = run(program, batch, || Trace::given(latents).validated())?.terms;
        crate::enumeration::check_turns(program, latents, batch, &terms)?;
        let conditionals = |elimination: Elimination| -> Result<Vec<Conditional>, ModelError> {
            let (_, factors) = elimination.sum_out()?;
            Ok(factors.into_iter().rev().map(Conditional::of).collect())
        };
        let chosen = conditionals(Elimination::new(terms.clone(), true))?;
        let greatest = conditionals(Elimination::new(terms, true).of_greatest())?;
        let (place, particles) = (latents.place().clone(), latents.particles());
        Ok(Self { place, particles, chosen, greatest })
    }

    /// The sites.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.chosen.iter().map(|conditional| &*conditional.site().site)
    }

    /// The probability of each value.
    ///
    /// # Shapes
    /// `[S, N, K]` for `N` elements of the site's plates.
    ///
    /// # Errors
    /// [`ModelError::MissingSite`].
    pub fn marginals(&self, site: &str) -> Result<Tensor<3>, ModelError> {
        let position = self.position(site)?;
        let own = &self.chosen[position];
        let shape = [self.particles, own.elements, own.site().count];
        let mut chances = Vec::with_capacity(shape.iter().product());
        for particle in 0..self.particles {
            for element in 0..own.elements {
                chances.extend(self.marginal(position, particle, element));
            }
        }
        Ok(self.place.tensor(chances, shape))
    }

    /// The value of the site in the most probable combination of all sites' values.
    ///
    /// # Shapes
    /// `[S, N]`.
    ///
    /// # Errors
    /// [`ModelError::MissingSite`].
    pub fn mode(&self, site: &str) -> Result<Tensor<2, Int>, ModelError> {
        let position = self.position(site)?;
        let most = |chances: &[f64], _: usize, _: usize, _: usize| {
            let greater = |best: usize, k: usize| if chances[k] > chances[best] { k } else { best };
            (0..chances.len()).fold(0, greater)
        };
        Ok(self.choose(&self.greatest, position, most))
    }

    /// A joint draw of all sites' values, of which this is that of `site`.
    ///
    /// # Shapes
    /// `[S, N]`.
    ///
    /// # Errors
    /// [`ModelError::MissingSite`].
    pub fn sample(&self, site: &str, noise: &Noise) -> Result<Tensor<2, Int>, ModelError> {
        let position = self.position(site)?;
        let uniforms: Vec<Vec<f64>> = self
            .chosen
            .iter()
            .map(|conditional| {
                let mut noise = noise.site(&conditional.site().site);
                noise.uniform([self.particles, conditional.elements]).into_data().iter().collect()
            })
            .collect();
        let drawn = |chances: &[f64], which: usize, particle: usize, element: usize| {
            let u = uniforms[which][particle * self.chosen[which].elements + element];
            let mut below = 0.0;
            let passed = chances.iter().take_while(|chance| {
                below += **chance;
                below < u
            });
            passed.count().min(chances.len() - 1)
        };
        Ok(self.choose(&self.chosen, position, drawn))
    }

    fn position(&self, site: &str) -> Result<usize, ModelError> {
        self.sites().position(|known| known == site).ok_or_else(|| ModelError::MissingSite {
            site: site.to_string(),
            given: crate::Names(self.sites().map(str::to_string).collect()),
        })
    }

    /// The values of the site at `position`, after those before it have theirs.
    fn choose(
        &self,
        conditionals: &[Conditional],
        position: usize,
        choice: impl Fn(&[f64], usize, usize, usize) -> usize,
    ) -> Tensor<2, Int> {
        let mut values: Vec<Vec<usize>> = Vec::new();
        for (which, conditional) in conditionals.iter().enumerate().take(position + 1) {
            let mut own = Vec::with_capacity(self.particles * conditional.elements);
            for particle in 0..self.particles {
                for element in 0..conditional.elements {
                    let of = |other: &Enumerated| {
                        let index = conditionals[..which].iter().position(|c| c.site() == other);
                        let index = index.expect("chosen before");
                        let count = conditionals[index].elements;
                        let above = conditional.element_above(other, element);
                        above.map_or(0, |above| values[index][particle * count + above])
                    };
                    let chances = conditional.chances(self.particles, particle, element, of);
                    own.push(choice(&chances, which, particle, element));
                }
            }
            values.push(own);
        }
        let numbers = values[position].iter().map(|k| *k as i64).collect::<Vec<_>>();
        let shape = [self.particles, conditionals[position].elements];
        let data = burn::tensor::TensorData::new(numbers, shape);
        Tensor::from_data(data, self.place.device())
    }

    /// The probabilities of a site's values at one element, over all values of the sites that they depend on.
    fn marginal(&self, position: usize, particle: usize, element: usize) -> Vec<f64> {
        let own = &self.chosen[position];
        let mut total = vec![0.0; own.site().count];
        let before: Vec<usize> = (0..position)
            .filter(|index| own.element_above(self.chosen[*index].site(), element).is_some())
            .collect();
        let combinations: usize =
            before.iter().map(|index| self.chosen[*index].site().count).product();
        for mut combination in 0..combinations {
            let mut values = Vec::new();
            for index in &before {
                let count = self.chosen[*index].site().count;
                values.push((*index, combination % count));
                combination /= count;
            }
            let of = |other: &Enumerated| {
                let known = values.iter().find(|(index, _)| self.chosen[*index].site() == other);
                known.map_or(0, |(_, value)| *value)
            };
            let chance: f64 = values
                .iter()
                .map(|(index, value)| {
                    let conditional = &self.chosen[*index];
                    let above =
                        own.element_above(conditional.site(), element).expect("it is above");
                    conditional.chances(self.particles, particle, above, of)[*value]
                })
                .product();
            let chances = own.chances(self.particles, particle, element, of);
            total.iter_mut().zip(chances).for_each(|(sum, own)| *sum += chance * own);
        }
        total
    }
}

impl Conditional {
    fn of(factor: Factor) -> Self {
        let Factor { sites, position, log_weight } = factor;
        let elements = log_weight.dims()[1];
        let log_weight = log_weight.inner().into_data().iter::<f64>().collect();
        Self { sites, position, log_weight, elements }
    }

    fn site(&self) -> &Enumerated {
        &self.sites[self.position]
    }

    /// The element of another site's plates that an element of this one lies in, if they are around it.
    fn element_above(&self, other: &Enumerated, element: usize) -> Option<usize> {
        let inner = self.site().plates.get(other.plates.len()..)?;
        let inside: usize = inner.iter().map(|plate: &Plate| plate.batch).product();
        other.is_around(&self.site().plates).then(|| element / inside)
    }

    /// The probabilities of the values, given those of the other sites.
    fn chances(
        &self,
        particles: usize,
        particle: usize,
        element: usize,
        of: impl Fn(&Enumerated) -> usize,
    ) -> Vec<f64> {
        let weight = |value: usize| {
            let (mut row, mut each) = (particle, particles);
            for (index, site) in self.sites.iter().enumerate() {
                row += each * if index == self.position { value } else { of(site) };
                each *= site.count;
            }
            self.log_weight[row * self.elements + element]
        };
        let weights: Vec<f64> = (0..self.site().count).map(weight).collect();
        let greatest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = weights.iter().map(|weight| (weight - greatest).exp()).collect();
        let whole: f64 = parts.iter().sum();
        parts.into_iter().map(|part| part / whole).collect()
    }
}
