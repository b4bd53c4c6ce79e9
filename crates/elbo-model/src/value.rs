//! A tensor whose rank and kind are known only at run time.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use elbo_dist::{ValueKind, unravel};

/// A tensor of any rank and kind: what a site's value is outside the program.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_model::Value;
///
/// let value = Value::new(Tensor::<3>::ones([2, 3, 4], &Device::flex()));
/// assert_eq!(value.shape(), [2, 3, 4]);
/// assert!(value.get::<3, burn::tensor::Float>().is_some());
/// assert!(value.get::<2, burn::tensor::Float>().is_none());
/// assert_eq!(value.flat().dims(), [2, 12]);
/// ```
#[derive(Clone)]
pub struct Value {
    shape: Vec<usize>,
    kind: &'static str,
    tensor: Arc<dyn Any + Send + Sync>,
    erased: &'static dyn Erased,
}

impl Value {
    /// Forgets the rank and kind of `tensor`.
    pub fn new<const D: usize, K: ValueKind>(tensor: Tensor<D, K>) -> Self {
        Self {
            shape: tensor.dims().to_vec(),
            kind: K::NAME,
            tensor: Arc::new(tensor),
            erased: &Of::<D, K>(std::marker::PhantomData),
        }
    }

    /// The tensor, if it has this rank and kind.
    pub fn get<const D: usize, K: ValueKind>(&self) -> Option<Tensor<D, K>> {
        self.tensor.downcast_ref().cloned()
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// `a rank-2 Float`, for messages.
    pub fn describe(&self) -> String {
        format!("a rank-{} {}", self.shape.len(), self.kind)
    }

    /// The values as floating-point numbers `[S, n]`, one row a particle.
    pub fn flat(&self) -> Tensor<2> {
        self.erased.flat(&*self.tensor, &self.shape)
    }

    /// The same value as a constant: no gradient flows into it.
    pub fn constant(&self) -> Self {
        self.erased.constant(&*self.tensor)
    }

    /// The value so many times one after the other on axis 0, if it is not shared by all particles.
    pub(crate) fn tiled(&self, times: usize) -> Self {
        match times == 1 || self.shape[0] == 1 {
            true => self.clone(),
            false => self.erased.repeated(&*self.tensor, times),
        }
    }

    /// These rows of axis 0, in this order, if the value is not shared by all particles.
    pub(crate) fn rows(&self, rows: &[usize]) -> Self {
        match self.shape[0] {
            1 => self.clone(),
            _ => self.erased.rows(&*self.tensor, rows),
        }
    }

    /// The values on the host in row-major order.
    pub fn to_vec(&self) -> Vec<f64> {
        self.flat().inner().into_data().iter::<f64>().collect()
    }

    /// The value at `index`.
    pub(crate) fn at(&self, index: &[usize]) -> f64 {
        let position = index.iter().zip(&self.shape).fold(0, |place, (i, size)| place * size + i);
        self.to_vec()[position]
    }

    /// The same rank and kind with `map` applied to every number, on the host.
    pub(crate) fn map(&self, map: &dyn Fn(f64) -> f64) -> Self {
        self.erased.map(&*self.tensor, map)
    }

    /// The index of the first value that `holds`, with the value.
    pub fn find(&self, holds: impl Fn(f64) -> bool) -> Option<(Vec<usize>, f64)> {
        let found = self.to_vec().into_iter().enumerate().find(|(_, value)| holds(*value));
        found.map(|(position, value)| (unravel(position, &self.shape), value))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} {:?})", self.kind, self.shape)
    }
}

/// What can be done with a tensor whose type is forgotten.
trait Erased: Send + Sync {
    fn flat(&self, tensor: &dyn Any, shape: &[usize]) -> Tensor<2>;
    fn constant(&self, tensor: &dyn Any) -> Value;
    fn repeated(&self, tensor: &dyn Any, times: usize) -> Value;
    fn rows(&self, tensor: &dyn Any, rows: &[usize]) -> Value;
    fn map(&self, tensor: &dyn Any, map: &dyn Fn(f64) -> f64) -> Value;
}

struct Of<const D: usize, K>(std::marker::PhantomData<fn() -> K>);

impl<const D: usize, K: ValueKind> Of<D, K> {
    fn tensor(&self, tensor: &dyn Any) -> Tensor<D, K> {
        tensor.downcast_ref::<Tensor<D, K>>().expect("made with this type").clone()
    }
}

impl<const D: usize, K: ValueKind> Erased for Of<D, K> {
    fn flat(&self, tensor: &dyn Any, shape: &[usize]) -> Tensor<2> {
        let flat = K::to_float(self.tensor(tensor));
        let rows = [shape[0], shape[1..].iter().product()];
        match rows[0] * rows[1] {
            // In Burn's reshape a 0 means "as it was".
            0 => Tensor::zeros(rows, (&flat.device(), flat.dtype())),
            _ => flat.reshape(rows),
        }
    }

    fn constant(&self, tensor: &dyn Any) -> Value {
        Value::new(K::constant(self.tensor(tensor)))
    }

    fn repeated(&self, tensor: &dyn Any, times: usize) -> Value {
        Value::new(self.tensor(tensor).repeat_dim(0, times))
    }

    fn rows(&self, tensor: &dyn Any, rows: &[usize]) -> Value {
        let tensor = self.tensor(tensor);
        let rows: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::from(&rows[..]), &tensor.device());
        Value::new(tensor.select(0, rows))
    }

    fn map(&self, tensor: &dyn Any, map: &dyn Fn(f64) -> f64) -> Value {
        let tensor = K::constant(self.tensor(tensor));
        let (options, shape) = ((&tensor.device(), tensor.dtype()), tensor.dims());
        let values: Vec<f64> = tensor.to_data().iter::<f64>().map(map).collect();
        let data = TensorData::new(values, shape).convert_dtype(options.1);
        Value::new(Tensor::<D, K>::from_data(data, options))
    }
}
