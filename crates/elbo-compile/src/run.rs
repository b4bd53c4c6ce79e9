//! The machine that runs plans.

use pulp::{Arch, Simd, WithSimd};

use crate::kernel::{BLOCK, Register};
use crate::plan::{Plan, Step};

/// A plan with its memory.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    plan: Plan,
    slots: Vec<Vec<f32>>,
    registers: Vec<Register>,
    arch: Arch,
}

impl Machine {
    pub fn new(plan: Plan) -> Self {
        let mut slots: Vec<_> = plan.slots.iter().map(|len| vec![0.0; *len]).collect();
        for (slot, numbers) in &plan.constants {
            slots[*slot].copy_from_slice(numbers);
        }
        let registers = vec![[0.0; BLOCK]; plan.registers];
        let mut machine = Self { plan, slots, registers, arch: Arch::new() };
        let once = std::mem::take(&mut machine.plan.once);
        machine.run(&once);
        machine
    }

    /// The input's memory.
    pub fn input(&mut self) -> &mut [f32] {
        &mut self.slots[self.plan.input]
    }

    /// The numbers of an output.
    pub fn output(&self, index: usize) -> &[f32] {
        let (slot, len) = self.plan.outputs[index];
        &self.slots[slot][..len]
    }

    /// Computes the outputs from the input.
    pub fn evaluate(&mut self) {
        let steps = std::mem::take(&mut self.plan.steps);
        self.run(&steps);
        self.plan.steps = steps;
    }

    fn run(&mut self, steps: &[Step]) {
        let Self { slots, registers, arch, .. } = self;
        arch.dispatch(Run { steps, slots, registers });
    }
}

/// A run of steps, compiled for each instruction set that the machine may have.
struct Run<'a> {
    steps: &'a [Step],
    slots: &'a mut [Vec<f32>],
    registers: &'a mut [Register],
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for step in self.steps {
            match step {
                Step::Kernel(kernel) => kernel.run(self.slots, self.registers),
                Step::Sum(sum) => sum.run(self.slots),
                Step::Product(product) => product.run(self.slots),
                Step::Pad(pad) => pad.run(self.slots),
            }
        }
    }
}
