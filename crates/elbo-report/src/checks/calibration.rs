//! Whether fits of simulated data find the values that the data were simulated from.

use crate::shown::shown;
use crate::uniform::{spread, symmetry};
use crate::{Calibrated, Calibration, Check, Verdict};

/// The p-values, over all numbers, down to which shares pass for uniform and down to which they may.
const UNIFORM: [f64; 2] = [0.05, 0.001];

/// None without shares.
pub(super) fn calibration(calibration: &Calibration) -> Option<Check> {
    let rows = calibration.rows.iter().filter(|row| !row.shares.is_empty());
    let rows: Vec<_> = rows.map(|row| (row, row.fault())).collect();
    let tests = 2.0 * rows.len() as f64;
    let (row, (p, fault)) = rows.iter().max_by(|a, b| rank(a.1.0).total_cmp(&rank(b.1.0)))?;
    // Bonferroni: numbers of one simulation share its data, so their p-values are not independent.
    let p = (tests * p).clamp(0.0, 1.0);
    let has_settled = calibration.unsettled == 0;
    let verdict = Verdict::from(p, UNIFORM[0], UNIFORM[1]).max(Verdict::pass_if(has_settled));
    let (name, n) = (&row.name, row.shares.len());
    let judged = format!("{name} over {n} fits, p = {} of {tests} tests", shown(p));
    let is_uniform = Verdict::from(p, UNIFORM[0], UNIFORM[1]) == Verdict::Pass;
    let found = match is_uniform {
        true => format!("shares look uniform, the least so of {judged}"),
        false => format!("{fault} of {judged}"),
    };
    let found = match has_settled {
        true => found,
        false => format!("{found}; {} of the fits had not settled", calibration.unsettled),
    };
    let advice = match has_settled {
        false => "Fits that end too early are not what is to be judged: give them more steps.",
        true => {
            "Over data of this model the guide is wrong in one direction: use a richer family, or do not use its \
             intervals."
        }
    };
    Some(Check::new("calibration", verdict, found, advice))
}

/// The smaller p, the larger; not a number is the largest.
fn rank(p: f64) -> f64 {
    (1.0 - p).abs()
}

impl Calibrated {
    /// The smaller p-value of the two tests, and what it says.
    pub(crate) fn fault(&self) -> (f64, &'static str) {
        let (side, size) = (symmetry(&self.shares), spread(&self.shares));
        let mean = |of: fn(f64) -> f64| self.shares.iter().map(|u| of(*u)).sum::<f64>();
        let half = 0.5 * self.shares.len() as f64;
        if side.is_nan() {
            return (side, "shares that are not numbers");
        }
        match (side <= size, mean(|u| u) < half, mean(|u| (2.0 * u - 1.0).abs()) > half) {
            (true, true, _) => (side, "right-skewed shares: an overestimated mean"),
            (true, false, _) => (side, "left-skewed shares: an underestimated mean"),
            (false, _, true) => (size, "U-shaped shares: an underestimated deviation"),
            (false, _, false) => (size, "humped shares: an overestimated deviation"),
        }
    }
}
