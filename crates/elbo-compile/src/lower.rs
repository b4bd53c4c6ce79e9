//! From Burn's graph to ours.

use std::collections::HashMap;

use burn::backend::capture::CapturedGraph;
use burn::tensor::DType;
use burn_ir::{
    ActivationOperationIr, BaseOperationIr, BinaryOpIr, FloatOperationIr, NumericOperationIr,
    OperationIr, ScalarIr, ScalarOpIr, TensorId, TensorIr, UnaryOpIr,
};

use crate::CompileError;
use crate::graph::{Binary, Graph, NodeId, Op, Unary};

/// A graph with its ends.
pub(crate) struct Lowered {
    pub graph: Graph,
    pub input: NodeId,
    pub output: NodeId,
}

/// Our graph of a recorded function of one tensor.
pub(crate) fn lower(captured: &CapturedGraph) -> Result<Lowered, CompileError> {
    let (input, output) = (captured.graph.inputs[0], captured.graph.outputs[0]);
    let mut lowering = Lowering { captured, graph: Graph::default(), known: HashMap::new() };
    let shape = captured.values[&input].shape().to_vec();
    let start = lowering.graph.push(Op::Input, shape);
    lowering.known.insert(input, start);
    for operation in &captured.graph.operations {
        lowering.operation(operation)?;
    }
    let end = match lowering.known.get(&output) {
        Some(node) => *node,
        None => lowering.constant(output)?,
    };
    Ok(Lowered { graph: lowering.graph, input: start, output: end })
}

struct Lowering<'a> {
    captured: &'a CapturedGraph,
    graph: Graph,
    known: HashMap<TensorId, NodeId>,
}

impl Lowering<'_> {
    fn operation(&mut self, operation: &OperationIr) -> Result<(), CompileError> {
        let lowered = match operation {
            OperationIr::Init(_) => return Ok(()),
            OperationIr::NumericFloat(_, numeric) => self.numeric(numeric)?,
            OperationIr::Float(_, float) => self.float(float)?,
            OperationIr::BaseFloat(base) => self.base(base)?,
            OperationIr::Activation(ActivationOperationIr::Relu(ir)) => {
                Some((&ir.out, self.unary(Unary::Relu, ir)?))
            }
            _ => None,
        };
        let uncovered = || CompileError::Operation { operation: name(operation) };
        let (out, node) = lowered.ok_or_else(uncovered)?;
        check(out.dtype)?;
        let node = self.graph.reshape(node, out.shape.to_vec());
        self.known.insert(out.id, node);
        Ok(())
    }

    fn numeric<'a>(&mut self, ir: &'a NumericOperationIr) -> Lowers<'a> {
        use NumericOperationIr as N;
        Ok(Some(match ir {
            N::Add(ir) => (&ir.out, self.binary(Binary::Add, ir)?),
            N::Sub(ir) => (&ir.out, self.binary(Binary::Sub, ir)?),
            N::Mul(ir) => (&ir.out, self.binary(Binary::Mul, ir)?),
            N::Div(ir) => (&ir.out, self.binary(Binary::Div, ir)?),
            N::AddScalar(ir) => (&ir.out, self.scalar(Unary::Shift, ir)?),
            N::SubScalar(ir) => (&ir.out, self.scalar(|number| Unary::Shift(-number), ir)?),
            N::MulScalar(ir) => (&ir.out, self.scalar(Unary::Scale, ir)?),
            N::DivScalar(ir) => (&ir.out, self.scalar(Unary::Over, ir)?),
            N::Abs(ir) => (&ir.out, self.unary(Unary::Abs, ir)?),
            N::Neg(ir) => (&ir.out, self.unary(Unary::Neg, ir)?),
            N::Sign(ir) => (&ir.out, self.unary(Unary::Sign, ir)?),
            N::Full(ir) => (&ir.out, self.graph.filled(number(ir.value), ir.out.shape.to_vec())),
            N::Sum(ir) => (&ir.out, self.sums(&ir.input, 0..ir.input.shape.num_dims())?),
            N::SumDim(ir) => (&ir.out, self.sums(&ir.input, [ir.axis])?),
            N::SumDims(ir) => (&ir.out, self.sums(&ir.input, ir.axes.iter().copied())?),
            N::Mean(ir) => (&ir.out, self.means(&ir.input, 0..ir.input.shape.num_dims())?),
            N::MeanDim(ir) => (&ir.out, self.means(&ir.input, [ir.axis])?),
            _ => return Ok(None),
        }))
    }

    fn float<'a>(&mut self, ir: &'a FloatOperationIr) -> Lowers<'a> {
        use FloatOperationIr as F;
        Ok(Some(match ir {
            F::Exp(ir) => (&ir.out, self.unary(Unary::Exp, ir)?),
            F::Log(ir) => (&ir.out, self.unary(Unary::Log, ir)?),
            F::Recip(ir) => (&ir.out, self.unary(Unary::Recip, ir)?),
            F::Sqrt(ir) => (&ir.out, self.unary(Unary::Sqrt, ir)?),
            F::Tanh(ir) => (&ir.out, self.unary(Unary::Tanh, ir)?),
            F::Matmul(ir) if ir.out.shape.num_dims() == 2 => {
                let (a, b) = (self.node(&ir.lhs)?, self.node(&ir.rhs)?);
                (&ir.out, self.graph.matmul(a, b))
            }
            _ => return Ok(None),
        }))
    }

    fn base<'a>(&mut self, ir: &'a BaseOperationIr) -> Lowers<'a> {
        use BaseOperationIr as B;
        Ok(Some(match ir {
            B::Reshape(ir) => (&ir.out, self.node(&ir.input)?),
            B::Expand(ir) => {
                let x = self.node(&ir.input)?;
                (&ir.out, self.graph.expand(x, ir.out.shape.to_vec()))
            }
            B::SwapDims(ir) if ir.out.shape.num_dims() == 2 && ir.dim1 != ir.dim2 => {
                let x = self.node(&ir.input)?;
                (&ir.out, self.graph.transpose(x))
            }
            B::Slice(ir) if ir.ranges.iter().all(|range| range.start >= 0 && range.step == 1) => {
                let x = self.node(&ir.tensor)?;
                let given = ir.ranges.iter().map(|range| range.start as usize);
                let starts = given.chain(std::iter::repeat(0)).take(ir.out.shape.num_dims());
                (&ir.out, self.graph.slice(x, starts.collect(), ir.out.shape.to_vec()))
            }
            B::Ones(ir) => (&ir.out, self.graph.filled(1.0, ir.out.shape.to_vec())),
            B::Zeros(ir) => (&ir.out, self.graph.filled(0.0, ir.out.shape.to_vec())),
            _ => return Ok(None),
        }))
    }

    fn unary(&mut self, op: Unary, ir: &UnaryOpIr) -> Result<NodeId, CompileError> {
        let x = self.node(&ir.input)?;
        Ok(self.graph.unary(op, x))
    }

    fn scalar(
        &mut self,
        op: impl FnOnce(f32) -> Unary,
        ir: &ScalarOpIr,
    ) -> Result<NodeId, CompileError> {
        let x = self.node(&ir.lhs)?;
        Ok(self.graph.unary(op(number(ir.rhs)), x))
    }

    fn binary(&mut self, op: Binary, ir: &BinaryOpIr) -> Result<NodeId, CompileError> {
        let (a, b) = (self.node(&ir.lhs)?, self.node(&ir.rhs)?);
        Ok(self.graph.binary(op, a, b))
    }

    fn sums(
        &mut self,
        ir: &TensorIr,
        axes: impl IntoIterator<Item = usize>,
    ) -> Result<NodeId, CompileError> {
        let x = self.node(ir)?;
        Ok(axes.into_iter().fold(x, |x, axis| self.graph.sum(x, axis)))
    }

    fn means(
        &mut self,
        ir: &TensorIr,
        axes: impl IntoIterator<Item = usize>,
    ) -> Result<NodeId, CompileError> {
        let sum = self.sums(ir, axes)?;
        let count = ir.shape.num_elements() / self.graph.nodes()[sum].len();
        Ok(self.graph.unary(Unary::Over(count as f32), sum))
    }

    fn node(&mut self, ir: &TensorIr) -> Result<NodeId, CompileError> {
        match self.known.get(&ir.id) {
            Some(node) => Ok(*node),
            None => self.constant(ir.id),
        }
    }

    /// The node of a tensor that was made while the function ran.
    fn constant(&mut self, id: TensorId) -> Result<NodeId, CompileError> {
        let data = &self.captured.values[&id];
        check(data.dtype())?;
        let numbers: Vec<f32> = data.iter::<f32>().collect();
        let node = self.graph.push(Op::Constant(numbers.into()), data.shape().to_vec());
        self.known.insert(id, node);
        Ok(node)
    }
}

/// What comes out of an operation, and its node; `None` if there is no code for it.
type Lowers<'a> = Result<Option<(&'a TensorIr, NodeId)>, CompileError>;

fn check(found: DType) -> Result<(), CompileError> {
    if found == DType::F32 { Ok(()) } else { Err(CompileError::DType { found }) }
}

fn number(scalar: ScalarIr) -> f32 {
    scalar.elem()
}

/// The name of an operation: `Erf` of `Float(F32, Erf(UnaryOpIr { .. }))`.
fn name(operation: &OperationIr) -> String {
    let text = format!("{operation:?}");
    let words = text.split([' ', '{']).take_while(|word| !word.is_empty());
    let words: Vec<_> = words.flat_map(|word| word.split(['(', ','])).collect();
    let known = words.iter().rev().find(|word| !word.is_empty() && !word.ends_with("Ir"));
    known.unwrap_or(&"unknown").to_string()
}
