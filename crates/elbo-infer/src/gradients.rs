//! All parameters and their gradients together.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use elbo_dist::{Place, sum_in_one_pass};
use elbo_model::Value;

/// The Euclidean norm of all gradients; 0 if there is none.
pub(crate) fn norm<M: Module>(module: &M, gradients: &GradientsParams) -> f64 {
    struct SumOfSquares<'a> {
        gradients: &'a GradientsParams,
        on_host: f64,
        elsewhere: Option<Tensor<1>>,
    }
    impl ModuleVisitor for SumOfSquares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
            if let Some(squares) = sum_in_one_pass([(&gradient).into()], |[g]| g * g) {
                self.on_host += squares;
                return;
            }
            let squares = gradient.square().sum();
            self.elsewhere = Some(match self.elsewhere.take() {
                Some(sum) => sum + squares,
                None => squares,
            });
        }
    }
    let mut visitor = SumOfSquares { gradients, on_host: 0.0, elsewhere: None };
    module.visit(&mut visitor);
    let elsewhere = visitor.elsewhere.map_or(0.0, Tensor::into_scalar::<f64>);
    (visitor.on_host + elsewhere).sqrt()
}

/// [`norm`] in double precision, where the sum of squares overflows a single.
pub(crate) fn norm_on_host<M: Module>(module: &M, gradients: &GradientsParams) -> f64 {
    struct SumOfSquares<'a>(&'a GradientsParams, f64);
    impl ModuleVisitor for SumOfSquares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(param.id) {
                self.1 += Value::new(gradient).to_vec().iter().map(|x| x * x).sum::<f64>();
            }
        }
    }
    let mut visitor = SumOfSquares(gradients, 0.0);
    module.visit(&mut visitor);
    visitor.1.sqrt()
}

/// Multiplies all gradients by `factor`.
pub(crate) fn scale<M: Module>(module: &M, gradients: &mut GradientsParams, factor: f64) {
    struct Scale<'a> {
        gradients: &'a mut GradientsParams,
        factor: f64,
    }
    impl ModuleVisitor for Scale<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.remove::<D>(param.id) {
                self.gradients.register(param.id, gradient * self.factor);
            }
        }
    }
    module.visit(&mut Scale { gradients, factor });
}

/// Something to look for among the parameters.
trait Search {
    /// Looks at the parameter whose modules' names are `path`.
    fn look<const D: usize>(&mut self, path: &[String], param: &Param<Tensor<D>>);
}

/// A walk over all parameters, which knows where it is.
struct Walk<S> {
    path: Vec<String>,
    search: S,
}

impl<S: Search> ModuleVisitor for Walk<S> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // What is saved with a module and not trained is no parameter.
        if param.val().is_require_grad() {
            self.search.look(&self.path, param);
        }
    }
}

/// Whether the module has a parameter that is trained.
pub(crate) fn has_trained<M: Module>(module: &M) -> bool {
    struct Any(bool);
    impl Search for Any {
        fn look<const D: usize>(&mut self, _: &[String], _: &Param<Tensor<D>>) {
            self.0 = true;
        }
    }
    searched(module, Any(false)).0
}

/// What `search` has become after all parameters of `module`.
fn searched<M: Module, S: Search>(module: &M, search: S) -> S {
    let mut walk = Walk { path: Vec::new(), search };
    module.visit(&mut walk);
    walk.search
}

/// The path of the first parameter that is not finite.
pub(crate) fn parameter_fault<M: Module>(module: &M) -> Option<String> {
    #[derive(Default)]
    struct NonFinite(Option<String>);
    impl Search for NonFinite {
        fn look<const D: usize>(&mut self, path: &[String], param: &Param<Tensor<D>>) {
            let value = param.val().inner();
            // A sum that is not finite is cheap to find, and may also be mere overflow.
            let suspicious = !value.clone().sum().into_scalar::<f64>().is_finite();
            if suspicious && Value::new(value).find(|x| !x.is_finite()).is_some() {
                self.0.get_or_insert(path.join("."));
            }
        }
    }
    searched(module, NonFinite::default()).0
}

/// The paths of two parameters with one identity, which would share gradients and optimizer state.
pub(crate) fn twins<M: Module>(module: &M) -> Option<[String; 2]> {
    #[derive(Default)]
    struct Twins {
        known: Vec<(ParamId, String)>,
        found: Option<[String; 2]>,
    }
    impl Search for Twins {
        fn look<const D: usize>(&mut self, path: &[String], param: &Param<Tensor<D>>) {
            let path = path.join(".");
            match self.known.iter().find(|(id, _)| *id == param.id) {
                Some((_, first)) => self.found = Some([first.clone(), path]),
                None => self.known.push((param.id, path)),
            }
        }
    }
    searched(module, Twins::default()).found
}

/// The first parameter of single or double precision that lies at another place, and that place.
pub(crate) fn astray<M: Module>(module: &M, place: &Place) -> Option<(String, Place)> {
    struct Astray<'a> {
        place: &'a Place,
        found: Option<(String, Place)>,
    }
    impl Search for Astray<'_> {
        fn look<const D: usize>(&mut self, path: &[String], param: &Param<Tensor<D>>) {
            if let Ok(place) = Place::of(&param.val().inner())
                && self.found.is_none()
                && place != *self.place
            {
                self.found = Some((path.join("."), place));
            }
        }
    }
    searched(module, Astray { place, found: None }).found
}

/// A gradient element that is not finite.
pub(crate) struct Fault {
    pub parameter: String,
    pub index: Vec<usize>,
    pub value: f64,
}

/// The first gradient element that is not finite.
pub(crate) fn fault<M: Module>(module: &M, gradients: &GradientsParams) -> Option<Fault> {
    struct NonFinite<'a> {
        gradients: &'a GradientsParams,
        found: Option<Fault>,
    }
    impl Search for NonFinite<'_> {
        fn look<const D: usize>(&mut self, path: &[String], param: &Param<Tensor<D>>) {
            if self.found.is_some() {
                return;
            }
            if let Some(gradient) = self.gradients.get::<D>(param.id)
                && let Some((index, value)) = Value::new(gradient).find(|x| !x.is_finite())
            {
                self.found = Some(Fault { parameter: path.join("."), index, value });
            }
        }
    }
    searched(module, NonFinite { gradients, found: None }).found
}

/// The gradient of each parameter with its path, on the host; zeros where there is none.
pub(crate) fn by_parameter<M: Module>(
    module: &M,
    gradients: &GradientsParams,
) -> Vec<(String, Vec<f64>)> {
    struct All<'a> {
        gradients: &'a GradientsParams,
        found: Vec<(String, Vec<f64>)>,
    }
    impl Search for All<'_> {
        fn look<const D: usize>(&mut self, path: &[String], param: &Param<Tensor<D>>) {
            let gradient = match self.gradients.get::<D>(param.id) {
                Some(gradient) => Value::new(gradient).to_vec(),
                None => vec![0.0; param.val().shape().num_elements()],
            };
            self.found.push((path.join("."), gradient));
        }
    }
    searched(module, All { gradients, found: Vec::new() }).found
}

/// All parameters, one after the other, on the host.
pub(crate) fn values<M: Module>(module: &M) -> Vec<f64> {
    #[derive(Default)]
    struct All(Vec<f64>);
    impl Search for All {
        fn look<const D: usize>(&mut self, _: &[String], param: &Param<Tensor<D>>) {
            self.0.extend(Value::new(param.val()).to_vec());
        }
    }
    searched(module, All::default()).0
}

/// The module with another number in one place of [`values`].
pub(crate) fn with_value<M: Module>(module: M, position: usize, value: f64) -> M {
    struct Set {
        left: Option<usize>,
        value: f64,
    }
    impl ModuleMapper for Set {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let size = param.val().shape().num_elements();
            if !param.val().is_require_grad() {
                return param;
            }
            match self.left {
                Some(position) if position < size => {
                    self.left = None;
                    let value = self.value;
                    let (id, tensor, mapper) = param.consume();
                    let tensor = tensor.inner();
                    let (shape, dtype) = (tensor.dims(), tensor.dtype());
                    let device = tensor.device();
                    let mut numbers = Value::new(tensor).to_vec();
                    numbers[position] = value;
                    let data = TensorData::new(numbers, shape).convert_dtype(dtype);
                    let moved = Tensor::from_data(data, (&device, dtype));
                    let moved = Tensor::from_inner(moved).require_grad();
                    Param::from_mapped_value(id, moved, mapper)
                }
                left => {
                    self.left = left.map(|left| left - size);
                    param
                }
            }
        }
    }
    module.map(&mut Set { left: Some(position), value })
}

/// A gradient of zeros.
pub(crate) fn zeros<M: Module>(module: &M) -> GradientsParams {
    with_zeros(module, GradientsParams::new())
}

/// The gradient with zeros for parameters that have none.
pub(crate) fn with_zeros<M: Module>(module: &M, gradients: GradientsParams) -> GradientsParams {
    struct Fill(GradientsParams);
    impl ModuleVisitor for Fill {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.0.get::<D>(param.id).is_none() {
                self.0.register(param.id, param.val().inner().zeros_like());
            }
        }
    }
    let mut fill = Fill(gradients);
    module.visit(&mut fill);
    fill.0
}
