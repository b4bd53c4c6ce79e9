//! Numbers in formats that have no infinite ones, such as JSON: `#[serde(with = "elbo_report::number")]`.

use serde::{Deserialize, Deserializer, Serializer};

/// A finite number as it is, and any other as text: `inf`, `-inf` or `NaN`.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    match number.is_finite() {
        true => to.serialize_f64(*number),
        false => to.collect_str(number),
    }
}

/// The number that [`serialize`] wrote.
///
/// # Errors
/// Those of the format, and for a text that is no number.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Text(String),
    }
    match Number::deserialize(from)? {
        Number::Finite(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// The same for lists.
pub(crate) mod list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Number(#[serde(with = "super")] f64);

    /// A list of numbers of which some may not be finite.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(numbers: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(numbers.iter().map(|number| Number(*number)))
    }

    /// The list that [`serialize`] wrote.
    ///
    /// # Errors
    /// Those of the format.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Number>::deserialize(from)?.into_iter().map(|number| number.0).collect())
    }
}
