//! The heat map.

use std::fs;

use factorial_hmm::{PictureError, Sizes, heat_map, one_hot};

/// Two chains of two states in three steps, two strips each: 24 cells and a background.
#[test]
fn a_heat_map_has_a_cell_for_each_state_of_each_step() {
    let sizes = Sizes::new(2, 2);
    let path = std::env::temp_dir().join(format!("elbo-factorial-hmm-{}.svg", std::process::id()));
    let truth = one_hot(sizes, &[vec![0, 1], vec![1, 1], vec![0, 0]]);
    heat_map(&path, sizes, &[("truth", truth.clone()), ("even", vec![0.5; 12])]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(text.matches("<rect").count(), 25);
    assert!(text.contains("chain 2, even"));
    // Dark for certain, light for impossible, and half way between.
    for (shade, count) in [("#14468C", 6), ("#EEF2F8", 6), ("#819CC2", 12)] {
        assert_eq!(text.matches(shade).count(), count, "{shade}");
    }
    let wrong = heat_map(&path, sizes, &[("truth", truth), ("even", vec![0.5; 11])]).unwrap_err();
    assert!(matches!(wrong, PictureError::Marginals(_)), "{wrong}");
    let nowhere = std::path::Path::new("/nowhere/marginals.svg");
    let error = heat_map(nowhere, sizes, &[("even", vec![0.5; 4])]).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/marginals.svg could not be drawn"), "{error}");
}
