//! What every automatic family owes: its density has the integral 1, draws and density agree, it survives saving, and its
//! members are fits of their own.

use burn::module::{Module, ModuleDisplay};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use elbo_dist::{Distribution, HalfCauchy, MultivariateNormal, Noise, Normal, Place};
use elbo_guide::{
    AffineCouplingConfig, Automatic, AutomaticConfig, BijectionConfig, BlockDiagonalConfig, Family,
    FamilyConfig, FlowConfig, FullRankNormalConfig, Guide, GuideMixtureConfig, Init,
    InverseAutoregressiveConfig, LowRankConfig, PathfinderConfig, PlanarConfig, RadialConfig,
    Restarts, Score, SplineCouplingConfig, StructuredConfig, Then,
};
use elbo_model::{Latents, Layout, LogJoint, Plan, Program, Trace};

use crate::{agrees, f64_on_flex, numbers, shaken};

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

/// `∫∫ q(z) dz` on a grid of so many steps each way within 12 of 0.
fn integral<F: Family + ModuleDisplay>(guide: &Automatic<F>, place: &Place, steps: usize) -> f64 {
    let step = 24.0 / steps as f64;
    let line: Vec<f64> = (0..=steps).map(|i| -12.0 + step * i as f64).collect();
    let of_lines = |lines: &[f64]| {
        let grid = lines.iter().flat_map(|x| line.iter().flat_map(|y| [*x, *y])).collect();
        let mut latents = Latents::new(place.clone());
        latents.insert("z", place.tensor::<2>(grid, [lines.len() * line.len(), 2]));
        let log_q = guide.log_q(&(), &latents).unwrap().total();
        numbers(log_q).iter().map(|log_q| log_q.exp()).sum::<f64>()
    };
    line.chunks(100).map(of_lines).sum::<f64>() * step * step
}

/// What a family owes whose density has all derivatives: where it is more than three steps of 0.1 wide and 0 at the ends, trapezoidal sums err by
/// less than 1e-5.
fn owes<C: FamilyConfig + Clone>(config: AutomaticConfig<C>)
where
    C::Family: ModuleDisplay + Family,
{
    owes_on(config, 240, 1e-5);
}

/// All that a family owes, for one whose members have moved away from their start.
fn owes_on<C: FamilyConfig + Clone>(config: AutomaticConfig<C>, steps: usize, error: f64)
where
    C::Family: ModuleDisplay + Family,
{
    let place = f64_on_flex();
    for init in [Init::Median, Init::Pathfinder(PathfinderConfig::new())] {
        let config = config.clone().with_init(init).with_scale(0.6);
        let guide = shaken(of(&pair, &config, &place));
        let total = integral(&guide, &place, steps);
        assert!((total - 1.0).abs() < error, "{total}");
        let guide = shaken(of(&funnel, &config, &place));
        agrees(&guide, &());
        survives(&guide, &place);
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

#[test]
fn a_full_rank_normal_is_a_density_that_agrees_with_its_draws() {
    owes(AutomaticConfig::of(FullRankNormalConfig));
}

#[test]
fn a_low_rank_normal_is_a_density_that_agrees_with_its_draws() {
    owes(LowRankConfig::rank(1));
}

#[test]
fn a_block_diagonal_normal_is_a_density_that_agrees_with_its_draws() {
    owes(BlockDiagonalConfig::by_plate());
}

#[test]
fn a_structured_normal_is_a_density_that_agrees_with_its_draws() {
    owes(StructuredConfig::independent());
}

#[test]
fn a_mixture_is_a_density_that_agrees_with_its_draws() {
    owes(AutomaticConfig::of(GuideMixtureConfig::new(FullRankNormalConfig, 3)));
}

#[test]
fn flows_of_affine_couplings_are_densities_that_agree_with_their_draws() {
    owes(FlowConfig::guide((3, AffineCouplingConfig::new([5]))));
}

#[test]
fn flows_of_splines_are_densities_that_agree_with_their_draws() {
    // The slopes of their densities have jumps, where trapezoids err by the square of the step: by 1e-2 with steps of 0.1.
    let splines = SplineCouplingConfig::new([5]).with_bins(4).with_bound(3.0);
    owes_on(FlowConfig::guide((2, splines)), 960, 2e-3);
}

#[test]
fn inverse_autoregressive_flows_are_densities_that_agree_with_their_draws() {
    owes(FlowConfig::guide((3, InverseAutoregressiveConfig::new([6, 6]))));
}

#[test]
fn planar_and_radial_flows_are_densities_that_agree_with_their_draws() {
    owes(FlowConfig::guide(Then((3, PlanarConfig), (2, RadialConfig))));
}

/// The gradient of `log q(z)` in `z` and in the parameters, through the inverses too: central differences in double precision.
#[test]
fn the_log_density_of_planar_and_autoregressive_flows_has_the_gradient_of_its_values() {
    let place = f64_on_flex();
    let planar = FlowConfig::guide((2, PlanarConfig));
    slopes(shaken(of(&pair, &planar, &place)), &place);
    let autoregressive = FlowConfig::guide((2, InverseAutoregressiveConfig::new([4])));
    slopes(shaken(of(&pair, &autoregressive, &place)), &place);
    let spline = FlowConfig::guide((2, SplineCouplingConfig::new([4])));
    slopes(shaken(of(&pair, &spline, &place)), &place);
}

fn slopes<F: Family + ModuleDisplay>(guide: Automatic<F>, place: &Place) {
    let at = [0.3, -0.9];
    let log_q = |z: Vec<f64>| guide.family().log_prob(place.tensor(z, [1, 2]));
    let z = Tensor::from_inner(place.tensor::<2>(at.to_vec(), [1, 2])).require_grad();
    let gradient = guide.family().valid().log_prob(z.clone()).backward();
    let found = numbers(z.grad(&gradient).unwrap());
    for i in 0..2 {
        let moved = |by: f64| {
            let mut z = at.to_vec();
            z[i] += by;
            numbers(log_q(z))[0]
        };
        let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        // Rounding and curvature leave 1e-7 of a slope.
        let error = 1e-7 * difference.abs().max(1.0);
        assert!((found[i] - difference).abs() < error, "{} {difference}", found[i]);
    }
}

/// A flow over one number has nobody to take turns with, and is a density all the same.
#[test]
fn a_flow_of_one_number_is_a_density() {
    fn one(t: &mut Trace, _: &()) {
        t.sample("z", Normal::<2>::new(0.0, 1.0));
    }
    let place = f64_on_flex();
    let spline = SplineCouplingConfig::new([4]).with_bins(5);
    let guide = shaken(of(&one, &FlowConfig::guide((2, spline)), &place));
    let integral = |count: usize| {
        let step = 24.0 / count as f64;
        let line: Vec<f64> = (0..=count).map(|i| -12.0 + step * i as f64).collect();
        let mut latents = Latents::new(place.clone());
        latents.insert("z", place.tensor::<2>(line, [count + 1, 1]));
        let log_q = numbers(guide.log_q(&(), &latents).unwrap().total());
        log_q.iter().map(|log_q| log_q.exp()).sum::<f64>() * step
    };
    // The slope of the density has jumps, where trapezoids err by the square of the step.
    assert!((integral(19_200) - 1.0).abs() < 1e-5);
    let autoregressive = FlowConfig::guide((2, InverseAutoregressiveConfig::new([4])));
    agrees(&shaken(of(&one, &autoregressive, &place)), &place);
    let coupling = FlowConfig::guide((3, AffineCouplingConfig::new([4])));
    agrees(&shaken(of(&one, &coupling, &place)), &place);
}

#[test]
fn layers_that_cannot_be_are_refused() {
    fn refusal<C: BijectionConfig + Clone>(layer: C) -> String
    where
        C::Bijection: ModuleDisplay,
    {
        let mut noise = Noise::new(0, f64_on_flex());
        let layout = Layout::discover(&pair, &(), &noise).unwrap();
        let guide = FlowConfig::guide((1, layer)).init(&layout, &pair, &(), &mut noise);
        guide.map(|_| ()).unwrap_err().to_string()
    }
    let bins = refusal(SplineCouplingConfig::new([4]).with_bins(1));
    assert_eq!(bins, "a layer SplineCoupling needs 2 to 500 bins, but has 1");
    let bound = refusal(SplineCouplingConfig::new([4]).with_bound(-1.0));
    assert_eq!(bound, "a layer SplineCoupling needs a finite bound above 0, but has -1");
    let hidden = refusal(AffineCouplingConfig::new([4, 0]));
    assert_eq!(
        hidden,
        "a layer AffineCoupling needs hidden layers of 1 unit or more, but has [4, 0]"
    );
}

/// A flow as a distribution in a program: its density at its own draws, and no gradient once it is constant.
#[test]
fn a_flow_is_a_distribution() {
    let place = f64_on_flex();
    let config = FlowConfig::guide((2, AffineCouplingConfig::new([5])));
    let flow = shaken(of(&pair, &config, &place)).family().clone();
    let model = {
        let flow = flow.valid();
        move |t: &mut Trace, _: &()| {
            t.sample("z", flow.clone());
        }
    };
    let layout = Layout::discover(&model, &(), &Noise::new(0, &place)).unwrap();
    let draws = layout.prior_draws().unwrap();
    let scored = numbers(model.log_joint(draws, &()).unwrap().total());
    let by_family = numbers(Family::log_prob(&flow, draws.get::<2>("z").unwrap()));
    for (scored, by_family) in scored.iter().zip(by_family) {
        assert!((scored - by_family).abs() < 1e-12);
    }
    assert!(Distribution::log_prob(&flow.train(), draws.get::<2>("z").unwrap()).is_tracked());
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
