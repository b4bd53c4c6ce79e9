//! Guides.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod amortized;
mod conditionals;
mod families;
mod guides;
mod init;
mod mean_field;
mod naturals;
mod records;
mod refusals;
mod scores;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use elbo_dist::{Noise, Place};
use elbo_guide::{Rows, Score};
use elbo_model::{Layout, Path, Plan, Program};

pub fn f64_on_flex() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

pub fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// What a program's sites are, and the noise to go on with.
pub fn discover<P: Program>(program: &P, place: &Place) -> (Layout, Noise) {
    let noise = Noise::new(0, place);
    (Layout::discover(program, &(), &noise).unwrap(), noise)
}

/// A batch that is its row numbers.
pub struct Batch(pub Vec<i64>);

impl Rows for Batch {
    fn rows(&self) -> Tensor<1, Int> {
        let data = burn::tensor::TensorData::new(self.0.clone(), [self.0.len()]); // which may be empty
        Tensor::from_data(data, f64_on_flex().device())
    }
}

/// `log q` of draws is what [`Score`] says of them, by both paths.
pub fn agrees<B, G: Score<B>>(guide: &G, batch: &B) {
    for path in [Path::Full, Path::DrawsOnly] {
        let noise = &mut Noise::new(1, f64_on_flex());
        let draw = guide.draw(batch, 50, &Plan::new(path), noise).unwrap();
        let scored = guide.log_q(batch, &draw.latents).unwrap();
        for (drawn, scored) in numbers(draw.log_q.total()).iter().zip(numbers(scored.total())) {
            assert!((drawn - scored).abs() < 1e-9, "{path:?}: {drawn} {scored}");
        }
    }
}

/// The guide with its parameters moved, each by its own amount within 0.3.
pub fn shaken<M: Module>(guide: M) -> M {
    struct Shake(f64);
    impl burn::module::ModuleMapper for Shake {
        fn map_float<const D: usize>(
            &mut self,
            param: burn::module::Param<Tensor<D>>,
        ) -> burn::module::Param<Tensor<D>> {
            if !param.is_require_grad() {
                return param;
            }
            let (id, value) = (param.id, param.val().inner());
            let place = Place::of(&value).unwrap();
            let shape = value.dims();
            let count = shape.iter().product();
            let moves = (0..count).map(|_| {
                self.0 += 1.0;
                0.3 * (12.9898 * self.0).sin()
            });
            let moved = value + place.tensor(moves.collect(), shape);
            burn::module::Param::initialized(id, moved).set_require_grad(true)
        }
    }
    // Only on an autodiff device can it be seen what is trained.
    guide.train().map(&mut Shake(0.0)).valid()
}
