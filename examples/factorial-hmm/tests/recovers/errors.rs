//! What is refused, and what is said of it.

use elbo_conjugate::{CoordinateAscent, CoordinateError, Coordinates};
use factorial_hmm::{
    Chains, FactorialHmm, Family, Gaussian, HmmError, NoisyOr, Options, Posterior, Sizes,
    VariationalEm, bounds, train,
};

use crate::{gaussian, noisy_or, rng};

fn said<T: std::fmt::Debug>(result: Result<T, HmmError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn chains_are_probabilities_above_zero() {
    let chains = |initial: &[f64], transitions: &[f64]| {
        Chains::new(Sizes::new(1, 2), initial.to_vec(), transitions.to_vec())
    };
    let fair = [0.5; 4];
    assert_eq!(
        said(chains(&[1.0], &fair)),
        "initial holds 1 numbers, but chains x states are 2; give one for each"
    );
    assert!(said(chains(&[0.5; 2], &[0.5; 3])).starts_with("transitions holds 3 numbers"));
    assert_eq!(
        said(chains(&[1.0, 0.0], &fair)),
        "initial[1] is 0, but must be more than 0 and at most 1"
    );
    assert!(said(chains(&[f64::NAN, 0.5], &fair)).starts_with("initial[0] is NaN"));
    assert_eq!(
        said(chains(&[0.5; 2], &[0.5, 0.5, 0.5, 0.25])),
        "row 1 of transitions sums to 0.75, but probabilities sum to 1; divide them by their sum"
    );
    let nothing = Chains::new(Sizes::new(0, 2), vec![], vec![]);
    assert_eq!(said(nothing), "chains is 0, but must be at least 1");
    assert_eq!(
        said(Chains::drawn(Sizes::new(2, 0), &mut rng(0))),
        "states is 0, but must be at least 1"
    );
}

#[test]
fn emissions_have_the_numbers_they_need() {
    let sizes = Sizes::new(1, 2);
    assert!(said(Gaussian::new(sizes, &[1.0; 3], &[1.0])).starts_with("weights holds 3 numbers"));
    assert_eq!(
        said(Gaussian::new(sizes, &[1.0; 2], &[0.0])),
        "variances[0] is 0, but must be finite and more than 0"
    );
    assert!(
        said(Gaussian::new(sizes, &[f64::INFINITY; 2], &[1.0])).starts_with("weights[0] is inf")
    );
    assert!(said(NoisyOr::new(sizes, &[0.5; 3], &[0.5])).starts_with("chances holds 3 numbers"));
    let certain = "chances[1] is 1, but must be more than 0 and less than 1";
    assert_eq!(said(NoisyOr::new(sizes, &[0.5, 1.0], &[0.5])), certain);
    assert!(said(NoisyOr::new(sizes, &[0.5; 2], &[0.0])).starts_with("leaks[0] is 0"));
    let beyond = NoisyOr::drawn(sizes, 4, &[vec![vec![], vec![4]]], &mut rng(0));
    assert!(said(beyond).starts_with("step 1 has key 4 after None"));
    let three = Chains::drawn(Sizes::new(1, 3), &mut rng(0)).unwrap();
    let of_two = FactorialHmm::new(three, Gaussian::new(sizes, &[1.0; 2], &[1.0]).unwrap());
    assert!(said(of_two).starts_with("the emission holds 2 numbers, but states of a chain are 3"));
}

#[test]
fn steps_are_held_to_their_model() {
    let sizes = Sizes::new(2, 2);
    let (or, sums) = (noisy_or(sizes, 4, &mut rng(1)), gaussian(sizes, &mut rng(1)));
    assert_eq!(
        said(or.observe(&[])),
        "a sequence has at least one step, but this has none; leave it out"
    );
    assert_eq!(
        said(or.observe(&[vec![], vec![1, 4]])),
        "step 1 has key 4 after Some(1), but a step lists keys below 4 in rising order; sort them and leave out what is double"
    );
    for falling in [vec![2, 1], vec![1, 1]] {
        let error = or.observe(&[falling]).unwrap_err();
        assert!(matches!(error, HmmError::Key { key: 1, previous: Some(_), .. }), "{error}");
    }
    assert!(said(sums.observe(&[vec![1.0]])).starts_with("a step holds 1 numbers"));
    assert!(said(sums.observe(&[vec![1.0, f64::NAN]])).starts_with("a step[1] is NaN"));
}

#[test]
fn posteriors_are_held_to_their_sequence() {
    let hmm = noisy_or(Sizes::new(2, 2), 4, &mut rng(1));
    let (one, two) = ([vec![1]], [vec![1], vec![2]]);
    let [one, two] = [hmm.observe(&one).unwrap(), hmm.observe(&two).unwrap()];
    let independent = |marginals: &[f64]| Posterior::independent(&one, marginals.to_vec());
    assert!(said(independent(&[0.5; 3])).starts_with("marginals holds 3 numbers"));
    assert!(said(independent(&[0.5, 0.5, 1.5, -0.5])).starts_with("marginals[3] is -0.5"));
    assert!(said(independent(&[0.5, 0.5, 0.4, 0.5])).starts_with("row 1 of marginals sums to 0.9"));
    assert!(said(Posterior::tilted(&one, &[0.0; 5])).starts_with("potentials holds 5 numbers"));
    let endless = Posterior::tilted(&one, &[0.0, f64::NEG_INFINITY, 0.0, 0.0]);
    assert_eq!(said(endless), "potentials[1] is -inf, but must be finite");
    let mut posterior = Posterior::start(&one, Family::Naive);
    assert!(
        said(posterior.bound(&two)).starts_with("the posterior holds 1 numbers, but steps are 2")
    );
    assert!(posterior.update(0, &two).is_err());
    let three = noisy_or(Sizes::new(3, 2), 4, &mut rng(1));
    let steps = [vec![1]];
    assert!(said(posterior.bound(&three.observe(&steps).unwrap())).contains("chains are 3"));
}

#[test]
fn exact_inference_says_where_it_ends() {
    let hmm = noisy_or(Sizes::new(9, 4), 2, &mut rng(1));
    let steps = [vec![0]];
    let seen = hmm.observe(&steps).unwrap();
    let text = "9 chains of 4 states have more than 65536 states together, too many for exact inference; take a mean field";
    assert_eq!(said(seen.exact()), text);
    assert_eq!(said(seen.log_evidence()), text);
    // Exactly as many are not too many, and 4^100 does not wrap around to few.
    assert_eq!(Sizes::new(8, 4).joint().unwrap(), 65_536);
    assert!(Sizes::new(100, 4).joint().is_err());
}

#[test]
fn learning_is_held_to_its_sequences() {
    let hmm = noisy_or(Sizes::new(2, 2), 4, &mut rng(1));
    let data = vec![vec![vec![1], vec![2]], vec![vec![0]]];
    let none = VariationalEm::new(hmm.clone(), Family::Naive, &[], 3);
    assert_eq!(said(none), "the number of sequences is 0, but must be at least 1");
    let empty = VariationalEm::new(hmm.clone(), Family::Naive, &[vec![]], 3);
    assert!(matches!(empty, Err(HmmError::NoSteps)));
    let mut em = VariationalEm::new(hmm.clone(), Family::Naive, &data, 3).unwrap();
    for factor in [0, 1] {
        let fewer = em.update(factor, &&data[..1]).unwrap_err();
        assert!(fewer.to_string().starts_with("the data holds 1 numbers, but sequences are 2"));
        let shorter = [vec![vec![1]], vec![vec![0]]];
        let shorter = em.update(factor, &&shorter[..]).unwrap_err();
        assert!(shorter.to_string().starts_with("a sequence holds 1 numbers, but steps are 2"));
    }
    let options = Options { passes: 0, ..Options::new(Family::Naive) };
    let never = train(hmm.clone(), &data, &data, options, |_| ());
    assert_eq!(said(never), "passes is 0, but must be at least 1");
    let error = bounds(&hmm, Family::Naive, &data, 0).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the sweeps over sequence 0 failed: CoordinateAscent: most sweeps is 0")
    );
}

/// The square of 1e200 is no number.
#[test]
fn a_bound_that_overflows_names_its_sequence() {
    let hmm = gaussian(Sizes::new(2, 2), &mut rng(1));
    let data = vec![vec![vec![0.0, 0.0]], vec![vec![1e200, 0.0]]];
    let error = bounds(&hmm, Family::Structured, &data, 3).unwrap_err();
    let HmmError::Sweeps { sequence: 1, source } = error else { panic!("{error}") };
    assert!(matches!(*source, CoordinateError::NotFinite { sweep: 0, .. }), "{source}");
    let seen = hmm.observe(&data[1]).unwrap();
    let mut posterior = Posterior::start(&seen, Family::Naive);
    assert!(CoordinateAscent::new().run(&mut posterior, &seen, |_, _| ()).is_err());
}
