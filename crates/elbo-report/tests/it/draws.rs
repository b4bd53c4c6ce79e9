use elbo_report::{Draws, Group, ReportError, SiteDraws, element_name, split_r_hat};

fn site(group: Group, name: &str, shape: &[usize], numbers: usize) -> SiteDraws {
    SiteDraws { name: name.into(), shape: shape.into(), group, values: vec![1.0; numbers] }
}

fn of(sites: Vec<SiteDraws>) -> Result<Draws, ReportError> {
    Draws::new(sites, vec![-1.0; 3], vec![-2.0; 3], vec![-1.1; 3])
}

#[test]
fn groups_have_their_own_numbers_of_draws() {
    let draws = of(vec![
        site(Group::Posterior, "theta", &[2, 2], 12),
        site(Group::PosteriorPredictive, "y", &[5], 15),
        site(Group::ObservedData, "y", &[5], 5),
        site(Group::Prior, "nothing", &[0], 0),
        site(Group::Prior, "theta", &[2, 2], 28),
    ])
    .unwrap();
    assert_eq!(Group::ALL.map(|group| draws.count(group)), [3, 3, 1, 7]);
}

#[test]
fn lengths_that_disagree_are_refused() {
    let text = |sites| of(sites).unwrap_err().to_string();
    assert_eq!(
        text(vec![site(Group::PosteriorPredictive, "y", &[5], 14)]),
        "posterior_predictive site y should have 3 x [5] values, but has 14; give those of all draws, draw by draw"
    );
    assert_eq!(
        text(vec![site(Group::Prior, "a", &[], 7), site(Group::Prior, "b", &[2], 12)]),
        "prior site b should have 7 x [2] values, but has 12; give those of all draws, draw by draw"
    );
    assert_eq!(
        text(vec![site(Group::Posterior, "a", &[], 3), site(Group::Posterior, "a", &[1], 3)]),
        "two sites of a group would be named a; give one of their sites another name"
    );
    let error = Draws::new(vec![], vec![-1.0; 3], vec![-2.0; 3], vec![-1.1; 4]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "log_weights should have a number for each of the 3 numbers of log_p, but has 4; take all lists from the same draws"
    );
    let error = Draws::new(vec![], vec![-1.0; 3], vec![], vec![-1.1; 3]).unwrap_err();
    assert!(matches!(error, ReportError::DensityLength { list: "log_q", draws: 3, found: 0 }));
}

#[test]
fn draws_with_infinite_densities_survive_json() {
    let mut draws = of(vec![site(Group::PosteriorPredictive, "y", &[], 3)]).unwrap();
    draws.log_q[1] = f64::NEG_INFINITY;
    let text = serde_json::to_string(&draws).unwrap();
    assert!(text.contains(r#""group":"posterior_predictive""#), "{text}");
    assert_eq!(serde_json::from_str::<Draws>(&text).unwrap(), draws);
}

#[test]
fn elements_are_named_row_major() {
    let names: Vec<_> = (0..4).map(|i| element_name("a", &[2, 1, 2], i)).collect();
    assert_eq!(names, ["a[0,0,0]", "a[0,0,1]", "a[1,0,0]", "a[1,0,1]"]);
}

/// Of ranks it is that of any chains that do not overlap, and without variance in them it is infinite.
#[test]
fn chains_that_are_apart_have_a_large_r_hat() {
    let apart = |by: f64| [0.0, by].map(|low| [0.0, 1.0, 0.0, 1.0].map(|x| low + x).to_vec());
    let found = split_r_hat(&apart(1000.0));
    // arviz.rhat of ArviZ 0.23.4, method "rank"
    assert!((found - 1.618658569695271).abs() < 1e-6, "{found}");
    assert_eq!(found, split_r_hat(&apart(10.0)));
    assert_eq!(split_r_hat(&[vec![1.0; 8], vec![2.0; 8]]), f64::INFINITY);
}

#[test]
fn r_hat_leaves_out_the_middle_draw_and_is_nan_where_nothing_can_be_said() {
    let with_middle = split_r_hat(&[vec![1.0, 2.0, 99.0, 3.0, 5.0]]);
    assert_eq!(with_middle, split_r_hat(&[vec![1.0, 2.0, 3.0, 5.0]]));
    assert!(split_r_hat(&[vec![1.0, 2.0, 3.0]]).is_nan());
    assert!(split_r_hat(&[vec![1.0; 8], vec![1.0; 8]]).is_nan());
    assert!(split_r_hat(&[]).is_nan());
    for fault in [f64::NAN, f64::INFINITY] {
        assert!(split_r_hat(&[vec![1.0, 2.0, 3.0, fault], vec![1.0, 2.0, 3.0, 5.0]]).is_nan());
    }
}
