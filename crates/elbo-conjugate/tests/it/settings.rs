//! Settings, and runs that fail.

use std::fmt;

use elbo_conjugate::{CoordinateAscent, CoordinateEnd, CoordinateError, Coordinates, RobbinsMonro};

#[derive(Debug, PartialEq)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

/// A bound that halves its distance from 0 with each sweep, of two factors of which the second may fail.
struct Halving {
    bound: f64,
    fails: bool,
}

impl Coordinates<()> for Halving {
    type Error = Broken;

    fn factors(&self) -> usize {
        2
    }

    fn update(&mut self, factor: usize, _: &()) -> Result<(), Broken> {
        match (factor, self.fails) {
            (1, true) => Err(Broken),
            (1, false) => {
                self.bound /= 2.0;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn bound(&self, _: &()) -> Result<f64, Broken> {
        Ok(self.bound)
    }
}

fn run(
    ascent: CoordinateAscent,
    bound: f64,
    fails: bool,
) -> Result<(usize, CoordinateEnd), String> {
    let info = ascent.run(&mut Halving { bound, fails }, &(), |_, _| ());
    info.map(|info| (info.sweeps(), info.end)).map_err(|error| error.to_string())
}

/// From -1 the gains are ½, ¼, ..: the tenth, of 2⁻¹⁰, is the first below 0.001.
#[test]
fn a_run_ends_where_a_sweep_gains_less_than_the_tolerance() {
    let ascent = CoordinateAscent::new().with_tolerance(0.001);
    assert_eq!(run(ascent, -1.0, false), Ok((10, CoordinateEnd::Converged)));
    assert_eq!(run(ascent.with_max_sweeps(4), -1.0, false), Ok((4, CoordinateEnd::OutOfSweeps)));
}

/// A positive bound falls as it is halved.
#[test]
fn what_cannot_be_meant_is_an_error() {
    let said = |ascent: CoordinateAscent, bound| run(ascent, bound, false).unwrap_err();
    let plain = CoordinateAscent::new();
    assert!(said(plain, 1.0).starts_with("the bound fell from 1 to 0.5 in sweep 1, but an exact"));
    assert!(said(plain, f64::NAN).starts_with("the bound is NaN after sweep 0;"));
    assert_eq!(
        said(plain.with_tolerance(-1.0), -1.0),
        "CoordinateAscent: tolerance is -1, but must be finite and 0 or more"
    );
    assert_eq!(
        said(plain.with_max_sweeps(0), -1.0),
        "CoordinateAscent: most sweeps is 0, but must be at least 1"
    );
    let failed = run(plain, -1.0, true).unwrap_err();
    assert_eq!(failed, "the update of factor 1 failed in sweep 1: broken");
    let error = plain.run(&mut Halving { bound: -1.0, fails: true }, &(), |_, _| ()).unwrap_err();
    assert!(matches!(error, CoordinateError::Update { source: Broken, .. }));
}

#[test]
fn step_sizes_out_of_range_say_so() {
    let said = |delay, forgetting| RobbinsMonro::new(delay, forgetting).unwrap_err().to_string();
    assert_eq!(said(0.5, 0.7), "RobbinsMonro: delay is 0.5, but must be finite and at least 1");
    assert_eq!(
        said(1.0, f64::NAN),
        "RobbinsMonro: forgetting is NaN, but must be more than 0.5 and at most 1"
    );
}
