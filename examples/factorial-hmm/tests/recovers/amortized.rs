//! What a network infers beside coordinate ascent and exact inference.

use elbo::Place;
use elbo::prelude::{CoordinateAscent, Coordinates, Device};
use factorial_hmm::{Network, NetworkOptions, Sizes, Small};

/// Sequences of 1 to 20 steps of one model.
fn sequences(small: &Small, count: usize, seed: u64) -> Vec<Vec<Vec<f64>>> {
    let mut rng = crate::rng(seed);
    (0..count).map(|place| small.hmm.sample(1 + place % 20, &mut rng).1).collect()
}

/// On 40 sequences that the network has not seen no bound is above that from which coordinate ascent goes on, nor that above the evidence. All together lose at most 3%
/// of it; without training, from the first potentials of coordinate ascent, they lose more than 10%.
#[test]
fn a_network_comes_near_the_evidence_from_below() {
    let place = Place::f64(&Device::flex()).unwrap();
    let small = Small::drawn(Sizes::new(3, 2), 1, 0).unwrap();
    let (train, test) = (sequences(&small, 200, 1), sequences(&small, 40, 2));
    let lost_after = |passes| {
        let options = NetworkOptions { passes, ..NetworkOptions::default() };
        let network = Network::train(&small.hmm, &train, &options, &place, |_, _| ()).unwrap();
        let [mut all, mut evidence] = [0.0; 2];
        for steps in &test {
            let seen = small.hmm.observe(steps).unwrap();
            let mut inferred = network.posterior(&seen, &place).unwrap();
            let bound = inferred.bound(&seen).unwrap();
            let ascent = CoordinateAscent::new().with_tolerance(1e-9);
            let refined = ascent.run(&mut inferred, &seen, |_, _| ()).unwrap().bound();
            let exact = seen.exact().unwrap().log_evidence;
            assert!(
                bound <= refined + 1e-9 && refined <= exact + 1e-9,
                "{bound} {refined} {exact}"
            );
            all += bound;
            evidence += exact;
        }
        1.0 - evidence / all
    };
    let lost = [lost_after(NetworkOptions::default().passes), lost_after(0)];
    assert!(lost[0] < 0.03 && lost[1] > 0.1, "{lost:?}");
}

/// The network's own bound of sequences of several lengths, at the last pass with a rate of almost nothing, is the sum of the host's.
#[test]
fn the_bound_that_trains_is_that_of_the_posteriors() {
    let place = Place::f64(&Device::flex()).unwrap();
    let small = Small::drawn(Sizes::new(2, 3), 1, 4).unwrap();
    let sequences = sequences(&small, 7, 3);
    let still =
        NetworkOptions { passes: 1, batch: 7, learning_rate: 1e-12, ..NetworkOptions::default() };
    let mut trained = 0.0;
    let network =
        Network::train(&small.hmm, &sequences, &still, &place, |_, bound| trained = bound).unwrap();
    let each = sequences.iter().map(|steps| {
        let seen = small.hmm.observe(steps).unwrap();
        network.posterior(&seen, &place).unwrap().bound(&seen).unwrap()
    });
    let on_host: f64 = each.sum();
    // Batches are kept in single precision.
    assert!((trained - on_host).abs() < 1e-6 * on_host.abs(), "{trained} {on_host}");
}
