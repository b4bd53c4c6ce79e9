//! Averages of parameters.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// `one + weight (other - one)` for each trained parameter; the rest is that of `other`.
fn between<M: Module>(one: &M, other: M, weight: f64) -> M {
    struct Gather(GradientsParams);
    impl ModuleVisitor for Gather {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if param.val().is_require_grad() {
                self.0.register(param.id, param.val().inner());
            }
        }
    }
    struct Move {
        from: GradientsParams,
        weight: f64,
    }
    impl ModuleMapper for Move {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Some(one) = self.from.remove::<D>(param.id) else { return param };
            let (id, other, mapper) = param.consume();
            let mixed = one.clone() + (other.inner() - one) * self.weight;
            let mixed = Tensor::from_inner(mixed).require_grad();
            Param::from_mapped_value(id, mixed, mapper)
        }
    }
    let mut gather = Gather(GradientsParams::new());
    one.visit(&mut gather);
    other.map(&mut Move { from: gather.0, weight })
}

/// The average of parameters over about the later half of a run whose end is not known, in the memory of two: of blocks, each as
/// long as all before it, the last full one and the present one are kept.
#[derive(Clone, Debug)]
pub(crate) struct Tail<M> {
    full: Option<M>,
    present: Option<M>,
    counts: TailCounts,
}

/// The lengths of the blocks of a [`Tail`].
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct TailCounts {
    seen: u64,
    full: u64,
    present: u64,
}

/// The shortest block.
const SHORTEST: u64 = 5;

impl<M> Default for Tail<M> {
    fn default() -> Self {
        Self { full: None, present: None, counts: TailCounts::default() }
    }
}

impl<M: Module> Tail<M> {
    /// The tail of a record, whose modules are there if their counts are not 0.
    pub fn new(full: Option<M>, present: Option<M>, counts: TailCounts) -> Self {
        Self { full, present, counts }
    }

    /// The averages of the last full block and of the present one.
    pub fn blocks(&self) -> [Option<&M>; 2] {
        [self.full.as_ref(), self.present.as_ref()]
    }

    pub fn counts(&self) -> TailCounts {
        self.counts
    }

    pub fn push(&mut self, module: &M) {
        let TailCounts { seen, present, .. } = self.counts;
        if present >= SHORTEST && 2 * present >= seen {
            self.full = self.present.take();
            (self.counts.full, self.counts.present) = (present, 0);
        }
        self.counts.seen += 1;
        self.counts.present += 1;
        let weight = (self.counts.present as f64).recip();
        self.present = Some(match &self.present {
            None => module.clone(),
            Some(average) => between(average, module.clone(), weight),
        });
    }

    /// The average of the last third to two thirds of what was pushed.
    pub fn average(&self) -> Option<M> {
        let TailCounts { full, present, .. } = self.counts;
        match (&self.full, &self.present) {
            (Some(earlier), Some(later)) if present < full => {
                Some(between(earlier, later.clone(), present as f64 / (full + present) as f64))
            }
            (_, present) => present.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Param;
    use burn::tensor::Device;

    use super::*;

    /// Of the numbers 0 to 99 the blocks are 0-4, 5-9, 10-19, 20-39, 40-79 and 80-99; the present one is shorter than the one before it.
    #[test]
    fn a_tail_averages_the_last_two_blocks_and_the_present_one_alone_where_it_is_long() {
        let device = Device::flex().autodiff();
        let id = burn::module::ParamId::new();
        let average = |count: u64| {
            let mut tail = Tail::default();
            for number in 0..count {
                let number = Tensor::<1>::from_floats([number as f32], &device);
                tail.push(&Param::initialized(id, number.require_grad()));
            }
            tail.average().unwrap().val().into_scalar::<f32>()
        };
        assert_eq!(average(1), 0.0);
        assert_eq!(average(100), (40.0 + 99.0) / 2.0);
        assert_eq!(average(130), (80.0 + 129.0) / 2.0);
    }
}
