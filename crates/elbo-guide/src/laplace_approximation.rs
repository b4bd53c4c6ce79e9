//! The normal at the mode.

use burn::tensor::DType;
use elbo_dist::{Noise, Place};
use elbo_model::{Layout, LogJoint};
use nalgebra::{DMatrix, DVector};

use crate::density::{FlatDensity, difference_step};
use crate::frame::Approximation;
use crate::init::{Scene, Starting};
use crate::lbfgs::{Ascent, ascend};
use crate::standard::Standard;
use crate::{Automatic, FlatLatents, FrameKind, GuideError, Init};

/// Laplace's approximation: the normal at the mode on the real line, whose covariance is the inverse Hessian of
/// `-log p` there.
///
/// `q(z) = N(ẑ, H⁻¹)`, `ẑ = argmax log p(x, z)`, `H = -∇² log p(x, ẑ)`, with `p` as the density on the real line
///
/// It has no parameters to train: it is found, and then drawn from. The Hessian is taken by central differences of
/// gradients, `2 d` of them in few runs of the model. Give it a place of double precision.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Guide, LaplaceApproximation};
/// use elbo_model::{Layout, LogJoint, Plan, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let z1 = t.sample("z1", Normal::new(0.0, 1.0));
///     let z2 = t.sample("z2", Normal::new(z1, 1.0));
///     t.observe("x", Normal::new(z2, 1.0), x.clone());
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let x = place.tensor(vec![1.0], [1, 1]);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let guide = LaplaceApproximation::new(&layout, &chain, &x, &mut noise).unwrap();
/// let draw = guide.draw(&x, 1, &Plan::default(), &mut noise).unwrap();
/// let log_p: f64 = chain.log_joint(&draw.latents, &x).unwrap().total().into_scalar();
/// let log_q: f64 = draw.log_q.total().into_scalar();
/// assert!((log_p - log_q + 1.634_911).abs() < 1e-6); // a normal posterior: the evidence at any draw
/// ```
///
/// # References
/// MacKay (2003), *Information Theory, Inference, and Learning Algorithms*, chapter 27.
pub type LaplaceApproximation = Automatic<Standard>;

impl LaplaceApproximation {
    /// The approximation for the latents of `layout`, from a start of [`Init::Median`].
    ///
    /// # Errors
    /// [`GuideError::NotAMode`] where the density has no top with curvature in all directions, and those of
    /// [`AutomaticConfig::init`](crate::AutomaticConfig::init).
    pub fn new<B>(
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError> {
        let flat = FlatLatents::new(layout)?;
        let scene = Scene { flat: &flat, layout, model, batch };
        let starting = Starting { init: Init::Laplace, ..Starting::default() };
        let (frame, start) = starting.placed(&scene, FrameKind::Dense, 1, noise)?;
        Ok(Automatic::of(Standard::new(start.loc()), frame, flat))
    }
}

/// The steps of Newton's method after the quasi-Newton path.
const NEWTON_STEPS: usize = 20;

/// The nats that a Newton step may promise at a mode, relative to the density's logarithm.
fn most_gain(place: &Place) -> f64 {
    match place.dtype() {
        DType::F64 => 1e-9,
        _ => 1e-5,
    }
}

/// The curvature along a direction, relative to that along its coordinate, below which it may be that of a flat direction: a
/// difference of gradients has no more digits.
fn least_curvature(place: &Place) -> f64 {
    match place.dtype() {
        DType::F64 => 1e-10,
        _ => 1e-5,
    }
}

/// The normal at the mode uphill of `start`.
pub(crate) fn at_mode<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    start: Vec<f64>,
) -> Result<Approximation, GuideError> {
    let paths = ascend(vec![start], &Ascent::default(), |points| density.slopes(points))?;
    let top = paths.into_iter().next().and_then(|mut path| path.pop()).expect("one path");
    let (mut z, mut log_prob) = (top.z, top.log_prob);
    for _ in 0..NEWTON_STEPS {
        let (root, step, gain) = newton(density, &z)?;
        if gain < most_gain(density.flat.place()) * log_prob.abs().max(1.0) {
            check_sides(density, &z, &root, log_prob)?;
            let log_det = root.diagonal().iter().map(|x| x.ln()).sum();
            return Ok(Approximation { loc: z, root, log_det });
        }
        let next: Vec<f64> = z.iter().zip(step.iter()).map(|(z, step)| z + step).collect();
        let found = density.log_prob(std::slice::from_ref(&next))?[0];
        if found.is_nan() || found <= log_prob {
            break;
        }
        (z, log_prob) = (next, found);
    }
    Err(GuideError::NotAMode)
}

/// Refuses a point that the density does not fall from, a deviation along each column of the root: a slope that grows ever flatter
/// looks like a mode from nearby.
fn check_sides<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    z: &[f64],
    root: &DMatrix<f64>,
    log_prob: f64,
) -> Result<(), GuideError> {
    let mut points = Vec::new();
    for column in root.column_iter() {
        let side =
            |sign: f64| z.iter().zip(column.iter()).map(|(z, step)| z + sign * step).collect();
        points.extend([side(1.0), side(-1.0)]);
    }
    match density.log_prob(&points)?.iter().any(|at_side| *at_side >= log_prob) {
        true => Err(GuideError::NotAMode),
        false => Ok(()),
    }
}

/// A root of the inverse Hessian of `-log p`, Newton's step and the nats that it promises.
fn newton<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    z: &[f64],
) -> Result<(DMatrix<f64>, DVector<f64>, f64), GuideError> {
    let d = z.len();
    let step = difference_step(density.flat.place());
    let steps: Vec<f64> = z.iter().map(|z| step * z.abs().max(1.0)).collect();
    let moved = |i: usize, by: f64| {
        let mut point = z.to_vec();
        point[i] += by;
        point
    };
    let mut points = vec![z.to_vec()];
    (0..d).for_each(|i| points.extend([moved(i, steps[i]), moved(i, -steps[i])]));
    let slopes = density.slopes(&points)?;
    let hessian = DMatrix::from_fn(d, d, |i, j| {
        let column = |i: usize, j: usize| {
            let [up, down] = [&slopes[1 + 2 * i], &slopes[2 + 2 * i]];
            (down.gradient[j] - up.gradient[j]) / (2.0 * steps[i])
        };
        0.5 * (column(i, j) + column(j, i))
    });
    let factor = hessian.clone().cholesky().ok_or(GuideError::NotAMode)?;
    let is_rounding = |i: usize| {
        let pivot = factor.l_dirty()[(i, i)].powi(2);
        pivot < least_curvature(density.flat.place()) * hessian[(i, i)]
    };
    if (0..d).any(is_rounding) {
        return Err(GuideError::NotAMode);
    }
    let gradient = DVector::from_column_slice(&slopes[0].gradient);
    let step = factor.solve(&gradient);
    let gain = 0.5 * step.dot(&gradient);
    let lower = factor.l();
    let root = lower.transpose().solve_upper_triangular(&DMatrix::identity(d, d));
    Ok((root.ok_or(GuideError::NotAMode)?, step, gain))
}
