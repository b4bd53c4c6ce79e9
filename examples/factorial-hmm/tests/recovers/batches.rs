//! Sequences of different lengths as arrays.

use elbo_conjugate::Coordinates;
use factorial_hmm::{Batches, HmmError, Posterior, Sizes, dense};

use crate::{noisy_or, rng};

/// A sequence of so many steps of three keys.
fn sequences(lengths: &[usize]) -> Vec<Vec<Vec<usize>>> {
    let hmm = noisy_or(Sizes::new(2, 2), 3, &mut rng(1));
    let mut rng = rng(2);
    lengths.iter().map(|length| hmm.sample(*length, &mut rng).1).collect()
}

#[test]
fn batches_hold_every_sequence_once_and_give_back_what_they_took() {
    let sequences = sequences(&[9, 2, 5, 7, 1, 30, 4]);
    let rows = Vec::from_iter(sequences.iter().map(|steps| dense(steps, 3)));
    let mut batches = Batches::new(&rows, 3, 3).unwrap();
    let longest = Vec::from_iter(batches.batches().iter().map(|batch| batch.steps));
    assert_eq!(longest, [4, 9, 30]);
    // 7, 21 and 30 steps in 12, 27 and 30 places.
    assert!((batches.padding() - 11.0 / 69.0).abs() < 1e-12);
    batches.shuffle(&mut rng(5));
    let mut back = vec![Vec::new(); rows.len()];
    for batch in batches.batches() {
        assert_eq!(batch.inputs.len(), batch.mask.len() * 3);
        assert_eq!(batch.mask.iter().sum::<f32>(), batch.lengths.iter().sum::<usize>() as f32);
        for (index, numbers) in batch.unpad(&batch.inputs, 3).unwrap() {
            assert!(back[index].is_empty());
            back[index] = numbers;
        }
    }
    assert_eq!(back, Vec::from_iter(rows.iter().map(|steps| steps.concat())));
}

#[test]
fn a_shuffle_moves_batches_by_its_seed() {
    let rows = Vec::from_iter(sequences(&[1; 20]).iter().map(|steps| dense(steps, 3)));
    let order = |seed| {
        let mut batches = Batches::new(&rows, 3, 1).unwrap();
        batches.shuffle(&mut rng(seed));
        Vec::from_iter(batches.batches().iter().map(|batch| batch.indices[0]))
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

/// What a network in single precision gives for a padded batch is bounded sequence by sequence.
#[test]
fn marginals_of_a_padded_batch_have_the_bounds_of_their_sequences() {
    let hmm = noisy_or(Sizes::new(2, 2), 3, &mut rng(1));
    let sequences = sequences(&[3, 6]);
    let rows = Vec::from_iter(sequences.iter().map(|steps| dense(steps, 3)));
    let batches = Batches::new(&rows, 3, 2).unwrap();
    let batch = &batches.batches()[0];
    let values = [0.3_f32, 0.7, 0.6, 0.4].repeat(batch.mask.len());
    for (index, marginals) in batch.unpad(&values, 4).unwrap() {
        let seen = hmm.observe(&sequences[index]).unwrap();
        let bound = Posterior::independent(&seen, marginals).unwrap().bound(&seen).unwrap();
        let alone = [0.3, 0.7, 0.6, 0.4].repeat(sequences[index].len());
        let expected = Posterior::independent(&seen, alone).unwrap().bound(&seen).unwrap();
        // Single precision keeps 1e-7 of each marginal.
        assert!((bound - expected).abs() < 1e-5 && bound < seen.log_evidence().unwrap());
    }
}

#[test]
fn batches_that_cannot_be_are_refused() {
    let rows = vec![vec![vec![1.0, 2.0]], vec![vec![3.0]]];
    let wide = Batches::new(&rows, 2, 4).unwrap_err();
    assert!(matches!(wide, HmmError::Length { expected: 2, found: 1, .. }), "{wide}");
    let nothing = Batches::new(&rows[..1], 2, 0).unwrap_err();
    assert_eq!(nothing.to_string(), "the size of a batch is 0, but must be at least 1");
    assert!(matches!(Batches::new(&[vec![]], 2, 4), Err(HmmError::NoSteps)));
    let batches = Batches::new(&rows[..1], 2, 4).unwrap();
    let short = batches.batches()[0].unpad(&[1.0; 3], 4).unwrap_err();
    assert!(matches!(short, HmmError::Length { expected: 4, found: 3, .. }), "{short}");
}
