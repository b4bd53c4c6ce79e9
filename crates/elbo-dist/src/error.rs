//! What can be wrong with a distribution or a place.

use burn::tensor::{DType, Device};

use crate::{Domain, Support};

/// An error of this crate: what was expected, what came and what to do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DistError {
    /// The parameters of a distribution do not broadcast with each other.
    #[error(
        "{distribution}: the shapes {shapes} do not broadcast; every axis must have one size or 1 \
         (unsqueeze the smaller one so that axis 0 stays the particle axis)"
    )]
    Broadcast {
        /// The distribution's name.
        distribution: &'static str,
        /// `loc [1, 8], scale [1, 7]`.
        shapes: String,
    },
    /// A number of particles was asked for that the parameters contradict.
    #[error(
        "{distribution}: {asked} particles were asked for, but axis 0 of its parameters has size \
         {found}; it must be 1 or {asked}"
    )]
    Particles {
        /// The distribution's name.
        distribution: &'static str,
        /// The particles asked for.
        asked: usize,
        /// The size of axis 0.
        found: usize,
    },
    /// A parameter lies outside its domain.
    #[error(
        "{distribution}: {parameter} is {value}{index}, but must be {domain}; correct it, or map it there"
    )]
    Parameter {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The value.
        value: f64,
        /// ` at [0, 3]`, or nothing for a number.
        index: String,
        /// Where the parameter must lie.
        domain: Domain,
    },
    /// A number that single precision cannot hold.
    #[error(
        "{distribution}: {parameter} is {value}, which single precision cannot hold; rescale, or compute in \
         f64 (Place::f64)"
    )]
    Precision {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The value.
        value: f64,
    },
    /// An interval without inner points.
    #[error(
        "{distribution}: there is no interval from {low} to {high}; give low < high (finite, but where an open end is meant)"
    )]
    Interval {
        /// The distribution's name.
        distribution: &'static str,
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// A distribution over no category.
    #[error(
        "{distribution}: the last axis of the parameters, {shape}, holds no category; give 1 or more"
    )]
    NoCategories {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameters' shape.
        shape: String,
    },
    /// A distribution whose categories all have probability 0.
    #[error(
        "{distribution}: event {event} (in row-major order) gives every category probability 0; give \
         at least one a positive one"
    )]
    NoWeight {
        /// The distribution's name.
        distribution: &'static str,
        /// The position of the event, in row-major order.
        event: usize,
    },
    /// A matrix that has no Cholesky factor.
    #[error(
        "the {size} by {size} matrix at {index:?} of the batch is not positive definite; check that it is \
         symmetric and that its numbers are finite, or add a small multiple of the identity"
    )]
    NotPositiveDefinite {
        /// The index of the matrix among the leading axes.
        index: Vec<usize>,
        /// Its rows.
        size: usize,
    },
    /// A rank that has no room for an event beside the particles.
    #[error(
        "{distribution}: an event has {event_rank} axes beside axis 0, that of the particles; give tensors of rank {} or \
         more, not {rank}",
        event_rank + 1
    )]
    Rank {
        /// The distribution's name.
        distribution: &'static str,
        /// The axes of an event.
        event_rank: usize,
        /// The rank.
        rank: usize,
    },
    /// Parameters of events whose sizes do not go together.
    #[error(
        "{distribution}: the sizes of {shapes} do not go together; vectors, their matrices and states have one size \
         each, of 1 or more"
    )]
    Sizes {
        /// The distribution's name.
        distribution: &'static str,
        /// `loc [1, 3], scale_tril [1, 2, 2]`.
        shapes: String,
    },
    /// A transform whose numbers make it no bijection.
    #[error(
        "{distribution}: the transform is no bijection; its numbers have to be finite, and its scale not 0"
    )]
    NoBijection {
        /// The distribution's name.
        distribution: &'static str,
    },
    /// Events of a shape that a transform does not map.
    #[error(
        "{distribution}: the transform does not map events of shape {shape:?}; give it the size that it is made for"
    )]
    EventShape {
        /// The distribution's name.
        distribution: &'static str,
        /// The shape of the base.
        shape: Vec<usize>,
    },
    /// A combinator of distributions of numbers over one of vectors or matrices.
    #[error(
        "{distribution}: it is made of distributions of numbers, but {base} has events of more than one; give one \
         distribution of numbers"
    )]
    NotNumbers {
        /// The distribution's name.
        distribution: &'static str,
        /// The base's name.
        base: &'static str,
    },
    /// A base that is no distribution of counts from 0 on.
    #[error(
        "{distribution}: it is made of counts from 0 on, but {base} has the support {support}; give one of counts"
    )]
    NotCounts {
        /// The distribution's name.
        distribution: &'static str,
        /// The base's name.
        base: &'static str,
        /// The base's support.
        support: Support,
    },
    /// Numbers that must increase, and do not.
    #[error("{distribution}: {parameter} must increase, but {high} comes after {low}; sort them")]
    Order {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The number before.
        low: f64,
        /// The number after it.
        high: f64,
    },
    /// A mask that does not fit its distribution.
    #[error(
        "{distribution}: a mask of shape {mask:?} does not fit values of shape {shape:?}; every axis must have \
         the values' size or 1, and the axes of an event 1"
    )]
    Mask {
        /// The distribution's name.
        distribution: &'static str,
        /// The mask's shape.
        mask: Vec<usize>,
        /// The shape of the values.
        shape: Vec<usize>,
    },
    /// A matrix that must have as many rows as columns.
    #[error(
        "{distribution}: {parameter} has shape {shape:?}, but must have as many rows as columns, one or more \
         (its last two axes)"
    )]
    NotSquare {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A parameter that must have one number an event.
    #[error(
        "{distribution}: {parameter} has shape {shape:?}, but one number holds for a whole event; give it size 1 \
         on the axes of the event"
    )]
    OneAnEvent {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A parameter that is neither one for all steps nor one a step.
    #[error(
        "{distribution}: {shape:?} is to be that of {steps} steps; give at least one step, and parameters for one or \
         for all of them"
    )]
    Steps {
        /// The distribution's name.
        distribution: &'static str,
        /// The number of steps.
        steps: usize,
        /// The shape given.
        shape: Vec<usize>,
    },
    /// Too few degrees of freedom for matrices of a size.
    #[error(
        "{distribution}: {df} degrees of freedom are too few for {size} by {size} matrices; give more than {}",
        size - 1
    )]
    Freedom {
        /// The distribution's name.
        distribution: &'static str,
        /// The degrees of freedom.
        df: f64,
        /// The rows of a matrix.
        size: usize,
    },
    /// A transformed distribution of which it is not known where its values lie.
    #[error(
        "{distribution}: its transform maps {domain}, but the base's values are {found}; say where they are \
         mapped to (Transformed::onto), or transform a base of that support"
    )]
    Domain {
        /// The distribution's name.
        distribution: &'static str,
        /// What the transform maps.
        domain: String,
        /// Where the base has its values.
        found: Support,
    },
    /// A draw of a density that has no integral.
    #[error(
        "{distribution} is not normalized to a probability, so it cannot be drawn from; condition on a value, or \
         give the site a proper prior"
    )]
    Improper {
        /// The distribution's name.
        distribution: &'static str,
    },
    /// An order that misses or repeats an element.
    #[error("{order:?} is no order of the elements 0, 1, .., K - 1; give each of them once")]
    Permutation {
        /// The order given.
        order: Vec<usize>,
    },
    /// A device does not compute in double precision.
    #[error(
        "{device:?} computes wrong values in f64 (exp(0.1) = {exp}); use Place::f32 there, or a CPU \
         device for f64"
    )]
    NoF64 {
        /// The device refused.
        device: Device,
        /// What the device gave for `exp(0.1)`.
        exp: f64,
    },
    /// A floating-point type that elbo does not compute in.
    #[error("elbo computes in F32 or F64, not in {0:?}")]
    UnsupportedDType(DType),
}
