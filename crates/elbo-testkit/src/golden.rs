use std::path::Path;

use serde_json::Value;

/// Numbers that another program computed, from a JSON file
/// `{"made_by": "..", "cases": [{"x": 1.0, "log_prob": "-2.3025850929940455"}, ..]}`.
///
/// Numbers of more than 15 digits are written as strings: serde_json may miss their last bit.
///
/// ```
/// use elbo_testkit::Golden;
///
/// let golden = Golden::parse(r#"{"made_by": "me", "cases": [{"x": [1, 2], "y": 3}]}"#);
/// assert_eq!(golden.column("y"), [3.0]);
/// assert_eq!(golden.rows("x"), [[1.0, 2.0]]);
/// ```
#[derive(Clone, Debug)]
pub struct Golden {
    cases: Vec<Value>,
}

impl Golden {
    /// The cases in the file at `path`.
    ///
    /// # Panics
    /// If it cannot be read or has another form.
    #[track_caller]
    pub fn read(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path);
        Self::parse(&text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// The cases in a text of the file's form.
    ///
    /// # Panics
    /// If it has another form, or no cases.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let mut json: Value = serde_json::from_str(text).expect("golden files are JSON");
        match json["cases"].take() {
            Value::Array(cases) if !cases.is_empty() => Self { cases },
            other => panic!("a golden file has a list of cases, not {other}"),
        }
    }

    /// The cases that have a number under `name`, where others have `null`.
    pub fn with(&self, name: &str) -> Self {
        let cases = self.cases.iter().filter(|case| !case[name].is_null()).cloned().collect();
        Self { cases }
    }

    /// How many cases there are.
    pub fn count(&self) -> usize {
        self.cases.len()
    }

    /// The number that every case has under `name`.
    ///
    /// # Panics
    /// If one has none.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<f64> {
        self.cases.iter().map(|case| number(&case[name], name)).collect()
    }

    /// The cases that have the text `text` under `name`.
    pub fn of(&self, name: &str, text: &str) -> Self {
        let cases = self.cases.iter().filter(|case| case[name] == text).cloned().collect();
        Self { cases }
    }

    /// The list of numbers that every case has under `name`, of one number where it is no list.
    ///
    /// # Panics
    /// If one has none.
    #[track_caller]
    pub fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        let row = |case: &Value| match &case[name] {
            Value::Array(items) => items.iter().map(|item| number(item, name)).collect(),
            other => vec![number(other, name)],
        };
        self.cases.iter().map(row).collect()
    }
}

#[track_caller]
fn number(value: &Value, name: &str) -> f64 {
    let number = value.as_str().map_or_else(|| value.as_f64(), |text| text.parse().ok());
    number.unwrap_or_else(|| panic!("a case has {value} for the number {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_without_a_number_can_be_left_out() {
        let golden = Golden::parse(r#"{"cases": [{"y": null}, {"y": 2}]}"#);
        assert_eq!(golden.count(), 2);
        assert_eq!(golden.with("y").column("y"), [2.0]);
    }

    #[test]
    fn a_number_in_a_string_keeps_its_last_bit() {
        let golden = Golden::parse(r#"{"cases": [{"p": "0.9999999999999999"}]}"#);
        assert_eq!(golden.column("p"), [1.0 - f64::EPSILON / 2.0]);
    }

    #[test]
    #[should_panic(expected = "a case has null for the number z")]
    fn a_missing_number_is_named() {
        Golden::parse(r#"{"cases": [{"y": 1}]}"#).column("z");
    }
}
