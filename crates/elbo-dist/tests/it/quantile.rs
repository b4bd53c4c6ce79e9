//! The normal quantile against numbers computed with 60 digits.

use elbo_dist::normal_quantile;

use crate::read_golden;

#[test]
fn the_normal_quantile_is_exact_far_into_both_tails() {
    let golden = read_golden("normal_quantile");
    let actual: Vec<f64> = golden.column("p").into_iter().map(normal_quantile).collect();
    elbo_testkit::assert_close(&actual, &golden.column("value"), 1e-15, 0.0);
}

#[test]
fn the_normal_quantile_is_infinite_at_the_ends_and_nan_beyond() {
    assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(normal_quantile(1.0), f64::INFINITY);
    assert!([-0.1, 1.1, f64::NAN].iter().all(|&p| normal_quantile(p).is_nan()));
}

#[test]
fn the_normal_quantile_is_odd_about_one_half() {
    for k in 1..64 {
        let p = f64::from(k) / 128.0; // 1 - p is exact
        assert_eq!(normal_quantile(1.0 - p), -normal_quantile(p));
    }
}
