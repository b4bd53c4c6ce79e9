//! Party identification of voters (Gelman & Hill 2007, chapter 4): four elections.
//!
//! `partyid7 ~ N(β₁ + β₂ real_ideo + β₃ race_adj + β₄ [age = 2] + β₅ [age = 3] + β₆ [age = 4] + β₇ educ1`
//! `+ β₈ gender + β₉ income, σ²)` with `age = age_discrete`, flat in `β` and in `σ > 0`.

use elbo::Place;

pub use crate::regression::{Data, flat as model};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let fields = ["partyid7", "real_ideo", "race_adj", "age_discrete", "educ1", "gender", "income"];
    let [party, ideology, race, age, education, gender, income] = json.columns(fields)?;
    let is = |group: f64| age.iter().map(|&age| f64::from(u8::from(age == group))).collect();
    let predictors = [ideology, race, is(2.0), is(3.0), is(4.0), education, gender, income];
    Ok(Data::with_intercept(party, &predictors, place))
}
