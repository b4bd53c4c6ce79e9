//! What every automatic family owes: its density has the integral 1, draws and density agree, it survives saving, and its
//! members are fits of their own.

use burn::module::{Module, ModuleDisplay};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use elbo_dist::{HalfCauchy, MultivariateNormal, Noise, Normal, Place};
use elbo_guide::{
    Automatic, AutomaticConfig, Family, FamilyConfig, FullRankNormalConfig, Guide,
    GuideMixtureConfig, Init, PathfinderConfig, Restarts, Score,
};
use elbo_model::{Layout, Path, Plan, Program, Trace};

use crate::f64_on_flex;

/// Two correlated numbers on the real line.
fn pair(t: &mut Trace, _: &()) {
    let place = t.place().clone();
    let covariance = place.tensor::<3>(vec![1.0, 0.8, 0.8, 2.0], [1, 2, 2]);
    let loc = place.tensor::<2>(vec![0.5, -1.0], [1, 2]);
    t.sample("z", MultivariateNormal::covariance_matrix(loc, covariance));
}

/// A number on the real line and a positive one.
fn funnel(t: &mut Trace, _: &()) {
    let tau = t.sample("tau", HalfCauchy::<2>::new(1.0));
    t.sample("z", Normal::new(0.0, tau));
}

fn of<C: FamilyConfig, P: Program>(
    program: &P,
    config: &AutomaticConfig<C>,
    place: &Place,
) -> Automatic<C::Family>
where
    C::Family: ModuleDisplay,
{
    let mut noise = Noise::new(3, place);
    let layout = Layout::discover(program, &(), &noise).unwrap();
    config.init(&layout, program, &(), &mut noise).unwrap()
}

fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// `∫∫ q(z) dz` on a grid of 241 by 241 points within 12 of 0, 0.1 apart. Trapezoidal sums of analytic densities that are
/// more than three steps wide and 0 at the ends err by less than 1e-6.
fn integral<F: Family + ModuleDisplay>(guide: &Automatic<F>, place: &Place) -> f64 {
    let line: Vec<f64> = (0..241).map(|i| -12.0 + 0.1 * f64::from(i)).collect();
    let grid: Vec<f64> = line.iter().flat_map(|x| line.iter().flat_map(|y| [*x, *y])).collect();
    let mut latents = elbo_model::Latents::new(place.clone());
    latents.insert("z", place.tensor::<2>(grid, [241 * 241, 2]));
    let log_q = guide.log_q(&(), &latents).unwrap().total();
    numbers(log_q).iter().map(|log_q| log_q.exp()).sum::<f64>() * 0.01
}

/// All that a family owes, for one whose members have moved away from their start.
fn owes<C: FamilyConfig + Clone>(config: AutomaticConfig<C>, both_paths: f64)
where
    C::Family: ModuleDisplay + Family,
{
    let place = f64_on_flex();
    for init in [Init::Median, Init::Pathfinder(PathfinderConfig::new())] {
        let config = config.clone().with_init(init).with_scale(0.6);
        let guide = shaken(of(&pair, &config, &place));
        let total = integral(&guide, &place);
        assert!((total - 1.0).abs() < 1e-5, "{total}");
        let guide = shaken(of(&funnel, &config, &place));
        agrees(&guide, &place, both_paths);
        survives(&guide, &place);
    }
}

/// `log q` of draws is what [`Score`] says of them, by both paths.
fn agrees<F: Family + ModuleDisplay>(guide: &Automatic<F>, place: &Place, tolerance: f64) {
    for path in [Path::Full, Path::DrawsOnly] {
        let draw = guide.draw(&(), 50, &Plan::new(path), &mut Noise::new(1, place)).unwrap();
        let scored = guide.log_q(&(), &draw.latents).unwrap();
        for (drawn, scored) in numbers(draw.log_q.total()).iter().zip(numbers(scored.total())) {
            assert!((drawn - scored).abs() < tolerance, "{path:?}: {drawn} {scored}");
        }
    }
}

fn survives<F: Family + ModuleDisplay>(guide: &Automatic<F>, place: &Place) {
    let bytes = guide.clone().into_record().into_bytes().unwrap();
    let other = shaken(guide.clone());
    let loaded = other.load_record(ModuleRecord::from_bytes(bytes).unwrap());
    let draw = |guide: &Automatic<F>| {
        let drawn = guide.draw(&(), 3, &Plan::sampling(), &mut Noise::new(1, place)).unwrap();
        drawn.latents.value("z").unwrap().to_vec()
    };
    assert_eq!(draw(&loaded), draw(guide));
}

/// The guide with its parameters moved, each by its own amount within 0.3.
fn shaken<M: Module>(guide: M) -> M {
    struct Shake(f64);
    impl burn::module::ModuleMapper for Shake {
        fn map_float<const D: usize>(
            &mut self,
            param: burn::module::Param<Tensor<D>>,
        ) -> burn::module::Param<Tensor<D>> {
            if !param.is_require_grad() {
                return param;
            }
            let (id, value) = (param.id, param.val().inner());
            let place = Place::of(&value).unwrap();
            let shape = value.dims();
            let count = shape.iter().product();
            let moves = (0..count).map(|_| {
                self.0 += 1.0;
                0.3 * (12.9898 * self.0).sin()
            });
            let moved = value + place.tensor(moves.collect(), shape);
            burn::module::Param::initialized(id, moved).set_require_grad(true)
        }
    }
    guide.map(&mut Shake(0.0))
}

#[test]
fn a_full_rank_normal_is_a_density_that_agrees_with_its_draws() {
    owes(AutomaticConfig::of(FullRankNormalConfig), 1e-9);
}

#[test]
fn a_mixture_is_a_density_that_agrees_with_its_draws() {
    owes(AutomaticConfig::of(GuideMixtureConfig::new(FullRankNormalConfig, 3)), 1e-9);
}

/// Two members of a guide draw what each draws alone from the same noise.
#[test]
fn members_are_fits_of_their_own() {
    let place = f64_on_flex();
    let config = AutomaticConfig::of(FullRankNormalConfig).with_restarts(2);
    let guide = shaken(of(&funnel, &config, &place));
    assert_eq!(guide.restarts(), 2);
    let plan = Plan::default();
    let both = guide.draw(&(), 4, &plan, &mut Noise::new(1, &place)).unwrap();
    let log_q = numbers(both.log_q.total());
    for member in 0..2 {
        let rows: Vec<usize> = (4 * member..4 * member + 4).collect();
        let alone = guide.restart(member).log_q(&(), &both.latents.rows(&rows)).unwrap();
        for (row, alone) in numbers(alone.total()).into_iter().enumerate() {
            assert!((log_q[4 * member + row] - alone).abs() < 1e-9);
        }
    }
}
