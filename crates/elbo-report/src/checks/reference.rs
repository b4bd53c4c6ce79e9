//! How far the guide is from a sampler.

use std::collections::HashMap;

use crate::shown::shown;
use crate::{Check, NumberRow, Reference, ReferenceRow, Verdict};

/// The distances of means, in standard deviations of the reference: below a tenth none sees it, and half of one moves
/// conclusions.
const MEANS: [f64; 2] = [0.1, 0.5];

/// The ratios of standard deviations, either way: intervals a tenth too narrow are as good as right, and those of half
/// the width are wrong.
const RATIOS: [(f64, f64); 2] = [(0.9, 1.1), (0.5, 2.0)];

/// The largest potential scale reduction of chains that agree (Vehtari et al. 2021): what is between eight halves of chains leaves the mean of
/// all unknown by `√((1.01² - 1) / 8) = 0.05` standard deviations.
const MIXED: f64 = 1.01;

/// The share of numbers that may be above [`MIXED`] by chance, as may a single one. Of chains that do agree, four of 500 draws that are worth 1000
/// independent ones, 0.4% of the numbers are above it, of those worth 670 one in twenty, and of those worth 400 nearly a third: otherwise the more
/// numbers there are, the surer the largest of them would speak against any sampler, and one run in six does so of the 18 numbers of eight schools.
const BY_CHANCE: f64 = 0.05;

/// The potential scale reduction that no number may be above: not by chance, even where draws are worth 400, and the mean is unknown by
/// `√((1.05² - 1) / 8) = 0.11` standard deviations, more than the smallest distance that is judged.
const APART: f64 = 1.05;

/// The largest share of transitions that diverged of a sampler that went everywhere.
const DIVERGED: f64 = 0.01;

pub(super) fn reference(reference: &Reference, numbers: &[NumberRow]) -> Check {
    if let Some(doubt) = doubt(reference) {
        let advice = "The reference is not to be trusted itself, so the fit was not compared with it: run longer \
                      chains, or reparameterize the model.";
        return Check::new("reference", Verdict::Warn, doubt, advice);
    }
    let varying = reference.rows.iter().filter(|row| row.sd != 0.0);
    let by_name: HashMap<_, _> = numbers.iter().map(|row| (&row.name, row)).collect();
    let pairs = varying.filter_map(|row| Some((*by_name.get(&row.name)?, row)));
    let pairs: Vec<_> = pairs.collect();
    match pairs.is_empty() {
        true => nothing_shared(),
        false => compared(&reference.sampler, &pairs),
    }
}

fn nothing_shared() -> Check {
    let advice = "Give the reference numbers by the names they have in the report.";
    Check::new("reference", Verdict::Warn, "no number in common".into(), advice)
}

/// Why the reference itself is not to be trusted.
fn doubt(reference: &Reference) -> Option<String> {
    if let Some(fault) = &reference.fault {
        return Some(format!("{} failed: {fault}", reference.sampler));
    }
    let diverged = reference.divergences as f64;
    if diverged > DIVERGED * (reference.chains * reference.draws) as f64 {
        return Some(format!("{diverged} transitions of the reference diverged"));
    }
    unmixed(&reference.rows)
}

/// The numbers at which chains do not agree, if they are more or farther apart than by chance.
fn unmixed(rows: &[ReferenceRow]) -> Option<String> {
    let varying: Vec<_> = rows.iter().filter(|row| row.sd != 0.0).collect();
    let above = varying.iter().filter(|row| row.r_hat.is_nan() || row.r_hat > MIXED);
    let (count, all) = (above.clone().count(), varying.len());
    // Not a number is the largest.
    let worst = above.max_by(|a, b| a.r_hat.abs().total_cmp(&b.r_hat.abs()))?;
    let by_chance = (BY_CHANCE * all as f64).max(1.0);
    let is_chance = worst.r_hat <= APART && count as f64 <= by_chance;
    let (r_hat, name) = (shown(worst.r_hat), &worst.name);
    let text = || {
        format!(
            "r-hat of the reference above {MIXED} at {count} of {all} numbers, {r_hat} at {name}"
        )
    };
    (!is_chance).then(text)
}

fn compared(sampler: &str, pairs: &[(&NumberRow, &ReferenceRow)]) -> Check {
    let worst = |of: fn(&NumberRow, &ReferenceRow) -> f64, size: fn(f64) -> f64| {
        let numbers = pairs.iter().map(|(row, reference)| (of(row, reference), row.name.as_str()));
        numbers.max_by(|a, b| size(a.0).abs().total_cmp(&size(b.0).abs())).unwrap_or_default()
    };
    let (apart, mean) = worst(apart, |apart| apart);
    let (ratio, sd) = worst(ratio, f64::ln);
    let (apart, ratio) = (shown(apart), shown(ratio));
    let found =
        format!("means up to {apart} sd apart ({mean}), sd {ratio} of that of {sampler} ({sd})");
    let advice = "The guide differs from the posterior here: use a richer family (FullRank, a flow), or the reference's \
                  draws.";
    let verdict = pairs.iter().map(judged).max().unwrap_or(Verdict::Pass);
    Check::new("reference", verdict, found, advice)
}

fn judged(pair: &(&NumberRow, &ReferenceRow)) -> Verdict {
    let ratio = ratio(pair.0, pair.1);
    let within = |(low, high): (f64, f64)| low <= ratio && ratio <= high;
    let of_ratio = match (within(RATIOS[0]), within(RATIOS[1])) {
        (true, _) => Verdict::Pass,
        (_, true) => Verdict::Warn,
        _ => Verdict::Fail,
    };
    Verdict::up_to(apart(pair.0, pair.1), MEANS[0], MEANS[1]).max(of_ratio)
}

fn apart(row: &NumberRow, reference: &ReferenceRow) -> f64 {
    (row.mean - reference.mean).abs() / reference.sd
}

fn ratio(row: &NumberRow, reference: &ReferenceRow) -> f64 {
    row.sd / reference.sd
}
