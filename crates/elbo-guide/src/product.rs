//! Guides of different latents side by side.

use burn::module::{Module, ModuleDisplay, ModuleMapper, Param, ParamId};
use burn::tensor::Tensor;
use elbo_dist::{Noise, name_key};
use elbo_model::{Latents, LogTerms, Order, Plan};

use crate::{Draw, Guide, GuideError, Score};

/// Two guides that draw different latents, independently.
///
/// `q(z₁, z₂) = q₁(z₁) q₂(z₂)`
///
/// A program over local latents beside an automatic guide over global ones, for example;
/// [`Layout::of_latents`](elbo_model::Layout::of_latents) says of which latents a guide is.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{Amortized, FullRankConfig, Guide, Init, Product, Score};
/// use elbo_model::{Layout, Model, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0));
///     t.sample("z", Normal::new(mu, 1.0));
/// }
///
/// fn proposal(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(1.0, 0.5));
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let at = |mu: f32| ("mu", Tensor::<2>::from_floats([[mu]], &device));
/// let globals = layout.of_latents(|name| name != "z");
/// let config = FullRankConfig::new().with_init(Init::Value(layout.at([at(0.0)]))).with_scale(1.0);
/// let globals = config.init(&globals, &model, &(), &mut noise).unwrap();
/// let guide = Product::new(globals, Amortized::new(Model::new(proposal)));
/// let draw = guide.draw(&(), 4, &Plan::default(), &mut noise).unwrap();
/// assert_eq!(draw.latents.iter().count(), 2);
/// let both = layout.at([at(0.0), ("z", Tensor::from_floats([[1.0]], &device))]);
/// let log_q: f32 = guide.log_q(&(), &both).unwrap().total().into_scalar();
/// assert!((log_q + 1.144_730).abs() < 1e-5); // log N(0; 0, 1) + log N(1; 1, ½²)
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equation 10.5.
#[derive(Module, Debug)]
pub struct Product<A: Module, B: Module> {
    first: A,
    second: B,
}

impl<A: Module, B: Module> Product<A, B> {
    /// Both guides together; the parameters of the second take identities of their own, so that both may be of one kind.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second: second.map(&mut Renamed) }
    }

    /// The first guide.
    pub fn first(&self) -> &A {
        &self.first
    }

    /// The second guide.
    pub fn second(&self) -> &B {
        &self.second
    }
}

/// Gives parameters other identities, which depend on those that they have.
struct Renamed;

impl ModuleMapper for Renamed {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = param.consume();
        let id = ParamId::from(name_key(&format!("second {}", id.val())));
        Param::from_mapped_value(id, value, mapper)
    }
}

impl<D, A: Guide<D> + ModuleDisplay, B: Guide<D> + ModuleDisplay> Guide<D> for Product<A, B> {
    fn draw(
        &self,
        batch: &D,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        if self.members() > 1 {
            return Err(GuideError::ProductRestarts);
        }
        let part = plan.of_part();
        let Draw { mut latents, log_q } = self.first.draw(batch, particles, &part, noise)?;
        let second = self.second.draw(batch, particles, &part, noise)?;
        let twice = |name: &&str| latents.value(name).is_some();
        if let Some(site) = second.latents.iter().map(|(name, _)| name).find(twice) {
            return Err(GuideError::DrawnTwice { site: site.to_string() });
        }
        latents.extend(second.latents);
        plan.check_sites(latents.iter().map(|(name, _)| name))?;
        let log_q = together(log_q, second.log_q)?;
        Ok(Draw { latents, log_q })
    }

    fn members(&self) -> usize {
        self.first.members().max(self.second.members())
    }
}

impl<D, A: Score<D> + ModuleDisplay, B: Score<D> + ModuleDisplay> Score<D> for Product<A, B> {
    fn log_q(&self, batch: &D, latents: &Latents) -> Result<LogTerms, GuideError> {
        let first = self.first.log_q(batch, &own(&self.first, batch, latents)?)?;
        together(first, self.second.log_q(batch, &own(&self.second, batch, latents)?)?)
    }
}

/// The values of the latents that a guide draws: a draw tells their names.
fn own<D>(guide: &impl Guide<D>, batch: &D, latents: &Latents) -> Result<Latents, GuideError> {
    let mut noise = Noise::new(0, latents.place());
    let drawn = guide.draw(batch, 1, &Plan::sampling(), &mut noise)?.latents;
    let own = latents.only(drawn.iter().map(|(name, _)| name));
    Ok(own)
}

/// The terms of independent guides.
fn together(first: LogTerms, second: LogTerms) -> Result<LogTerms, GuideError> {
    if let Some(site) = first.enumerated().iter().chain(second.enumerated()).next() {
        return Err(GuideError::ProductEnumerates { site: site.site.to_string() });
    }
    let independent = [&first, &second].iter().all(|terms| terms.order() == Order::Independent);
    let order = if independent { Order::Independent } else { Order::Unknown };
    let mut terms = first;
    terms.extend(second);
    Ok(terms.with_order(order))
}
