//! The gradients of all parameters together.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use elbo_model::Value;

/// The Euclidean norm of all gradients; 0 if there is none.
pub(crate) fn norm<M: Module>(module: &M, gradients: &GradientsParams) -> f64 {
    struct SumOfSquares<'a> {
        gradients: &'a GradientsParams,
        sum: Option<Tensor<1>>,
    }
    impl ModuleVisitor for SumOfSquares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.get::<D>(param.id) {
                let squares = gradient.square().sum();
                self.sum = Some(match self.sum.take() {
                    Some(sum) => sum + squares,
                    None => squares,
                });
            }
        }
    }
    let mut visitor = SumOfSquares { gradients, sum: None };
    module.visit(&mut visitor);
    visitor.sum.map_or(0.0, |sum| sum.into_scalar::<f64>().sqrt())
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

/// The path of the first parameter that is not finite.
pub(crate) fn parameter_fault<M: Module>(module: &M) -> Option<String> {
    #[derive(Default)]
    struct Search {
        path: Vec<String>,
        found: Option<String>,
    }
    impl ModuleVisitor for Search {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_string());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let value = param.val().inner();
            // A sum that is not finite is cheap to find, and may also be mere overflow.
            let suspicious = !value.clone().sum().into_scalar::<f64>().is_finite();
            if suspicious && Value::new(value).find(|x| !x.is_finite()).is_some() {
                self.found.get_or_insert(self.path.join("."));
            }
        }
    }
    let mut search = Search::default();
    module.visit(&mut search);
    search.found
}

/// The paths of two parameters with one identity, which would share gradients and optimizer state.
pub(crate) fn twins<M: Module>(module: &M) -> Option<[String; 2]> {
    #[derive(Default)]
    struct Search {
        path: Vec<String>,
        known: Vec<(ParamId, String)>,
        found: Option<[String; 2]>,
    }
    impl ModuleVisitor for Search {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_string());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let path = self.path.join(".");
            match self.known.iter().find(|(id, _)| *id == param.id) {
                Some((_, first)) => self.found = Some([first.clone(), path]),
                None => self.known.push((param.id, path)),
            }
        }
    }
    let mut search = Search::default();
    module.visit(&mut search);
    search.found
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

/// A gradient element that is not finite.
pub(crate) struct Fault {
    pub parameter: String,
    pub index: Vec<usize>,
    pub value: f64,
}

/// The first gradient element that is not finite.
pub(crate) fn fault<M: Module>(module: &M, gradients: &GradientsParams) -> Option<Fault> {
    struct Search<'a> {
        gradients: &'a GradientsParams,
        path: Vec<String>,
        found: Option<Fault>,
    }
    impl ModuleVisitor for Search<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_string());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.found.is_some() {
                return;
            }
            if let Some(gradient) = self.gradients.get::<D>(param.id)
                && let Some((index, value)) = Value::new(gradient).find(|x| !x.is_finite())
            {
                self.found = Some(Fault { parameter: self.path.join("."), index, value });
            }
        }
    }
    let mut search = Search { gradients, path: Vec::new(), found: None };
    module.visit(&mut search);
    search.found
}
