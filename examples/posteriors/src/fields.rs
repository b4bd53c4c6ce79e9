//! The fields of a JSON object, by the form that they should have.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::DataError;

/// The fields of a JSON object of a file.
///
/// Every error names the file, the field, what was expected and what was found.
///
/// ```
/// use posteriors::Fields;
///
/// let fields = Fields::parse("a.json".as_ref(), r#"{"N": 2, "y": [0.5, 1]}"#).unwrap();
/// assert_eq!(fields.numbers("y").unwrap(), [0.5, 1.0]);
/// let message = fields.number("y").unwrap_err().to_string();
/// assert_eq!(message, r#"a.json: "y" should be a number, but is a list of 2"#);
/// ```
#[derive(Clone, Debug)]
pub struct Fields {
    file: PathBuf,
    /// The names of the objects around, in front of a field's name in messages.
    around: String,
    fields: Map<String, Value>,
}

impl Fields {
    /// The object that a file holds.
    ///
    /// # Errors
    /// [`DataError::Read`] and [`DataError::Json`].
    pub fn read(file: &Path) -> Result<Self, DataError> {
        let unread = |source| DataError::Read { file: file.to_path_buf(), source };
        Self::parse(file, &std::fs::read_to_string(file).map_err(unread)?)
    }

    /// The object of a text; `file` is what messages name.
    ///
    /// # Errors
    /// [`DataError::Json`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, DataError> {
        let file = file.to_path_buf();
        match serde_json::from_str(text) {
            Ok(fields) => Ok(Self { file, around: String::new(), fields }),
            Err(source) => Err(DataError::Json { file, source }),
        }
    }

    /// An object inside.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is none.
    pub fn object(&self, field: &str) -> Result<Self, DataError> {
        let fields = self.take(field, "an object", |value| value.as_object().cloned())?;
        Ok(Self { file: self.file.clone(), around: self.path(field) + ".", fields })
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Whether there is such a field.
    pub fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// What `read` makes of a field, which should be `expected`.
    ///
    /// # Errors
    /// [`DataError::Field`] if it makes nothing of it.
    pub fn take<T>(
        &self,
        field: &str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, DataError> {
        let value = self.fields.get(field);
        value.and_then(read).ok_or_else(|| DataError::Field {
            file: self.file.clone(),
            field: self.path(field),
            expected: expected.to_string(),
            found: value.map_or("absent".to_string(), found),
        })
    }

    fn path(&self, field: &str) -> String {
        format!("{}{field}", self.around)
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Object(fields) => format!("an object of {} fields", fields.len()),
        Value::Array(items) => match fault(items) {
            Some(at) => format!("a list with {} at {at}", items[at]),
            None => format!("a list of {}", items.len()),
        },
        other => other.to_string(),
    }
}

/// The first item that is no number, list or null, or else the first null.
fn fault(items: &[Value]) -> Option<usize> {
    let is_fault = |item: &Value| !(item.is_number() || item.is_array() || item.is_null());
    items.iter().position(is_fault).or_else(|| items.iter().position(Value::is_null))
}
