//! Fits by the defaults of the table.

use elbo::Place;
use posteriors::{Fit, Kind, Row, Settings, visit};

fn fit(name: &str, kind: Kind) -> Option<Row> {
    let directory = elbo_testkit::data_dir()?;
    let place = Place::f64(&elbo::device("flex").unwrap()).unwrap();
    let mut fit = Fit { kind, settings: Settings::default(), place: place.clone() };
    let row = visit(name, &directory, &place, &mut fit).unwrap();
    assert!(row.error.is_none(), "{row:?}");
    Some(row)
}

/// The best full-rank normal has the bound -529.2021 (by Gauss-Hermite quadrature), and the best mean field -531.7075.
#[test]
fn german_credit_reaches_the_best_normals() {
    let Some(row) = fit("german_credit_numeric_logistic_regression", Kind::FullRank) else {
        return;
    };
    assert!((row.elbo[0] + 529.2021).abs() < 0.1, "{row:?}");
    assert!(row.is_accurate(), "{row:?}");
    let row = fit("german_credit_numeric_logistic_regression", Kind::MeanField).unwrap();
    assert!((row.elbo[0] + 531.7075).abs() < 0.1, "{row:?}");
    assert!(row.sd_ratio[0] < 0.6, "{row:?}"); // what independence costs
}

/// A full-rank normal reaches -31.55 nats or more, and a flow more than the normal: 4 standard errors of both bounds.
#[test]
fn a_flow_of_eight_schools_is_above_the_full_rank_normal() {
    let name = "eight_schools-eight_schools_noncentered";
    let Some(normal) = fit(name, Kind::FullRank) else { return };
    assert!(normal.elbo[0] > -31.55, "{normal:?}");
    let flow = fit(name, Kind::Flow).unwrap();
    let error = normal.elbo[1].hypot(flow.elbo[1]);
    assert!(flow.elbo[0] > normal.elbo[0] + 4.0 * error, "{normal:?} {flow:?}");
}
