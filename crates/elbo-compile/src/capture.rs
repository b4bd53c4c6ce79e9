//! A function of tensors, recorded in place of computed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::backend::capture::{CaptureBackend, CapturedGraph};
use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_ir::TensorId;

use crate::CompileError;

/// The graph of `function`, whose input and output are its only ones; what it makes on the device is constant.
pub(crate) fn record(
    shape: [usize; 2],
    function: impl FnOnce(&Device, Tensor<2>) -> Result<Tensor<2>, CompileError>,
) -> Result<CapturedGraph, CompileError> {
    let mut fault = None;
    let recorded = catch_unwind(AssertUnwindSafe(|| {
        let device = Device::capture();
        device.capture_scope(|scope| {
            let zeros = TensorData::zeros::<f32, _>(shape);
            let input = Tensor::<2>::from_data(zeros, (&device, DType::F32));
            let ends = ends(&device, input, function);
            let (input, output) = ends.map_err(|error| fault = Some(error)).ok().unzip();
            scope.complete(input, output)
        })
    }));
    match (fault, recorded) {
        (Some(fault), _) => Err(fault),
        (None, Ok(graph)) => graph.map_err(|error| recording(&error.to_string())),
        (None, Err(panic)) => Err(recording(
            (panic.downcast_ref::<String>().map(String::as_str))
                .or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("it panicked"),
        )),
    }
}

/// The ids of what goes in and what comes out.
fn ends(
    device: &Device,
    input: Tensor<2>,
    function: impl FnOnce(&Device, Tensor<2>) -> Result<Tensor<2>, CompileError>,
) -> Result<(TensorId, TensorId), CompileError> {
    let from = id(&input)?;
    let rows = input.dims()[0];
    let output = function(device, input)?;
    match output.dims() {
        [found, 1] if found == rows || found == 1 => Ok((from, id(&output)?)),
        found => Err(CompileError::Output { expected: vec![rows, 1], found: found.to_vec() }),
    }
}

fn id(tensor: &Tensor<2>) -> Result<TensorId, CompileError> {
    let primitive = tensor.clone().try_into_primitive::<CaptureBackend>();
    primitive.map(|tensor| tensor.id()).map_err(|_| recording("its value lies on another device"))
}

fn recording(reason: &str) -> CompileError {
    CompileError::Recording { reason: reason.to_string() }
}
