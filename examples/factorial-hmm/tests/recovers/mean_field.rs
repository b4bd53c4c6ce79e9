//! Both families against exact inference.

use elbo_conjugate::{CoordinateAscent, CoordinateEnd, Coordinates};
use factorial_hmm::{
    Chains, Emission, FactorialHmm, Family, Gaussian, Observed, Posterior, Sizes, best, smooth,
};

use crate::{enumerated, furthest, gaussian, noisy_or, paths, rng, rows};

/// Log evidence, structured and naive bound of a drawn sequence; the structured fit starts from the naive solution.
fn three<E: Emission>(hmm: &FactorialHmm<E>, steps: usize, seed: u64) -> [f64; 3] {
    let (_, steps) = hmm.sample(steps, &mut rng(100 + seed));
    let seen = hmm.observe(&steps).unwrap();
    let ascent = CoordinateAscent::new().with_tolerance(1e-12).with_each_factor();
    let mut posterior = Posterior::start(&seen, Family::Naive);
    let naive = ascent.run(&mut posterior, &seen, |_, _| ()).unwrap();
    let mut posterior = posterior.into_structured();
    let structured = ascent.run(&mut posterior, &seen, |_, _| ()).unwrap();
    assert_eq!(structured.bounds[0], naive.bound());
    for info in [&naive, &structured] {
        assert!(info.bounds.windows(2).all(|pair| pair[1] >= pair[0] - 1e-10), "{info:?}");
        assert_eq!(info.end, CoordinateEnd::Converged);
    }
    [enumerated(&seen).0, structured.bound(), naive.bound()]
}

/// Four sizes, of 64 to 4,096 paths.
///
/// Rounding is below 1e-9. Where the posterior is nearly certain all three nearly agree, but of twenty most are not: a structured bound that is that of
/// independent states, or the evidence itself, would fail to be strictly between them.
fn are_in_order(of: impl Fn(Sizes, u64) -> [f64; 3]) {
    let (mut above_naive, mut below_evidence) = (0, 0);
    for seed in 0..20 {
        let (chains, states) = [(2, 2), (3, 2), (2, 3), (4, 2)][seed as usize % 4];
        let [evidence, structured, naive] = of(Sizes::new(chains, states), seed);
        assert!(structured >= naive - 1e-9, "seed {seed}: {structured} over {naive}");
        assert!(evidence >= structured - 1e-9, "seed {seed}: {evidence} over {structured}");
        assert!(evidence - naive < 6.0, "seed {seed}: {evidence} and {naive}");
        above_naive += usize::from(structured > naive + 1e-4);
        below_evidence += usize::from(evidence > structured + 1e-4);
    }
    assert!(above_naive >= 15 && below_evidence >= 15, "{above_naive} and {below_evidence}");
}

#[test]
fn naive_structured_and_exact_are_in_order_for_twenty_sums_of_chains() {
    are_in_order(|sizes, seed| three(&gaussian(sizes, &mut rng(seed)), 3, seed));
}

#[test]
fn naive_structured_and_exact_are_in_order_for_twenty_noisy_ors() {
    are_in_order(|sizes, seed| three(&noisy_or(sizes, 4, &mut rng(seed)), 3, seed));
}

/// Every update of every factor over 50 steps: a fall is an error of the run.
#[test]
fn no_update_lowers_a_bound() {
    fn rises<E: Emission>(hmm: &FactorialHmm<E>) {
        let (_, steps) = hmm.sample(50, &mut rng(31));
        let seen = hmm.observe(&steps).unwrap();
        let ascent = CoordinateAscent::new().with_tolerance(0.0).with_each_factor();
        for family in [Family::Naive, Family::Structured] {
            let mut posterior = Posterior::start(&seen, family);
            let info = ascent.with_max_sweeps(30).run(&mut posterior, &seen, |_, _| ()).unwrap();
            assert!(info.bound() > info.bounds[0] + 1.0, "{info:?}");
            assert!(info.bound() < seen.log_evidence().unwrap(), "{info:?}");
        }
    }
    let sizes = Sizes::new(3, 4);
    rises(&gaussian(sizes, &mut rng(6)));
    rises(&noisy_or(sizes, 10, &mut rng(6)));
}

/// With one chain whose emission is exact the structured family holds the posterior itself.
#[test]
fn one_chain_is_inferred_exactly() {
    let hmm = gaussian(Sizes::new(1, 3), &mut rng(2));
    let (_, steps) = hmm.sample(40, &mut rng(3));
    let seen = hmm.observe(&steps).unwrap();
    let mut posterior = Posterior::start(&seen, Family::Structured);
    posterior.update(0, &seen).unwrap();
    let exact = seen.exact().unwrap();
    assert!((posterior.bound(&seen).unwrap() - exact.log_evidence).abs() < 1e-10);
    assert!(furthest(posterior.marginals(), &exact.marginals) < 1e-10);
}

/// `Σ_s q(s) (log p(x, s) - log q(s))` over all paths, for a `q` that is no optimum.
fn expectation<E: Emission>(seen: &Observed<E>, log_q: impl Fn(&[Vec<usize>]) -> f64) -> f64 {
    let term = |path: Vec<Vec<usize>>| {
        let log_q = log_q(&path);
        log_q.exp() * (seen.log_joint(&path) - log_q)
    };
    paths(seen.hmm().sizes(), seen.steps().len()).map(term).sum()
}

#[test]
fn the_bound_of_given_marginals_is_the_expectation_over_all_paths() {
    let sizes = Sizes::new(2, 3);
    let hmm = gaussian(sizes, &mut rng(14));
    let (_, steps) = hmm.sample(3, &mut rng(15));
    let seen = hmm.observe(&steps).unwrap();
    let marginals = rows(6, 3, &mut rng(16));
    let log_q = |path: &[Vec<usize>]| -> f64 {
        let places = path.iter().flatten().enumerate();
        places.map(|(place, state)| marginals[3 * place + state].ln()).sum()
    };
    let expected = expectation(&seen, log_q);
    let posterior = Posterior::independent(&seen, marginals.clone()).unwrap();
    assert!((posterior.bound(&seen).unwrap() - expected).abs() < 1e-11, "{expected}");
}

/// `log q(s) = Σ_m (log p(s_m) + Σ_t h_tm(s_tm) - log Z_m)`
#[test]
fn the_bound_of_given_potentials_is_the_expectation_over_all_paths() {
    let sizes = Sizes::new(2, 3);
    let hmm = gaussian(sizes, &mut rng(14));
    let (_, steps) = hmm.sample(3, &mut rng(15));
    let seen = hmm.observe(&steps).unwrap();
    let potentials = Vec::from_iter(rows(6, 3, &mut rng(16)).into_iter().map(|p| 6.0 * p));
    let log_norm = |m: usize| {
        let own = Vec::from_iter(potentials.chunks(6).flat_map(|h| h[sizes.of(m)].to_vec()));
        smooth(hmm.chains().initial(m), hmm.chains().transitions(m), &own).log_norm
    };
    let log_norms: f64 = (0..2).map(log_norm).sum();
    let log_q = |path: &[Vec<usize>]| -> f64 {
        let places = path.iter().flatten().enumerate();
        let tilt: f64 = places.map(|(place, state)| potentials[3 * place + state]).sum();
        hmm.chains().log_prob(path) + tilt - log_norms
    };
    let expected = expectation(&seen, log_q);
    let posterior = Posterior::tilted(&seen, &potentials).unwrap();
    assert!((posterior.bound(&seen).unwrap() - expected).abs() < 1e-11, "{expected}");
}

/// Where the states are certain, the shares of the causes are their posterior, and Jensen's inequality is none.
#[test]
fn the_bound_of_certain_states_is_their_log_density() {
    fn is_tight<E: Emission>(emission: &E, step: &E::Step) {
        let sizes = emission.sizes();
        for path in paths(sizes, 1) {
            let q = factorial_hmm::one_hot(sizes, &path);
            let expected = emission.expected_log_prob(step, &emission.local(step, &q), &q);
            assert!((expected - emission.log_prob(step, &path[0])).abs() < 1e-12, "{expected}");
        }
    }
    let sizes = Sizes::new(3, 2);
    is_tight(noisy_or(sizes, 5, &mut rng(1)).emission(), &vec![1, 2, 4]);
    is_tight(gaussian(sizes, &mut rng(1)).emission(), &vec![0.3, -1.0]);
}

/// `F` at fixed `v` is an average over the states of each chain, so its potentials are differences of `F` between certain states; and no other
/// shares of causes than `local` raise `F`.
#[test]
fn potentials_are_differences_of_the_bound_and_causes_are_its_optimum() {
    fn agree<E: Emission>(emission: &E, step: &E::Step) {
        let sizes = emission.sizes();
        let q = rows(sizes.chains, sizes.states, &mut rng(44));
        let local = emission.local(step, &q);
        let at = |chain: usize, state: usize| {
            let mut q = q.clone();
            q[sizes.of(chain)].fill(0.0);
            q[chain * sizes.states + state] = 1.0;
            emission.expected_log_prob(step, &local, &q)
        };
        for chain in 0..sizes.chains {
            let mut potentials = vec![0.0; sizes.states];
            emission.potentials(step, &local, &q, chain, &mut potentials);
            for state in 1..sizes.states {
                let expected = at(chain, state) - at(chain, 0);
                assert!((potentials[state] - potentials[0] - expected).abs() < 1e-12);
            }
        }
    }
    let sizes = Sizes::new(3, 3);
    agree(gaussian(sizes, &mut rng(4)).emission(), &vec![0.7, -0.2]);
    let hmm = noisy_or(sizes, 4, &mut rng(4));
    let (emission, step) = (hmm.emission(), vec![0, 3]);
    agree(emission, &step);
    let q = rows(3, 3, &mut rng(45));
    let local = emission.local(&step, &q);
    let highest = emission.expected_log_prob(&step, &local, &q);
    for seed in 0..10 {
        let other = rows(2, 4, &mut rng(seed));
        assert!(emission.expected_log_prob(&step, &other, &q) < highest);
    }
}

/// Weights of a tenth against a noise of 1 couple chains by about `W_m W_n / C = 0.01` a step. A mean field keeps what that does to means and loses
/// what it does to correlations, which moves marginals by about its square times the ten steps or so that a chain remembers: 1e-3. Independent
/// states lose that memory, and are furthest.
#[test]
fn structured_marginals_are_close_to_exact_ones_where_chains_are_weakly_coupled() {
    let (sizes, mut rng) = (Sizes::new(3, 2), rng(12));
    let weights = Vec::from_iter(
        Gaussian::drawn(sizes, 2, 1.0, &mut rng).unwrap().weights().iter().map(|w| 0.1 * w),
    );
    let stays = [0.9, 0.1, 0.1, 0.9].repeat(3);
    let chains = Chains::new(sizes, vec![0.3, 0.7, 0.6, 0.4, 0.5, 0.5], stays).unwrap();
    let hmm =
        FactorialHmm::new(chains, Gaussian::new(sizes, &weights, &[1.0; 2]).unwrap()).unwrap();
    let (_, steps) = hmm.sample(40, &mut rng);
    let seen = hmm.observe(&steps).unwrap();
    let exact = seen.exact().unwrap();
    let ascent = CoordinateAscent::new().with_tolerance(1e-12);
    let [structured, naive] = [Family::Structured, Family::Naive].map(|family| {
        let mut posterior = Posterior::start(&seen, family);
        ascent.run(&mut posterior, &seen, |_, _| ()).unwrap();
        furthest(posterior.marginals(), &exact.marginals)
    });
    assert!(structured < 1e-3, "{structured}");
    assert!(naive > 20.0 * structured, "{naive} and {structured}");
}

/// The highest of several starts is no lower than any.
#[test]
fn the_best_of_several_starts_is_the_highest() {
    let hmm = gaussian(Sizes::new(3, 3), &mut rng(7));
    let (_, steps) = hmm.sample(30, &mut rng(8));
    let seen = hmm.observe(&steps).unwrap();
    let ascent = CoordinateAscent::new();
    let mut rng = rng(9);
    let starts = Vec::from_iter((0..8).map(|_| Posterior::drawn(&seen, Family::Naive, &mut rng)));
    let ends = starts
        .iter()
        .map(|start| ascent.run(&mut start.clone(), &seen, |_, _| ()).unwrap().bound());
    let ends = Vec::from_iter(ends);
    let [low, high] = [f64::min, f64::max].map(|of| ends.iter().copied().reduce(of).unwrap());
    assert!(high > low + 0.1, "the starts end at one optimum: {ends:?}");
    let found = best(&seen, &ascent, starts[0].clone(), starts[1..].to_vec()).unwrap();
    assert_eq!(found.bound(&seen).unwrap(), high);
}
