//! Whether the model can reproduce its data.

use crate::shown::shown;
use crate::{Check, Predicted, Verdict};

/// The least two-sided p-value that passes: one statistic in fifty is beyond it by chance.
const SURPRISING: f64 = 0.02;

pub(super) fn predicted(predicted: &Predicted) -> Check {
    let Predicted { site, statistic, observed, replicated } = predicted;
    let n = replicated.len();
    let mean = replicated.iter().sum::<f64>() / n as f64;
    let p = two_sided(predicted);
    let p_shown = match p {
        0.0 => format!("< {}", shown(1.0 / n as f64)),
        _ => format!("= {}", shown(p)),
    };
    let found = format!("observed {}, replicated {}, p {p_shown}", shown(*observed), shown(mean));
    let advice = "The model does not produce such data: look at the picture of this statistic, and let the model vary \
                  where the data do.";
    Check::new(format!("{site} {statistic}"), Verdict::pass_if(p >= SURPRISING), found, advice)
}

/// `2 min(p, 1 - p)` of the share `p` of replicated statistics at or above the observed one, ties counted half; not a
/// number if there are none, or one of them is not.
fn two_sided(predicted: &Predicted) -> f64 {
    let Predicted { observed, replicated, .. } = predicted;
    let places = replicated.iter().map(|x| match x.partial_cmp(observed) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        Some(std::cmp::Ordering::Less) => 0.0,
        None => f64::NAN,
    });
    let p = places.sum::<f64>() / replicated.len() as f64;
    match p.is_nan() {
        true => p,
        false => 2.0 * p.min(1.0 - p),
    }
}
