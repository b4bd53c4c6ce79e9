//! Noise: one stream for every device, thread, order and chunk.

use burn::tensor::{Device, Tensor};
use elbo_dist::{Distribution, Gamma, Noise, NoiseState, Place, normal_quantile};

use crate::{double, host, ndarray, single};

fn root(place: impl Into<Place>) -> Noise {
    Noise::new(7, place).at_step(3).site("z")
}

/// A draw by rejection: elements take unequal numbers of uniforms.
fn gamma(noise: &mut Noise, particles: usize) -> Tensor<2> {
    Gamma::<2>::new(0.7, 1.0).iid([1, 3]).sample(particles, noise).unwrap()
}

#[test]
fn every_backend_gets_the_same_bits() {
    let (flex, ndarray) = (Device::flex(), ndarray());
    let places = [
        (Place::f32(&flex), Place::f32(&ndarray)),
        (Place::f64(&flex).unwrap(), Place::f64(&ndarray).unwrap()),
    ];
    for (a, b) in places {
        let (mut a, mut b) = (root(a), root(b));
        assert_eq!(a.normal([40, 5]).into_data(), b.normal([40, 5]).into_data());
        assert_eq!(a.uniform([40, 5]).into_data(), b.uniform([40, 5]).into_data());
        assert_eq!(gamma(&mut a, 9).into_data(), gamma(&mut b, 9).into_data());
    }
}

#[test]
fn a_draw_depends_on_neither_thread_nor_order() {
    let noise = Noise::new(7, double()).at_step(3);
    let sites = ["a", "b", "c"];
    let draw = |site: &str| host(noise.site(site).normal([2, 3]));
    let forth = sites.map(draw);
    let mut back = ["c", "b", "a"].map(draw);
    back.reverse();
    assert_eq!(forth, back);
    let draw = &draw;
    let threads = std::thread::scope(|scope| {
        sites.map(|site| scope.spawn(move || draw(site))).map(|handle| handle.join().unwrap())
    });
    assert_eq!(forth, threads);
}

#[test]
fn a_particle_gets_the_same_numbers_however_many_there_are() {
    let (many, few) = (&mut root(double()), &mut root(double()));
    assert_eq!(host(many.normal([100, 3]))[..6], host(few.normal([2, 3])));
    assert_eq!(host(many.uniform([100, 3]))[..6], host(few.uniform([2, 3])));
    assert_eq!(host(gamma(many, 100))[..6], host(gamma(few, 2)));
}

#[test]
fn chunks_of_particles_add_up_to_the_whole() {
    let noise = root(double());
    let draw = |from: u64, particles: usize| {
        let noise = &mut noise.from_particle(from);
        let normal = noise.normal([particles, 3]);
        Tensor::cat(vec![normal, noise.uniform([particles, 3]), gamma(noise, particles)], 1)
    };
    let chunks = Tensor::cat(vec![draw(0, 1), draw(1, 4), draw(5, 2)], 0);
    assert_eq!(host(chunks), host(draw(0, 7)));
}

#[test]
fn seeds_steps_sites_branches_and_calls_all_differ() {
    let mut root = root(double());
    let (first, second) = (root.split(), root.split());
    let mut streams = [
        root.clone(),
        Noise::new(8, double()).at_step(3).site("z"),
        Noise::new(7, double()).at_step(4).site("z"),
        Noise::new(7, double()).at_step(3).site("y"),
        first.clone(),
        second,
        { first }.split(),
    ];
    let mut draws: Vec<_> = streams.iter_mut().map(|noise| host(noise.normal([1, 2]))).collect();
    draws.push(host(streams[0].normal([1, 2])));
    let numbers: Vec<f64> = draws.concat();
    for (i, x) in numbers.iter().enumerate() {
        assert!(!numbers[..i].contains(x), "{x} was drawn twice");
    }
}

#[test]
fn the_state_survives_serialization() {
    let mut noise = root(double()).from_particle(5);
    noise.normal([2, 2]);
    let mut branch = noise.split();
    branch.uniform([1, 1]);
    let json = serde_json::to_string(&branch.state()).unwrap();
    let state: NoiseState = serde_json::from_str(&json).unwrap();
    assert_eq!(state, branch.state());
    let mut restored = Noise::from_state(state, double());
    assert_eq!(host(restored.normal([2, 2])), host(branch.normal([2, 2])));
}

#[test]
fn single_precision_is_double_precision_rounded() {
    let (wide, narrow) = (&mut root(double()), &mut root(single()));
    let rounded = |x: Tensor<2>| host(x).into_iter().map(|x| x as f32).collect::<Vec<_>>();
    let bits = |x: Tensor<2>| x.into_data().iter::<f32>().collect::<Vec<_>>();
    assert_eq!(rounded(wide.normal([500, 2])), bits(narrow.normal([500, 2])));
    assert_eq!(rounded(wide.uniform([500, 2])), bits(narrow.uniform([500, 2])));
}

/// Found by search: among the two million of this seed is one so near 1 that single precision
/// would round it up.
#[test]
fn a_uniform_is_never_zero_or_one() {
    let ends = |place: &Place| -> (f64, f64) {
        let draws = Noise::new(78, place).uniform([1000, 2000]);
        (draws.clone().min().into_scalar(), draws.max().into_scalar())
    };
    let (low, high) = ends(&double());
    assert!(0.0 < low && high < 1.0 && high as f32 == 1.0, "{low}, {high}");
    let (low, high) = ends(&single());
    assert!(0.0 < low && high == 1.0 - 2.0_f64.powi(-24), "{low}, {high}");
}

/// The smallest and the largest uniform that there are.
#[test]
fn the_extreme_uniforms_have_finite_normals() {
    let half_step = 0.5 * 2.0_f64.powi(-52);
    for extreme in [half_step, 1.0 - half_step] {
        assert!((normal_quantile(extreme).abs() - 8.2).abs() < 0.02);
    }
}

#[test]
fn a_hundred_thousand_normals_pass_the_kolmogorov_smirnov_test() {
    // The seed is fixed: this p-value, not one in a thousand, is what is tested.
    let draws = host(Noise::new(1, single()).normal([100_000, 1]));
    let p = elbo_testkit::ks_test(&draws, elbo_testkit::normal_cdf);
    assert!(p > 1e-3, "p = {p}");
}

/// A change of these numbers breaks every seeded result: the changelog must call it so.
#[test]
fn the_numbers_of_a_seed_stay() {
    let noise = Noise::new(42, double()).at_step(1).site("mu");
    assert_eq!(
        host(noise.clone().normal([3, 1])),
        [-0.5526939785439678, -1.8919940506540682, 0.23632276209944392]
    );
    assert_eq!(
        host(noise.clone().uniform([3, 1])),
        [0.29023648863304563, 0.029245886742264804, 0.5934088872532463]
    );
    assert_eq!(host(noise.clone().split().uniform([1, 1])), [0.02273881866931815]);
    assert_eq!(host(noise.clone().from_particle(1).uniform([1, 1])), [0.029245886742264804]);
    let gamma = Gamma::<2>::new(2.5, 1.0).sample(3, &mut noise.clone()).unwrap();
    assert_eq!(host(gamma), [0.35469368834602033, 4.214004250200715, 3.457244928829899]);
}
