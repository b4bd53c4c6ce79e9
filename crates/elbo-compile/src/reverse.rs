//! Differentiation in reverse: a graph with more nodes, those of the gradient.

use crate::graph::{Binary, Graph, NodeId, Op, Unary};

/// The gradient of the sum of `output` by `input`, `Σᵢ ∂ outputᵢ / ∂ input`, as a node.
///
/// From the last node to the first, `x̄ += ȳ ∂y/∂x`: every operand takes its part of the adjoint `ȳ` of what was computed from it.
///
/// # References
/// Griewank & Walther (2008), *Evaluating Derivatives*, section 3.2.
pub(crate) fn gradient(graph: &mut Graph, output: NodeId, input: NodeId) -> NodeId {
    let depends = depends(graph, input);
    let mut adjoints = Adjoints { nodes: vec![None; graph.nodes().len()], depends };
    let ones = graph.filled(1.0, graph.shape(output).to_vec());
    adjoints.add(graph, output, ones);
    for id in (0..=output).rev() {
        if let Some(adjoint) = adjoints.nodes[id] {
            adjoints.pass(graph, id, adjoint);
        }
    }
    let zeros = |graph: &mut Graph| graph.filled(0.0, graph.shape(input).to_vec());
    adjoints.nodes[input].unwrap_or_else(|| zeros(graph))
}

/// Whether each node depends on `input`.
fn depends(graph: &Graph, input: NodeId) -> Vec<bool> {
    let mut depends: Vec<bool> = Vec::new();
    for (id, node) in graph.nodes().iter().enumerate() {
        depends.push(id == input || node.op.operands().iter().any(|operand| depends[*operand]));
    }
    depends
}

struct Adjoints {
    nodes: Vec<Option<NodeId>>,
    depends: Vec<bool>,
}

impl Adjoints {
    /// Adds to the adjoint of a node, less the axes along which the node was repeated.
    fn add(&mut self, graph: &mut Graph, to: NodeId, part: NodeId) {
        if self.depends[to] {
            let shape = graph.shape(to).to_vec();
            let part = graph.sum_to(part, &shape);
            self.nodes[to] = Some(match self.nodes[to] {
                Some(sum) => graph.binary(Binary::Add, sum, part),
                None => part,
            });
        }
    }

    /// Passes the adjoint of a node on to its operands.
    fn pass(&mut self, graph: &mut Graph, id: NodeId, adjoint: NodeId) {
        match graph.nodes()[id].op.clone() {
            Op::Input | Op::Constant(_) => {}
            Op::Unary(op, x) => {
                if let Some(part) = unary(graph, op, x, id, adjoint) {
                    self.add(graph, x, part);
                }
            }
            Op::Binary(op, a, b) => self.pass_binary(graph, op, [a, b, id], adjoint),
            Op::Expand(x) => self.add(graph, x, adjoint),
            Op::Sum(x, _) => {
                let part = graph.expand_to(adjoint, x);
                self.add(graph, x, part);
            }
            Op::Matmul(a, b) => self.pass_product(graph, [a, b], adjoint),
            Op::Reshape(x) => {
                let part = graph.reshape(adjoint, graph.shape(x).to_vec());
                self.add(graph, x, part);
            }
            Op::Transpose(x) => {
                let part = graph.transpose(adjoint);
                self.add(graph, x, part);
            }
            Op::Slice(x, starts) => {
                let part = graph.pad(adjoint, starts, graph.shape(x).to_vec());
                self.add(graph, x, part);
            }
            Op::Pad(x, starts) => {
                let part = graph.slice(adjoint, starts, graph.shape(x).to_vec());
                self.add(graph, x, part);
            }
        }
    }

    /// `Ā += C̄ Bᵀ` and `B̄ += Aᵀ C̄` for `C = A B`.
    fn pass_product(&mut self, graph: &mut Graph, [a, b]: [NodeId; 2], adjoint: NodeId) {
        if self.depends[a] {
            let turned = graph.transpose(b);
            let part = graph.matmul(adjoint, turned);
            self.add(graph, a, part);
        }
        if self.depends[b] {
            let turned = graph.transpose(a);
            let part = graph.matmul(turned, adjoint);
            self.add(graph, b, part);
        }
    }

    fn pass_binary(&mut self, graph: &mut Graph, op: Binary, nodes: [NodeId; 3], adjoint: NodeId) {
        let [a, b, y] = nodes;
        if self.depends[a] {
            let part = match op {
                Binary::Add | Binary::Sub => adjoint,
                Binary::Mul => graph.binary(Binary::Mul, adjoint, b),
                Binary::Div => graph.binary(Binary::Div, adjoint, b),
            };
            self.add(graph, a, part);
        }
        if self.depends[b] {
            let part = match op {
                Binary::Add => adjoint,
                Binary::Sub => graph.unary(Unary::Neg, adjoint),
                Binary::Mul => graph.binary(Binary::Mul, adjoint, a),
                Binary::Div => {
                    let over = graph.binary(Binary::Div, y, b);
                    let part = graph.binary(Binary::Mul, adjoint, over);
                    graph.unary(Unary::Neg, part)
                }
            };
            self.add(graph, b, part);
        }
    }
}

/// `ȳ dy/dx` for `y = op(x)`, where that is not 0 everywhere.
fn unary(graph: &mut Graph, op: Unary, x: NodeId, y: NodeId, adjoint: NodeId) -> Option<NodeId> {
    let slope = match op {
        Unary::Copy | Unary::Shift(_) => return Some(adjoint),
        Unary::Neg | Unary::Scale(_) | Unary::Over(_) => return Some(graph.unary(op, adjoint)),
        Unary::Log => return Some(graph.binary(Binary::Div, adjoint, x)),
        Unary::Sqrt => {
            let half = graph.unary(Unary::Scale(0.5), adjoint);
            return Some(graph.binary(Binary::Div, half, y));
        }
        Unary::Sign | Unary::Step => return None,
        Unary::Exp => y,
        Unary::Abs => graph.unary(Unary::Sign, x),
        // Half at 0, as befits `max(x, 0) + log(1 + e^-|x|)`, whose other part has the slope 0 there.
        Unary::Relu => graph.unary(Unary::Step, x),
        Unary::Recip => {
            let square = graph.binary(Binary::Mul, y, y);
            graph.unary(Unary::Neg, square)
        }
        Unary::Tanh => {
            let square = graph.binary(Binary::Mul, y, y);
            let less = graph.unary(Unary::Neg, square);
            graph.unary(Unary::Shift(1.0), less)
        }
    };
    Some(graph.binary(Binary::Mul, adjoint, slope))
}
