//! What is run in which order, and where its numbers lie: decided once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::fuse::{Fused, fuse};
use crate::graph::{Graph, NodeId, Op};
use crate::kernel::Kernel;
use crate::product::Product;
use crate::reduce::{Pad, Sum};
use crate::view::View;

/// A program of the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// What depends on no input, and is run once.
    pub once: Vec<Step>,
    pub steps: Vec<Step>,
    /// The lengths of the slots.
    pub slots: Vec<usize>,
    /// The slots that are filled before anything is run.
    pub constants: Vec<(usize, Arc<[f32]>)>,
    pub registers: usize,
    pub input: usize,
    /// The slots of the outputs with their lengths.
    pub outputs: Vec<(usize, usize)>,
}

/// What is run at once.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Kernel(Kernel),
    Sum(Sum),
    Product(Product),
    Pad(Pad),
}

/// The plan for these nodes of a graph, whose numbers lie one after the other; what they do not need is left out.
pub(crate) fn plan(graph: &Graph, input: NodeId, outputs: &[NodeId]) -> Plan {
    let mut planner = Planner::new(graph, input, outputs);
    let groups = planner.groups();
    planner.find_last_uses(&groups);
    let mut plan = Plan { input: planner.keep(input), ..Plan::default() };
    for (position, nodes) in groups.iter().enumerate() {
        match &graph.nodes()[nodes[0]].op {
            Op::Input => {}
            Op::Constant(numbers) => plan.constants.push((planner.keep(nodes[0]), numbers.clone())),
            _ => {
                let step = planner.step(nodes, &mut plan.registers);
                let once = planner.is_constant[nodes[0]];
                if once { &mut plan.once } else { &mut plan.steps }.push(step);
                planner.release(position);
            }
        }
    }
    plan.outputs =
        outputs.iter().map(|id| (planner.view(*id).slot, graph.nodes()[*id].len())).collect();
    plan.slots = planner.slots;
    plan
}

struct Planner<'a> {
    graph: &'a Graph,
    outputs: &'a [NodeId],
    is_live: Vec<bool>,
    is_constant: Vec<bool>,
    level: Vec<usize>,
    /// The group after which a node's numbers are wanted no more; none for those that stay.
    last_use: Vec<Option<usize>>,
    /// The group of each node.
    group: Vec<usize>,
    slot: Vec<Option<usize>>,
    slots: Vec<usize>,
    free: Vec<usize>,
}

impl<'a> Planner<'a> {
    fn new(graph: &'a Graph, input: NodeId, outputs: &'a [NodeId]) -> Self {
        let nodes = graph.nodes();
        let mut is_live = vec![false; nodes.len()];
        outputs.iter().for_each(|id| is_live[*id] = true);
        for id in (0..nodes.len()).rev() {
            if is_live[id] {
                nodes[id].op.operands().into_iter().for_each(|operand| is_live[operand] = true);
            }
        }
        let mut planner = Self {
            graph,
            outputs,
            is_live,
            is_constant: Vec::new(),
            level: Vec::new(),
            last_use: vec![None; nodes.len()],
            group: vec![0; nodes.len()],
            slot: vec![None; nodes.len()],
            slots: Vec::new(),
            free: Vec::new(),
        };
        for (id, node) in nodes.iter().enumerate() {
            let operands = node.op.operands();
            let constant = id != input && operands.iter().all(|id| planner.is_constant[*id]);
            planner.is_constant.push(constant);
            let level = planner.level(id);
            planner.level.push(level);
        }
        planner
    }

    /// How many groups a node has to wait for: elementwise nodes of one shape and one level are one group.
    fn level(&self, id: NodeId) -> usize {
        let node = &self.graph.nodes()[id];
        let wait = |operand: &NodeId| {
            let operand = *operand;
            let other = &self.graph.nodes()[operand];
            let elementwise = node.op.is_elementwise() && other.op.is_elementwise();
            let before = match self.is_constant[operand] == self.is_constant[id] {
                true => self.level[operand],
                false => return 0,
            };
            let joined = node.op.is_view() || elementwise && other.shape == node.shape;
            if joined { before } else { before + 1 }
        };
        node.op.operands().iter().map(wait).max().unwrap_or(0)
    }

    /// The groups in the order in which they run, constants first.
    fn groups(&mut self) -> Vec<Vec<NodeId>> {
        let mut groups: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
        for (id, node) in self.graph.nodes().iter().enumerate() {
            if self.is_live[id] && !node.op.is_view() {
                let (shape, single) = match node.op.is_elementwise() {
                    true => (node.shape.clone(), 0),
                    false => (Vec::new(), id + 1),
                };
                let key = (!self.is_constant[id], self.level[id], shape, single);
                groups.entry(key).or_default().push(id);
            }
        }
        let groups: Vec<_> = groups.into_values().collect();
        for (position, nodes) in groups.iter().enumerate() {
            nodes.iter().for_each(|id| self.group[*id] = position);
        }
        groups
    }

    fn find_last_uses(&mut self, groups: &[Vec<NodeId>]) {
        for (position, nodes) in groups.iter().enumerate() {
            for operand in nodes.iter().flat_map(|id| self.graph.nodes()[*id].op.operands()) {
                let root = self.root(operand);
                if self.group[root] != position {
                    self.last_use[root] = Some(position);
                }
            }
        }
        for id in 0..self.last_use.len() {
            if self.is_constant[id] {
                self.last_use[id] = None;
            }
        }
    }

    /// The node in whose memory a node lies.
    fn root(&self, id: NodeId) -> NodeId {
        let op = &self.graph.nodes()[id].op;
        if op.is_view() { self.root(op.operands()[0]) } else { id }
    }

    fn is_output(&self, id: NodeId) -> bool {
        self.outputs.iter().any(|output| self.root(*output) == id)
    }

    /// Whether a node's numbers are wanted outside its group.
    fn is_wanted(&self, id: NodeId) -> bool {
        let reads = |other: usize| {
            let op = &self.graph.nodes()[other].op;
            let outside = self.group[other] != self.group[id];
            op.operands()
                .iter()
                .any(|operand| self.root(*operand) == id && (outside || *operand != id))
        };
        let readers = (id + 1..self.is_live.len()).filter(|other| self.is_live[*other]);
        self.is_output(id)
            || readers.filter(|other| !self.graph.nodes()[*other].op.is_view()).any(reads)
    }

    /// A slot for a node.
    fn take(&mut self, id: NodeId) -> usize {
        let len = self.graph.nodes()[id].len();
        let fitting = (0..self.free.len()).filter(|at| self.slots[self.free[*at]] >= len);
        let slot = match fitting.min_by_key(|at| self.slots[self.free[*at]]) {
            Some(at) => self.free.swap_remove(at),
            None => {
                self.slots.push(len);
                self.slots.len() - 1
            }
        };
        self.slot[id] = Some(slot);
        slot
    }

    /// A slot of its own, for good.
    fn keep(&mut self, id: NodeId) -> usize {
        self.last_use[id] = None;
        self.slots.push(self.graph.nodes()[id].len());
        self.slot[id] = Some(self.slots.len() - 1);
        self.slots.len() - 1
    }

    /// Frees the slots that no later group reads.
    fn release(&mut self, position: usize) {
        for id in 0..self.last_use.len() {
            if self.last_use[id] == Some(position) && !self.is_output(id) {
                self.free.extend(self.slot[id]);
            }
        }
    }

    /// The step of a group.
    fn step(&mut self, nodes: &[NodeId], registers: &mut usize) -> Step {
        let graph = self.graph;
        let first = nodes[0];
        for id in nodes {
            if !graph.nodes()[*id].op.is_elementwise() || self.is_wanted(*id) {
                match self.is_constant[*id] {
                    true => self.keep(*id),
                    false => self.take(*id),
                };
            }
        }
        let to = self.slot[first].unwrap_or_default();
        match &graph.nodes()[first].op {
            Op::Sum(x, axis) => Step::Sum(Sum::new(&self.view(*x), *axis, to)),
            Op::Matmul(a, b) => Step::Product(Product::new(self.view(*a), self.view(*b), to)),
            Op::Pad(x, starts) => Step::Pad(Pad::new(
                &self.view(*x),
                starts,
                View::whole(to, graph.shape(first).to_vec()),
            )),
            _ => {
                let Fused { kernel, registers: needed } =
                    fuse(graph, nodes, |id| self.view(id), |id| self.slot[id]);
                *registers = needed.max(*registers);
                Step::Kernel(kernel)
            }
        }
    }

    /// Where a node's numbers lie.
    fn view(&self, id: NodeId) -> View {
        let node = &self.graph.nodes()[id];
        match &node.op {
            Op::Reshape(x) => self.view(*x).reshaped(node.shape.clone()),
            Op::Expand(x) => self.view(*x).expanded(&node.shape),
            Op::Transpose(x) => self.view(*x).transposed(),
            Op::Slice(x, starts) => self.view(*x).sliced(starts, &node.shape),
            _ => {
                let slot = self.slot[id].expect("what is read from memory was given a slot before");
                View::whole(slot, node.shape.clone())
            }
        }
    }
}
