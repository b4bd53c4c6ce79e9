//! Whether the optimization came to its end.

use crate::shown::shown;
use crate::{Agreement, Bound, Check, Course, Signal, Verdict};

/// The largest standard error of a bound that passes, in nats: models are compared by differences of about a nat.
const PRECISE: f64 = 0.1;

/// The largest signal-to-noise ratio of a gradient at its end: above it, single steps still point the same way.
const STILL: f64 = 1.0;

/// The length of a mean gradient below which it is of no interest: in coordinates in which the posterior is standard, what is still to gain
/// is half its square, here 0.1 nats.
const SHORT: f64 = 0.45;

/// The distances, in posterior standard deviations, up to which fits agree and up to which they differ without having
/// found another posterior.
const AGREE: [f64; 2] = [0.1, 0.5];

pub(super) fn bound(bound: &Bound, fault: Option<&str>) -> Check {
    let Bound { mean, standard_error } = *bound;
    let verdict = match mean.is_finite() {
        true => Verdict::pass_if(standard_error <= PRECISE),
        false => Verdict::Fail,
    };
    let advice = match verdict {
        Verdict::Fail => {
            "Some draws of the guide have no log-density under the model, so there is no bound: keep the guide, and \
             what the model makes of its draws, inside the supports."
        }
        _ => "Draw more: differences of bounds below a nat are lost in the noise.",
    };
    let fault = fault.map(|fault| format!(", at some draws {fault}")).unwrap_or_default();
    let found = format!("{} ± {} nats{fault}", shown(mean), shown(standard_error));
    Check::new("bound", verdict, found, advice)
}

pub(super) fn convergence(course: &Course) -> Check {
    let advice = "The bound may still rise: fit with more steps before anything else is looked at.";
    let found = format!("{} steps, {}", course.steps, course.end);
    Check::new("convergence", Verdict::pass_if(course.has_settled), found, advice)
}

/// None without sites.
pub(super) fn gradient(signals: &[Signal]) -> Option<Check> {
    // With little noise any gradient stands out, however short.
    let length = |s: &Signal| s.signal_to_noise * s.variance.sqrt();
    let noisy = signals.iter().filter(|s| s.variance != 0.0 && s.signal_to_noise != f64::INFINITY);
    let moving = noisy
        .filter(|s| s.signal_to_noise.is_nan() || s.signal_to_noise > STILL && length(s) > SHORT);
    let moving: Vec<_> = moving.collect();
    let named: Vec<_> =
        moving.iter().map(|s| format!("{} ({})", s.site, shown(s.signal_to_noise))).collect();
    let (count, all) = (moving.len(), signals.len());
    let found = format!("{count} of {all} sites with signal / noise above {STILL}");
    let found = match moving.is_empty() {
        true => found,
        false => format!("{found}: {}", named.join(", ")),
    };
    let advice = match moving.iter().any(|s| s.variance.is_nan()) {
        true => "Some draws have no density, so there is no gradient: see the bound.",
        false => {
            "The gradient still points somewhere: fit with more steps, or a larger learning rate."
        }
    };
    let check = Check::new("gradient", Verdict::pass_if(moving.is_empty()), found, advice);
    (!signals.is_empty()).then_some(check)
}

pub(super) fn restarts(agreement: &Agreement) -> Check {
    let Agreement { bounds, distance, least } = agreement;
    let verdict = Verdict::up_to(*distance, AGREE[0], AGREE[1]);
    let at = match least.is_empty() {
        true => String::new(),
        false => format!(" at {least}"),
    };
    let found = format!("{} fits, means {} sd apart{at}", bounds.len(), shown(*distance));
    let advice = "Fits from other starts differ. Where their bounds are equal there are several modes, of which a fit \
                  holds one: identify the model, or use a mixture. Where they are not, keep the best, and fit more.";
    Check::new("restarts", verdict, found, advice)
}
