//! Exact inference against all paths.

use factorial_hmm::{Emission, FactorialHmm, NoisyOr, Sizes, smooth};

use crate::{enumerated, furthest, gaussian, noisy_or, paths, rng, rows};

/// The sums have at most 19,683 terms of one sign, so rounding stays below 1e-11.
fn agrees<E: Emission>(hmm: &FactorialHmm<E>, steps: usize) {
    let (_, steps) = hmm.sample(steps, &mut rng(9));
    let seen = hmm.observe(&steps).unwrap();
    let (log_evidence, marginals) = enumerated(&seen);
    let exact = seen.exact().unwrap();
    assert!((exact.log_evidence - log_evidence).abs() < 1e-11, "{}", exact.log_evidence);
    assert_eq!(seen.log_evidence().unwrap(), exact.log_evidence);
    assert!(furthest(&exact.marginals, &marginals) < 1e-11);
}

/// 64, 6,561, 19,683 and 4,096 paths.
#[test]
fn forward_and_backward_over_the_product_chain_agree_with_all_paths() {
    for (seed, (chains, states, steps)) in
        [(1, 4, 3), (2, 3, 4), (3, 3, 3), (4, 2, 3)].into_iter().enumerate()
    {
        let sizes = Sizes::new(chains, states);
        agrees(&gaussian(sizes, &mut rng(seed as u64)), steps);
        agrees(&noisy_or(sizes, 3, &mut rng(seed as u64)), steps);
    }
}

/// Of two keys in three steps there are 4³ sequences.
#[test]
fn the_evidence_of_all_sequences_of_keys_sums_to_one() {
    let hmm: FactorialHmm<NoisyOr> = noisy_or(Sizes::new(2, 3), 2, &mut rng(3));
    let step = |bits: usize| Vec::from_iter((0..2).filter(|key| bits >> key & 1 == 1));
    let evidence = |sequence: usize| {
        let steps = [0, 1, 2].map(|t| step(sequence >> (2 * t) & 3));
        hmm.observe(&steps).unwrap().log_evidence().unwrap().exp()
    };
    let sum: f64 = (0..64).map(evidence).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
}

/// `q(s) ∝ π(s_1) Π A(s_{t-1}, s_t) Π exp h_t(s_t)` by 81 paths.
#[test]
fn a_chain_is_smoothed_as_its_paths_say() {
    let mut rng = rng(5);
    let (initial, transitions) = (rows(1, 3, &mut rng), rows(3, 3, &mut rng));
    let potentials = Vec::from_iter(rows(4, 3, &mut rng).into_iter().map(|p| 10.0 * p - 2.0));
    let (mut norm, mut marginals, mut pairs) = (0.0, vec![0.0; 12], vec![0.0; 9]);
    for path in paths(Sizes::new(1, 3), 4) {
        let s = path.concat();
        let tilt: f64 = (0..4).map(|t| potentials[3 * t + s[t]]).sum();
        let moves = s.windows(2).map(|pair| 3 * pair[0] + pair[1]);
        let weight: f64 =
            initial[s[0]] * moves.clone().map(|pair| transitions[pair]).product::<f64>();
        let weight = weight * tilt.exp();
        norm += weight;
        s.iter().enumerate().for_each(|(t, s)| marginals[3 * t + s] += weight);
        moves.for_each(|pair| pairs[pair] += weight);
    }
    let smoothed = smooth(&initial, &transitions, &potentials);
    assert!((smoothed.log_norm - f64::ln(norm)).abs() < 1e-12);
    let share = |sums: Vec<f64>| Vec::from_iter(sums.into_iter().map(|sum| sum / norm));
    assert!(furthest(&smoothed.marginals, &share(marginals)) < 1e-12);
    assert!(furthest(&smoothed.pairs, &share(pairs)) < 1e-12);
}

/// Potentials 2,000 apart leave one path, whatever the transitions say.
#[test]
fn extreme_potentials_neither_overflow_nor_vanish() {
    let rare = [1.0 - 1e-9, 1e-9, 1e-9, 1.0 - 1e-9];
    let potentials = [0.0, -2000.0, -2000.0, 0.0, 0.0, -2000.0];
    let smoothed = smooth(&[0.5, 0.5], &rare, &potentials);
    assert!(furthest(&smoothed.marginals, &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0]) < 1e-12);
    assert!((smoothed.log_norm - (0.5_f64.ln() + 2.0 * 1e-9_f64.ln())).abs() < 1e-12);
}

/// Half of 20,000 draws or so: the standard error of a frequency is at most 0.0036, so 0.015 is four of them.
#[test]
fn draws_have_the_frequencies_of_the_evidence() {
    let hmm = noisy_or(Sizes::new(2, 2), 2, &mut rng(8));
    let mut rng = rng(21);
    let mut counts = [0.0; 4];
    for _ in 0..20_000 {
        let (_, steps) = hmm.sample(2, &mut rng);
        counts[steps[1].iter().map(|key| 1 << key).sum::<usize>()] += 1.0 / 20_000.0;
    }
    let step = |bits: usize| Vec::from_iter((0..2).filter(|key| bits >> key & 1 == 1));
    let chance = |last: usize| {
        let both = (0..4).map(|first| [step(first), step(last)]);
        both.map(|steps| hmm.observe(&steps).unwrap().log_evidence().unwrap().exp()).sum::<f64>()
    };
    let expected = [0, 1, 2, 3].map(chance);
    assert!(furthest(&counts, &expected) < 0.015, "{counts:?} for {expected:?}");
}
