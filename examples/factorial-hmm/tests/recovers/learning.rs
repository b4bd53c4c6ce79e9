//! Learning from sequences of different lengths.

use elbo_conjugate::{CoordinateAscent, Coordinates};
use factorial_hmm::{
    Chains, FactorialHmm, Family, Gaussian, Learn, NoisyOr, Options, Sizes, VariationalEm, bounds,
    loss, train,
};

use crate::{furthest, gaussian, noisy_or, rng};

/// `count` sequences of 5 to 44 steps.
fn sequences<E: Learn>(hmm: &FactorialHmm<E>, count: usize, seed: u64) -> Vec<Vec<E::Step>> {
    let mut rng = rng(seed);
    (0..count).map(|n| hmm.sample(5 + 7 * n % 40, &mut rng).1).collect()
}

/// The two updates of each of twenty passes: a fall is an error of the run. What is learnt ends above the model that it started from.
fn learns<E: Learn>(start: FactorialHmm<E>, data: &[Vec<E::Step>], family: Family) {
    let mut em = VariationalEm::new(start, family, data, 2).unwrap();
    let ascent = CoordinateAscent::new().with_tolerance(0.0).with_max_sweeps(20).with_each_factor();
    let info = ascent.run(&mut em, &data, |_, _| ()).unwrap();
    assert!(info.bounds.windows(2).all(|pair| pair[1] > pair[0]), "{info:?}");
    assert!(info.bound() > info.bounds[1] + 5.0, "{info:?}");
}

#[test]
fn no_pass_lowers_the_bound_of_sums_of_chains() {
    let sizes = Sizes::new(3, 2);
    let data = sequences(&gaussian(sizes, &mut rng(1)), 12, 2);
    for family in [Family::Naive, Family::Structured] {
        learns(gaussian(sizes, &mut rng(3)), &data, family);
    }
}

#[test]
fn no_pass_lowers_the_bound_of_noisy_ors() {
    let sizes = Sizes::new(3, 2);
    let data = sequences(&noisy_or(sizes, 6, &mut rng(1)), 12, 2);
    for family in [Family::Naive, Family::Structured] {
        learns(noisy_or(sizes, 6, &mut rng(3)), &data, family);
    }
}

/// One chain of one state is a coin with two causes: the most likely chance of a key, `1 - (1 - r)(1 - ρ)`, is how often it is on. The priors, of 1.5
/// steps together, may move it by 1.5 of 200.
#[test]
fn one_state_learns_how_often_each_key_is_on() {
    let sizes = Sizes::new(1, 1);
    let chains = Chains::new(sizes, vec![1.0], vec![1.0]).unwrap();
    let start = FactorialHmm::new(chains, NoisyOr::new(sizes, &[0.2, 0.2], &[0.3, 0.3]).unwrap());
    let step = |n: usize| Vec::from_iter([0, 1].into_iter().filter(|key| n % 5 < [1, 4][*key]));
    let data = vec![Vec::from_iter((0..200).map(step))];
    let mut em = VariationalEm::new(start.unwrap(), Family::Structured, &data, 2).unwrap();
    CoordinateAscent::new().run(&mut em, &&data[..], |_, _| ()).unwrap();
    for (key, often) in [0.2, 0.8].into_iter().enumerate() {
        let step = vec![vec![key]];
        let off = em.hmm().observe(&step).unwrap().log_evidence().unwrap();
        let other = [0.2, 0.8][1 - key];
        // The chance that this key is on and the other off.
        assert!((off.exp() - often * (1.0 - other)).abs() < 0.0075, "{}", off.exp());
    }
}

/// From a model near that of the data: 2,000 steps say the variance up to `√(2 / (2,000 x 2)) = 2%` a number, so 10% is five standard errors; and
/// what is learnt has a higher bound than the truth on the data it was learnt from.
#[test]
fn learning_finds_the_noise_that_was_there() {
    let sizes = Sizes::new(2, 2);
    let chains = Chains::new(sizes, vec![0.5; 4], [0.9, 0.1, 0.2, 0.8].repeat(2)).unwrap();
    let truth = Gaussian::new(sizes, &[-2.0, 2.0, 0.0, 1.5, 1.0, 0.0, -2.0, 2.0], &[0.4; 2]);
    let truth = FactorialHmm::new(chains.clone(), truth.unwrap()).unwrap();
    let data = Vec::from_iter((0..40).map(|n| truth.sample(50, &mut rng(n)).1));
    let near = Gaussian::new(sizes, &[-1.0, 1.0, 0.0, 1.0, 0.5, 0.0, -1.0, 1.0], &[2.0; 2]);
    let start = FactorialHmm::new(chains, near.unwrap()).unwrap();
    let mut em = VariationalEm::new(start, Family::Structured, &data, 10).unwrap();
    let ascent = CoordinateAscent::new().with_max_sweeps(50);
    ascent.run(&mut em, &&data[..], |_, _| ()).unwrap();
    for variance in em.hmm().emission().variances() {
        assert!((variance / 0.4 - 1.0).abs() < 0.1, "{variance}");
    }
    let of_truth: f64 = bounds(&truth, Family::Structured, &data, 100).unwrap().iter().sum();
    let learnt = em.data_bound(&data).unwrap();
    assert!(learnt > of_truth && learnt < of_truth + 30.0, "{learnt} and {of_truth}");
    for chain in 0..2 {
        let stays =
            [em.hmm().chains().transitions(chain)[0], em.hmm().chains().transitions(chain)[3]];
        // Standard errors of 0.3 / √1,300 and 0.4 / √660.
        assert!((stays[0] - 0.9).abs() < 0.05 && (stays[1] - 0.8).abs() < 0.08, "{stays:?}");
    }
}

/// Bit by bit: sums are taken in the order of the sequences.
#[test]
fn what_is_learnt_does_not_depend_on_the_number_of_threads() {
    let sizes = Sizes::new(2, 3);
    let data = sequences(&noisy_or(sizes, 6, &mut rng(1)), 40, 2);
    let learn = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let start = noisy_or(sizes, 6, &mut rng(3));
        let options = Options { passes: 6, ..Options::new(Family::Structured) };
        pool.install(|| train(start, &data, &data[..5], options, |_| ())).unwrap()
    };
    let [one, two] = [1, 2].map(learn);
    assert_eq!(one.hmm, two.hmm);
    assert_eq!(one.passes, two.passes);
}

/// Four sequences are learnt by heart, so those held out get worse.
#[test]
fn training_ends_early_and_keeps_the_best_model() {
    let sizes = Sizes::new(3, 4);
    let truth = noisy_or(sizes, 8, &mut rng(1));
    let (data, valid) = (sequences(&truth, 4, 2), sequences(&truth, 20, 9));
    let options = Options { passes: 500, ..Options::new(Family::Structured) };
    let mut seen = 0;
    let trained =
        train(noisy_or(sizes, 8, &mut rng(3)), &data, &valid, options, |_| seen += 1).unwrap();
    assert!(seen == trained.passes.len() && seen < 500 && seen % 5 == 0, "{seen}");
    let losses = Vec::from_iter(trained.passes.iter().filter_map(|pass| pass.valid_loss));
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(trained.valid_loss, least);
    assert_eq!(loss(&trained.hmm, Family::Structured, &valid).unwrap(), least);
    let last_four = &losses[losses.len() - 4..];
    assert!(last_four.iter().all(|loss| *loss >= least), "{losses:?}");
    assert!(losses[losses.len() - 5] == least, "{losses:?}");
}

/// Of the keys 0 to 3 the lower two are never over the upper two: each chain's first two states take one each, and its last none.
#[test]
fn a_start_gives_each_chain_the_keys_of_its_rank() {
    let sizes = Sizes::new(2, 3);
    let sequences = [vec![vec![0, 2], vec![1, 3], vec![0, 3], vec![0, 3]]];
    let or = NoisyOr::drawn(sizes, 4, &sequences, &mut rng(1)).unwrap();
    for (chain, own) in [[Some(0), Some(1), None], [Some(3), Some(2), None]].iter().enumerate() {
        for (state, own) in own.iter().enumerate() {
            for key in 0..4 {
                let chance = or.chances(key, chain)[state];
                let is_own = (chance - 0.6).abs() < 1e-12;
                assert_eq!(is_own, *own == Some(key), "{chain} {state} {key}: {chance}");
            }
        }
    }
}

/// States 20 noise scales apart are certain, so the counts are whole: 3 of 4 sequences start in the first state, which is left once in 5 times, and
/// the second never in 1; each count has 0.1 added to it. The first state's mean is that of its numbers, and one weight a state leaves no error.
#[test]
fn chains_are_learnt_as_their_counts_and_their_prior_say() {
    let sizes = Sizes::new(1, 2);
    let chains = Chains::new(sizes, vec![0.5; 2], vec![0.5; 4]).unwrap();
    let start = Gaussian::new(sizes, &[-1.0, 1.0], &[0.01]).unwrap();
    let start = FactorialHmm::new(chains, start).unwrap();
    let data = [vec![-1.0, -1.0, -1.0, -1.0], vec![-1.0, -1.0], vec![-1.0, 1.0], vec![1.0, 1.0]];
    let data = data.map(|y| Vec::from_iter(y.into_iter().map(|y| vec![y])));
    let mut em = VariationalEm::new(start, Family::Structured, &data, 2).unwrap();
    for factor in [0, 1] {
        em.update(factor, &&data[..]).unwrap();
    }
    let chains = em.hmm().chains();
    assert!(furthest(chains.initial(0), &[3.1 / 4.2, 1.1 / 4.2]) < 1e-12);
    let transitions = [4.1 / 5.2, 1.1 / 5.2, 0.1 / 1.2, 1.1 / 1.2];
    assert!(furthest(chains.transitions(0), &transitions) < 1e-12, "{:?}", chains.transitions(0));
    assert!(furthest(em.hmm().emission().weights(), &[-1.0, 1.0]) < 1e-12);
    // The squares are 0, so the variance is the least that is learnt.
    assert!((em.hmm().emission().variances()[0] - 1e-6).abs() < 1e-12);
}
