//! A report as a page.

mod html;

use html::{badge, check, escaped, figure, section, table};

use crate::Report;
use crate::pictures::{PictureError, k_hats, marginal, pairs, replicated, restarts, shares, trace};
use crate::table::{CHECK_HEADS, NUMBER_HEADS, cells};

/// The most pictures of shares: those with the smallest p-values.
const SHARES: usize = 12;

const COURSE: &str = "The bound over the steps; a line is a change of the learning rate. It is to be flat at the end: \
    one that still rises wants more steps, and one that jumps wants smaller ones or more particles.";

const RESTARTS: &str = "The bound of each fit, with two standard errors either way. They are to be equal: a lower one \
    got stuck.";

const HEAVY: &str = "The shape of the tail of the weights of each element, with lines at 0.7 and 1; those beyond an end \
    are drawn on it. Points above the lines are elements that the guide misses: given one draw of what lies outside of the plate \
    where it draws each site by itself, and else together with how much that moves the evidence of an element.";

const MARGINALS: &str = "Draws of the guide (filled), of the prior (grey) and of the reference (orange). A guide as wide \
    as its prior learned nothing from the data; one narrower than the reference is too sure.";

const PAIRS: &str = "Draws of two numbers each: the guide's (blue) and the reference's (orange). Slanted or bent clouds \
    need a guide that knows correlations.";

const REPLICATED: &str = "Statistics of replicated data, with that of the observed data as a line. A line in the tails is \
    a feature of the data that the model does not produce.";

const CALIBRATED: &str = "Shares of draws below the true value over fits of simulated data. Bars are to be level: a \
    slope is a biased mean, and a U is a guide that is too narrow.";

impl Report {
    /// The report as one page of HTML, with its pictures in it: it needs no other file and no script.
    ///
    /// # Errors
    /// [`PictureError::Drawing`]; what has nothing to draw has no picture.
    ///
    /// # Example
    /// ```
    /// use elbo_report::{Bound, Importance, Report};
    ///
    /// let bound = Bound { mean: -31.2, standard_error: 0.01 };
    /// let importance = Importance { draws: 1000, k_hat: 0.9, effective_size: 400.0, divergence: 0.4 };
    /// let page = Report::new("Schools & <effects>", bound, importance).to_html().unwrap();
    /// assert!(page.contains("<h1>Schools &amp; &lt;effects&gt;</h1>"));
    /// assert!(page.contains("<span class=\"verdict warn\">warn</span>"));
    /// ```
    pub fn to_html(&self) -> Result<String, PictureError> {
        let title = match self.title.trim() {
            "" => "Report of a fit".to_string(),
            title => escaped(title),
        };
        let css = include_str!("page/page.css");
        let (verdict, sections) = (badge(self.verdict()), self.sections()?);
        Ok(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n<p>The fit: {verdict}</p>\n{sections}</main>\n</body>\n</html>\n"
        ))
    }

    fn sections(&self) -> Result<String, PictureError> {
        let checks = table("checks", &CHECK_HEADS, self.checks().iter().map(check));
        let agreement = self.agreement.iter().map(restarts);
        let sections = [
            section("Can the fit be trusted?", &checks),
            section("Does the model describe the data?", &self.model()?),
            section("The course of the fit", &figure(self.course.iter().map(trace), COURSE)?),
            section("Other starts", &figure(agreement, RESTARTS)?),
            section("Elements", &figure(self.local.iter().map(k_hats), HEAVY)?),
            section("Simulated data", &self.calibrated()?),
            section("Numbers", &self.posterior()?),
        ];
        Ok(sections.concat())
    }

    fn model(&self) -> Result<String, PictureError> {
        if self.predicted.is_empty() {
            return Ok(String::new());
        }
        let checks = table("checks", &CHECK_HEADS, self.model_checks().iter().map(check));
        Ok(checks + &figure(self.predicted.iter().map(replicated), REPLICATED)?)
    }

    fn calibrated(&self) -> Result<String, PictureError> {
        let rows = self.calibration.iter().flat_map(|of| &of.rows);
        let mut rows: Vec<_> = rows.map(|row| (row.fault().0, row)).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        figure(rows.iter().take(SHARES).map(|(_, row)| shares(row)), CALIBRATED)
    }

    fn posterior(&self) -> Result<String, PictureError> {
        let row = |row| cells(row).iter().map(|cell| escaped(cell)).collect();
        let numbers = match self.numbers.is_empty() {
            true => String::new(),
            false => table("numbers", &NUMBER_HEADS, self.numbers.iter().map(row)),
        };
        let marginals = figure(self.samples.iter().map(marginal), MARGINALS)?;
        Ok(numbers + &marginals + &figure([pairs(&self.samples)], PAIRS)?)
    }
}
