//! What importance weights say of the guide.

use crate::shown::{percent, shown};
use crate::{Check, Importance, LocalImportance, NumberRow, Verdict};

/// The largest shape of a tail at which smoothed weights still converge at a useful rate (Vehtari et al. 2024).
pub(crate) const RELIABLE: f64 = 0.7;

/// The shape above which the weights have no mean.
pub(crate) const HOPELESS: f64 = 1.0;

/// The fewest draws whose tail has a shape: five of them, for a fifth are its tail.
const LEAST: usize = 25;

/// The effective share of draws above which a tail, however heavy its shape, carries little: that of two normals whose means are half a
/// deviation apart, `e^(-1/4)`.
const NEARLY_EXACT: f64 = 0.78;

/// The shares of draws that an effective sample size is to reach: a tenth leaves 100 of 1000 draws, enough for a mean to
/// a tenth of a standard deviation, and a hundredth leaves ten.
const ENOUGH: [f64; 2] = [0.1, 0.01];

/// The shares of the elements of a plate with heavy tails: up to one in twenty may be chance, and most of them are the
/// family's fault.
const ELEMENTS: [f64; 2] = [0.05, 0.5];

/// The shifts of a mean, in standard deviations: below a tenth none sees it, and half of one moves conclusions.
const SHIFT: [f64; 2] = [0.1, 0.5];

/// The standard errors that are taken off a shift, so that the largest of many numbers is not noise.
const SURE: f64 = 3.0;

pub(super) fn k_hat(importance: &Importance) -> Check {
    let Importance { draws, k_hat, effective_size, divergence } = *importance;
    let verdict = match hardly_varies(effective_size, draws) {
        true => Verdict::Pass,
        false => Verdict::up_to(k_hat, RELIABLE, HOPELESS),
    };
    let found = format!("{} of {draws} draws, about {} nats off", shown(k_hat), shown(divergence));
    let advice = match k_hat.is_nan() && draws < LEAST {
        true => format!(
            "Fewer than {LEAST} draws have no tail to judge, so nothing is known of the guide: draw more \
             (ReportConfig::with_draws)."
        ),
        false => "The guide misses part of the posterior. Use a richer family (FullRank, a flow), reparameterize the \
                  model, or use more particles; corrected moments are not to be used."
            .into(),
    };
    Check::new("k-hat", verdict, found, advice)
}

/// Of few draws it is not known, for they may all lie where the weights do not vary.
fn hardly_varies(effective_size: f64, draws: usize) -> bool {
    draws >= LEAST && effective_size >= NEARLY_EXACT * draws as f64
}

pub(super) fn size(importance: &Importance) -> Check {
    let share = importance.effective_size / importance.draws as f64;
    let verdict = Verdict::from(share, ENOUGH[0], ENOUGH[1]);
    let (size, draws) = (importance.effective_size, importance.draws);
    let found = format!("{size:.0} of {draws} draws ({})", percent(share));
    let advice = "Few draws carry the weight: corrected moments are noisy. Draw more, or use a richer family.";
    Check::new("effective sample size", verdict, found, advice)
}

/// None without elements.
pub(super) fn local(local: &LocalImportance) -> Option<Check> {
    let LocalImportance { plate, draws, k_hats, effective_sizes } = local;
    let exact = |i: usize| effective_sizes.get(i).is_some_and(|size| hardly_varies(*size, *draws));
    let heavy = |i: &usize| !(k_hats[*i] <= RELIABLE || exact(*i));
    let heavy: Vec<usize> = (0..k_hats.len()).filter(heavy).collect();
    let share = heavy.len() as f64 / k_hats.len() as f64;
    let worst = heavy.iter().max_by(|a, b| k_hats[**a].abs().total_cmp(&k_hats[**b].abs()));
    let worst = worst.map(|i| format!(", the worst {} of element {i}", shown(k_hats[*i])));
    let found = format!(
        "{} of {} elements above {RELIABLE}{}",
        heavy.len(),
        k_hats.len(),
        worst.unwrap_or_default()
    );
    let advice = "The guide misses these elements given the rest: use a richer family for them, or look at their data.";
    let verdict = Verdict::up_to(share, ELEMENTS[0], ELEMENTS[1]);
    let check = Check::new(format!("local k-hat {plate}"), verdict, found, advice);
    (!k_hats.is_empty()).then_some(check)
}

/// How far the weights move the mean of a number, in standard deviations.
///
/// The difference of the weighted and the plain mean of the same draws has variance `sd² (Σ w² - 1 / draws)` where they
/// are independent of the weights, and `Σ w² = 1 / effective size`.
pub(super) fn shift(numbers: &[NumberRow], importance: &Importance) -> Option<Check> {
    let noise = 1.0 / importance.effective_size - 1.0 / importance.draws as f64;
    let noise = if noise < 0.0 { 0.0 } else { noise.sqrt() };
    let varying = numbers.iter().filter(|row| row.sd != 0.0);
    let shifts = varying.map(|row| ((row.corrected_mean - row.mean).abs() / row.sd, &row.name));
    // Not a number is the largest.
    let (shift, name) = shifts.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let verdict = Verdict::up_to(shift - SURE * noise, SHIFT[0], SHIFT[1]);
    let found = format!("{} sd at {name}, standard error {}", shown(shift), shown(noise));
    let advice = "The weights move means by more than their noise: where k-hat and the effective sample size pass, use \
                  corrected moments; elsewhere use a richer family.";
    Some(Check::new("importance shift", verdict, found, advice))
}
