//! The mixture's bounds and components.
#![allow(missing_docs, reason = "tests are named as sentences")]

use elbo::Place;
use elbo::prelude::Device;
use gaussian_mixture::{Component, Course, Method, Options, TRUTH, drawn, read, run};

fn options() -> Options {
    Options {
        place: Place::f64(&Device::flex()).unwrap(),
        components: 3,
        passes: 60,
        adam_passes: 2500,
        batch: 50,
        learning_rate: 0.3,
        seed: 0,
    }
}

fn by_weight(course: &Course) -> Vec<Component> {
    let mut components = course.components.clone();
    components.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    components
}

/// Three hundred points: 150, 90 and 60 of each component.
#[test]
fn all_come_to_one_bound_and_the_components_that_were_drawn_from() {
    let points = drawn(300, 1);
    let methods = [Method::CoordinateAscent, Method::NaturalGradients, Method::Marginalized];
    let fits = methods.map(|method| run(method, &points, &options()).unwrap());
    let best = fits[0].bound();
    for fit in &fits {
        assert!((fit.bound() - best).abs() < 1e-3 * best.abs(), "{} {}", fit.method, fit.bound());
        for (found, (mean, scale, weight)) in by_weight(fit).iter().zip(TRUTH) {
            // Standard errors: of a mean s / √n, of a standard deviation s / √2n, of a weight at most √(¼ / 300).
            let n = 300.0 * weight;
            for axis in [0, 1] {
                let error = scale[axis] / f64::sqrt(n);
                assert!((found.mean[axis] - mean[axis]).abs() < 4.0 * error, "{found:?}");
                assert!((found.scale[axis] - scale[axis]).abs() < 4.0 * error, "{found:?}");
            }
            assert!((found.weight - weight).abs() < 4.0 * 0.029, "{found:?}");
        }
    }
    let passes = |fit: &Course| fit.passes_to(best, 1e-3 * best.abs()).unwrap();
    // Fewer passes over the points than coordinate ascent, and these fewer than Adam.
    assert!(passes(&fits[1]) <= passes(&fits[0]), "{} {}", passes(&fits[1]), passes(&fits[0]));
    assert!(passes(&fits[0]) < 0.2 * passes(&fits[2]));
}

/// With a logit for each point in the guide, by sums or by score functions, Adam comes near from below: it has no bound above the best.
#[test]
fn adam_with_components_in_the_guide_comes_near_the_bound() {
    let points = drawn(300, 1);
    let best = run(Method::CoordinateAscent, &points, &options()).unwrap().bound();
    for method in [Method::Adam, Method::ScoreFunction] {
        let bound = run(method, &points, &options()).unwrap().bound();
        assert!(bound < best + 1e-3 && bound > best - 0.02 * best.abs(), "{method} {bound} {best}");
    }
}

#[test]
fn the_log_likelihood_of_expectation_maximization_never_falls() {
    let fit = run(Method::Em, &drawn(300, 1), &options()).unwrap();
    assert!(fit.bounds.windows(2).all(|pair| pair[1].1 >= pair[0].1 - 1e-9));
    assert!(fit.bounds.len() > 5 && fit.bound() > fit.bounds[0].1 + 10.0);
}

#[test]
fn files_of_points_are_checked() {
    let path = std::env::temp_dir().join("elbo-points.txt");
    std::fs::write(&path, "1, 2\n\n3 4.5\n").unwrap();
    assert_eq!(read(&path).unwrap(), [[1.0, 2.0], [3.0, 4.5]]);
    for line in ["1", "1 2 3", "1 nan", "a 2"] {
        std::fs::write(&path, format!("1 2\n{line}\n")).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.starts_with("line 2 of ") && error.contains(&format!("{line:?}")), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("could not be read"));
    let error = run(Method::Em, &[[0.0, 0.0]], &options()).unwrap_err().to_string();
    assert!(error.starts_with("1 points were given for 3 components"), "{error}");
}
