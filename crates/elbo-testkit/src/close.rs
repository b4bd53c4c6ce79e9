/// Asserts `|actual - expected| ≤ atol + rtol |expected|`, element by element.
///
/// Equal infinities are close; NaN is close to nothing.
///
/// ```
/// elbo_testkit::assert_close(&[1.0, 2.000_001], &[1.0, 2.0], 1e-6, 0.0);
/// ```
///
/// # Panics
/// If the lengths differ, or with a line for each element that is not close (at most 20):
///
/// ```should_panic
/// elbo_testkit::assert_close(&[1.0, 2.1], &[1.0, 2.0], 1e-6, 0.0); // [1]: 2.1, expected 2, ..
/// ```
#[track_caller]
pub fn assert_close(actual: &[f64], expected: &[f64], rtol: f64, atol: f64) {
    assert_eq!(actual.len(), expected.len(), "as many numbers as expected");
    let far: Vec<_> = actual
        .iter()
        .zip(expected)
        .enumerate()
        .filter_map(|(i, (&a, &e))| describe(i, a, e, atol + rtol * e.abs()))
        .collect();
    let shown = far.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(far.is_empty(), "{} of {} elements differ:\n{shown}", far.len(), actual.len());
}

/// The line about an element that is not close.
fn describe(index: usize, actual: f64, expected: f64, allowed: f64) -> Option<String> {
    let error = (actual - expected).abs();
    let close = actual == expected || error <= allowed && expected.is_finite();
    (!close).then(|| {
        format!(
            "[{index}]: {actual:?}, expected {expected:?}, error {error:.3e}, allowed {allowed:.3e}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_element_both_values_the_error_and_what_is_allowed() {
        assert_eq!(
            describe(3, 1.5, 1.0, 0.25).unwrap(),
            "[3]: 1.5, expected 1.0, error 5.000e-1, allowed 2.500e-1"
        );
    }

    #[test]
    fn infinities_are_close_to_themselves_only_and_nan_to_nothing() {
        let inf = f64::INFINITY;
        assert!(describe(0, inf, inf, 1.0).is_none());
        assert!(describe(0, -inf, inf, inf).is_some());
        assert!(describe(0, 1.0, inf, inf).is_some());
        assert!(describe(0, f64::NAN, f64::NAN, 1.0).is_some());
    }
}
