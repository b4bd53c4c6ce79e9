//! Densities that are not programs.

use burn::tensor::Tensor;
use elbo_dist::{Support, unravel};
use elbo_model::{Latents, Layout, LogJoint, LogTerms, ModelError, Plate, Role, Site, Term, Value};

use crate::*;

/// A bowl `-½ x²` in a global site, and `-|u|` for each of two of four elements.
struct Bowl;

impl LogJoint<Tensor<2>> for Bowl {
    fn log_joint(&self, latents: &Latents, rows: &Tensor<2>) -> Result<LogTerms, ModelError> {
        let x = latents.get::<2>("x")?; // [S, 3]
        let plate = Plate { name: "rows".into(), axis: 1, total: 4, batch: 2 };
        let mut terms = LogTerms::default();
        terms.push(Term::new("bowl", Role::Factor, vec![], x.square() * -0.5));
        terms.push(Term::new("rows", Role::Observed, vec![plate], -rows.clone().abs()));
        Ok(terms)
    }
}

/// -½ (1 + 4 + 4) - 4/2 · (1 + 3) = -12.5; at 0 only the rows remain, -8.
#[test]
fn a_density_written_by_hand_is_a_log_joint() {
    let layout = Layout::by_hand(double(), [Site::latent("x", [1, 3], Support::Real)]);
    let latents = layout.at([("x", matrix([[1.0, 2.0, -2.0], [0.0, 0.0, 0.0]]))]);
    let terms = Bowl.log_joint(&latents, &matrix([[1.0, -3.0]])).unwrap();
    assert_total(&terms, &[-12.5, -8.0]);
    assert_eq!(layout.latents().map(Site::size).sum::<usize>(), 3);
    assert_eq!(layout.place(), &double());
}

#[test]
fn a_missing_latent_of_a_density_by_hand_is_a_typed_error() {
    let error = Bowl.log_joint(&at::<2>([]), &matrix([[0.0, 0.0]])).unwrap_err();
    let given = elbo_model::Names(vec![]);
    assert_eq!(error, ModelError::MissingSite { site: "x".into(), given });
}

/// [[1, 2], [3, 4]] over two rows of a plate with two events each: 3 and 7.
#[test]
fn a_flat_term_is_summed_over_its_events() {
    let plate = Plate { name: "rows".into(), axis: 1, total: 2, batch: 2 };
    let flat = matrix([[1.0, 2.0, 3.0, 4.0]]);
    let term = Term::from_flat("w", Role::Latent, vec![plate], flat);
    assert_close(&host(term.log_prob), &[3.0, 7.0]);
    let global = Term::from_flat("w", Role::Latent, vec![], matrix([[1.0, 2.0], [3.0, 4.0]]));
    assert_close(&host(global.log_prob), &[3.0, 7.0]);
}

#[test]
fn a_value_forgets_its_type_and_keeps_its_numbers() {
    let value = Value::new(double().tensor::<3>((0..6).map(f64::from).collect(), [1, 2, 3]));
    assert_eq!(value.describe(), "a rank-3 Float");
    assert_eq!(value.to_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(value.find(|x| x > 3.5), Some((vec![0, 1, 1], 4.0)));
    assert_eq!(value.find(|x| x > 5.5), None);
    assert_eq!(Value::new(int_matrix([[1, 7]])).describe(), "a rank-2 Int");
    assert_eq!(Value::new(int_matrix([[1, 7]])).to_vec(), [1.0, 7.0]);
    assert_eq!(format!("{value:?}"), "Value(Float [1, 2, 3])");
    assert_eq!(unravel(23, &[2, 3, 4]), [1, 2, 3]);
}
