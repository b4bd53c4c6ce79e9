//! Guides that are saved draw the same once they are loaded, by a guide that was made in the same way from another seed.

use burn::module::{ModuleMapper, Param};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use elbo_dist::{Gamma, Noise, Normal};
use elbo_guide::{
    AutomaticStructured, DaisConfig, DeltaGuide, ExponentialFamily, FullRank, Guide,
    LaplaceApproximation, Local, MeanField, PathfinderConfig, Product,
};
use elbo_model::{Layout, Model, Plan, Subsample, Trace};

use crate::{Batch, f64_on_flex};

fn pair(t: &mut Trace, _: &()) {
    let rate = t.sample("rate", Gamma::<2>::new(2.0, 1.0));
    t.sample("z", Normal::new(rate, 0.5));
}

/// Every number a little larger.
struct Moved;

impl ModuleMapper for Moved {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match param.is_require_grad() {
            true => Param::initialized(param.id, param.val().inner() + 0.1).set_require_grad(true),
            false => param,
        }
    }
}

/// The draws of a guide with its parameters moved, and those of another one that has loaded its record.
fn survives<B, G: Guide<B>>(make: impl Fn(&mut Noise) -> G, batch: &B) {
    let place = f64_on_flex();
    let saved = make(&mut Noise::new(0, &place)).train().map(&mut Moved).valid();
    let loaded = make(&mut Noise::new(1, &place));
    let bytes = saved.clone().into_record().into_bytes().unwrap();
    let loaded = loaded.load_record(ModuleRecord::from_bytes(bytes).unwrap());
    let draw = |guide: &G| {
        let draw = guide.draw(batch, 3, &Plan::sampling(), &mut Noise::new(2, &place)).unwrap();
        draw.latents.iter().flat_map(|(_, value)| value.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(draw(&loaded), draw(&saved));
}

#[test]
fn guides_survive_saving_and_loading() {
    let place = f64_on_flex();
    let layout = Layout::discover(&pair, &(), &Noise::new(0, &place)).unwrap();
    survives(|noise| DeltaGuide::new(&layout, &pair, &(), noise).unwrap(), &());
    survives(|_| ExponentialFamily::of_prior(&layout).unwrap(), &());
    survives(|noise| AutomaticStructured::new(Model::new(pair), &layout, &(), noise).unwrap(), &());
    let dais = DaisConfig::steps(2);
    survives(|noise| dais.init(Model::new(pair), &layout, &(), noise).unwrap(), &());
    survives(|noise| LaplaceApproximation::new(&layout, &pair, &(), noise).unwrap(), &());
    survives(|noise| PathfinderConfig::new().init(&layout, &pair, &(), noise).unwrap(), &());
    let [rate, z] = ["rate", "z"].map(|name| layout.of_latents(move |site| site == name));
    survives(
        |noise| {
            let first = FullRank::new(&rate, &pair, &(), noise).unwrap();
            Product::new(first, MeanField::new(&z, &pair, &(), noise).unwrap())
        },
        &(),
    );
}

fn rows(t: &mut Trace, d: &Batch) {
    t.plate("rows", Subsample { total: 5, batch: d.0.len() }, |t| {
        t.sample("z", Normal::<2>::new(0.0, 1.0));
    });
}

#[test]
fn a_table_survives_saving_and_loading() {
    let (batch, noise) = (Batch(vec![0, 4]), Noise::new(0, f64_on_flex()));
    let layout = Layout::discover(&rows, &batch, &noise).unwrap();
    survives(|_| Local::new("rows", &layout).unwrap(), &batch);
}

/// Draws in chunks are those of all at once, of a mixture too, whose members take turns.
#[test]
fn a_mixture_draws_in_chunks_what_it_draws_at_once() {
    let place = f64_on_flex();
    let layout = Layout::discover(&pair, &(), &Noise::new(0, &place)).unwrap();
    let mut noise = Noise::new(0, &place);
    let guide = PathfinderConfig::new().init(&layout, &pair, &(), &mut noise).unwrap();
    let draw = |first: u64, particles: usize| {
        let mut noise = Noise::new(5, &place).from_particle(first);
        let draw = guide.draw(&(), particles, &Plan::sampling(), &mut noise).unwrap();
        draw.latents.value("z").unwrap().to_vec()
    };
    assert_eq!([draw(0, 3), draw(3, 4)].concat(), draw(0, 7));
}
