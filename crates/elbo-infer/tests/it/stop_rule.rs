//! The rule that says when a bound has settled, on traces of which that is known.

use elbo_infer::{InferError, StopReason, StopRule};
use elbo_testkit::{BoundTrace, TraceKind, shipped_traces};

/// Bounds until the rule has something to say, and what that is.
fn stopped(bounds: &[f64]) -> Option<(usize, StopReason)> {
    let mut rule = StopRule::new();
    (1..).zip(bounds).find_map(|(steps, bound)| Some((steps, rule.observe(*bound)?)))
}

/// Of 2,000 traces at most 1% stop before they have settled, and half of them stop within 100 steps after it: of 20,000 it is 1.0%, with a
/// standard error of 0.07%, and 98 steps. The seeds are fixed.
#[test]
fn traces_stop_soon_after_they_have_settled() {
    let (mut too_soon, mut delays, mut falling) = (0, Vec::new(), 0);
    for kind in TraceKind::ALL {
        for seed in 0..500 {
            let BoundTrace { bounds, settled } = BoundTrace::new(kind, seed);
            match stopped(&bounds) {
                Some((steps, StopReason::Settled(_))) if steps < settled => too_soon += 1,
                Some((steps, StopReason::Settled(_))) => delays.push(steps - settled),
                Some((_, _)) => falling += 1,
                None => delays.push(BoundTrace::STEPS),
            }
        }
    }
    delays.sort_unstable();
    assert!(too_soon <= 20, "{too_soon} of 2000");
    assert!(delays[delays.len() / 2] <= 100, "{}", delays[delays.len() / 2]);
    assert_eq!(falling, 0);
}

/// Two of each kind lie beside their generator, to six digits: both are the same, and none of them stops too soon or late.
#[test]
fn shipped_traces_are_those_of_their_generator_and_stop() {
    let kinds = TraceKind::ALL.into_iter().flat_map(|kind| [(kind, 0), (kind, 1)]);
    let shipped = shipped_traces();
    assert_eq!(shipped.len(), 8);
    for ((kind, seed), shipped) in kinds.zip(&shipped) {
        let BoundTrace { bounds, settled } = BoundTrace::new(kind, seed);
        assert_eq!((shipped.settled, shipped.bounds.len()), (settled, bounds.len()));
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 6e-6 * b.abs();
        assert!(shipped.bounds.iter().zip(&bounds).all(close), "{kind:?} {seed}");
        let (steps, reason) = stopped(&shipped.bounds).unwrap();
        assert!(matches!(reason, StopReason::Settled(_)), "{kind:?} {seed}: {reason}");
        assert!((settled..=settled + 400).contains(&steps), "{kind:?} {seed}: {steps} {settled}");
    }
}

/// A fall of 2 deviations in 100 steps is not taken for a bound that has settled.
#[test]
fn a_falling_bound_is_told_from_a_settled_one() {
    let falling = |step: usize| -0.02 * step as f64 + (step as f64 * step as f64).sin();
    let bounds: Vec<f64> = (0..1000).map(falling).collect();
    let Some((steps, StopReason::Falling(trend))) = stopped(&bounds) else { panic!("it falls") };
    assert!(steps <= 400, "{steps}");
    assert!((trend.rise + 2.0).abs() < 3.0 * trend.error, "{trend:?}");
}

/// Without noise the rise of the exponential, `100 e^(-t / 50) / 50` in a step, is a thousandth in 100 steps at step 613.
#[test]
fn without_noise_the_tolerance_decides() {
    let bounds: Vec<f64> = (0..2000).map(|t| -100.0 * (-f64::from(t) / 50.0).exp()).collect();
    let settled = |nats: f64| {
        let mut rule = StopRule::new().with_tolerance(nats).unwrap();
        (1..)
            .zip(&bounds)
            .find_map(|(steps, bound): (usize, _)| rule.observe(*bound).map(|_| steps))
    };
    let [fine, coarse] = [1e-3, 1.0].map(|nats| settled(nats).unwrap());
    // Ten times the time constant for e^-10, plus the window of 100 steps.
    assert!((613..=780).contains(&fine), "{fine}");
    assert!((265..=430).contains(&coarse), "{coarse}");
    let error = StopRule::new().with_tolerance(f64::NAN).unwrap_err();
    assert!(matches!(error, InferError::Setting { .. }), "{error}");
}
