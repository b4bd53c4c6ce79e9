//! Fields that hold numbers and lists of them.

use burn::tensor::Tensor;
use elbo::Place;
use serde_json::Value;

use crate::{DataError, Fields, row};

impl Fields {
    /// A number.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is none.
    pub fn number(&self, field: &str) -> Result<f64, DataError> {
        self.take(field, "a number", Value::as_f64)
    }

    /// A whole number at or above 0.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is none.
    pub fn count(&self, field: &str) -> Result<usize, DataError> {
        self.take(field, "a count", |value| value.as_u64()?.try_into().ok())
    }

    /// A list of numbers.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is none.
    pub fn numbers(&self, field: &str) -> Result<Vec<f64>, DataError> {
        self.take(field, "a list of numbers", numbers)
    }

    /// A list of numbers as a tensor `[1, N]`.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is none.
    pub fn row(&self, field: &str, place: &Place) -> Result<Tensor<2>, DataError> {
        Ok(row(self.numbers(field)?, place))
    }

    /// Lists of numbers, each as long as the first.
    ///
    /// # Errors
    /// [`DataError::Field`] if one is none, or of another length.
    pub fn columns<const K: usize>(&self, fields: [&str; K]) -> Result<[Vec<f64>; K], DataError> {
        let mut columns = fields.map(|_| Vec::new());
        let count = fields.first().map_or(Ok(0), |first| Ok(self.numbers(first)?.len()))?;
        let expected = format!("a list of {count} numbers");
        for (column, field) in columns.iter_mut().zip(fields) {
            let read = |value: &Value| numbers(value).filter(|list| list.len() == count);
            *column = self.take(field, &expected, read)?;
        }
        Ok(columns)
    }

    /// Rows of `columns` numbers each.
    ///
    /// # Errors
    /// [`DataError::Field`] if they are none.
    pub fn rows(&self, field: &str, columns: usize) -> Result<Vec<Vec<f64>>, DataError> {
        let row = |item: &Value| numbers(item).filter(|row| row.len() == columns);
        self.take(field, &format!("rows of {columns} numbers"), |value| each(value, row))
    }

    /// A list of indices from 0 to `count - 1`.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is none.
    pub fn indices(&self, field: &str, count: usize) -> Result<Vec<usize>, DataError> {
        let index = |item: &Value| item.as_u64()?.try_into().ok().filter(|&i: &usize| i < count);
        self.take(field, &format!("indices below {count}"), |value| each(value, index))
    }

    /// Where a list has a number and not `null`, and the numbers there.
    ///
    /// # Errors
    /// [`DataError::Field`] if it is no list of numbers and nulls, or has no number.
    pub fn seen(&self, field: &str) -> Result<(Vec<usize>, Vec<f64>), DataError> {
        let item = |item: &Value| item.as_f64().map(Some).or(item.is_null().then_some(None));
        let list = self.take(field, "a list of numbers and nulls", |value| each(value, item))?;
        Ok(list.iter().enumerate().filter_map(|(at, item)| Some((at, (*item)?))).unzip())
    }
}

/// A list of numbers, not empty.
pub(crate) fn numbers(value: &Value) -> Option<Vec<f64>> {
    each(value, Value::as_f64)
}

/// What `read` makes of each item of a list; nothing of an empty one.
fn each<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array().filter(|items| !items.is_empty())?.iter().map(read).collect()
}
