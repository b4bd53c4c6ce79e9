//! The solution of the equations of Lotka and Volterra, with its derivatives by the start and the rates.
//!
//! For `x = (log u, log v)` and `F = (log v, log u)` they are `x' = a + b e^F` with `a = (θ₁, -θ₃)` and
//! `b = (-θ₂, θ₄)`. The derivatives `J` of `x` by a parameter follow `J' = ∂a + e^F (∂b + b J_F)`. Both
//! have the form `Y' = A + e^F (B + C Y_F)`, with a column of `Y` for the solution and one for each
//! parameter.
//!
//! Derivatives that are carried along need no graph, and take a seventh of the time of one of all steps.
//! They are those of the discrete solution.

use burn::tensor::Tensor;

/// Steps in a year: at the posterior mean no number is off by more than 8e-6 of itself.
const STEPS: usize = 8;

/// The logarithms of both numbers after each year.
///
/// # Shapes
/// `start`, the logarithms at the start, is `[S, 2]`, `theta` is `[S, 4]`, and the result is `[S, N, 2]`.
pub(super) fn solve(start: Tensor<2>, theta: Tensor<2>, years: usize) -> Tensor<3> {
    let at = Tensor::cat(vec![start, theta], 1); // [S, 6]
    let constant = at.clone().inner();
    let all = Tensor::cat(path(constant.clone(), years), 1); // [S, 2 N, 7]
    let slopes = all.clone().narrow(2, 1, 6);
    let change = (at - constant).unsqueeze_dim::<3>(2); // [S, 6, 1]
    let x = slopes.matmul(change) + all.narrow(2, 0, 1); // [S, 2 N, 1]
    let particles = x.dims()[0];
    x.reshape([particles, years, 2])
}

/// `Y` after each year, `[S, 2, 7]`, by the Runge-Kutta method of order 4.
fn path(at: Tensor<2>, years: usize) -> Vec<Tensor<3>> {
    let slope = Slope::new(at.clone().narrow(1, 2, 4));
    let (mut y, mut all) = (beginning(at), Vec::with_capacity(years));
    for _ in 0..years {
        for _ in 0..STEPS {
            let k1 = slope.at(y.clone());
            let k2 = slope.at(k1.clone() * 0.5 + y.clone());
            let k3 = slope.at(k2.clone() * 0.5 + y.clone());
            let k4 = slope.at(k3.clone() + y.clone());
            y = ((k2 + k3) * 2.0 + k1 + k4) * (1.0 / 6.0) + y;
        }
        all.push(y.clone());
    }
    all
}

/// `Y` at the start, whose derivatives by itself are 1.
fn beginning(at: Tensor<2>) -> Tensor<3> {
    let x = at.narrow(1, 0, 2).unsqueeze_dim::<3>(2); // [S, 2, 1]
    let by_start = constant(&x, [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]]);
    Tensor::cat(vec![x, by_start], 2)
}

/// `Y'`, times the length of a step; `A`, `B` and `C` are `[S, 2, 7]`.
struct Slope {
    a: Tensor<3>,
    b: Tensor<3>,
    c: Tensor<3>,
}

impl Slope {
    fn new(theta: Tensor<2>) -> Self {
        let step = 1.0 / STEPS as f64;
        let theta = theta.unsqueeze_dim::<3>(1) * step; // [S, 1, 4]
        // ∂a and ∂b, by the start and by θ.
        let da =
            constant(&theta, [[0.0, 0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, -1.0, 0.0]]);
        let db =
            constant(&theta, [[0.0, 0.0, 0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]]);
        let of = |d: &Tensor<3>| (d.clone().narrow(2, 2, 4) * theta.clone()).sum_dim(2); // [S, 2, 1]
        let (a, b) = (of(&da), of(&db));
        let none = b.clone().zeros_like();
        let c = Tensor::cat(vec![none, b.clone().repeat_dim(2, 6)], 2); // [S, 2, 7]
        let [a, b] = [(a, da), (b, db)].map(|(x, dx)| Tensor::cat(vec![x, dx * step], 2));
        Self { a, b, c }
    }

    fn at(&self, y: Tensor<3>) -> Tensor<3> {
        let swapped = y.flip([1]);
        let growth = swapped.clone().narrow(2, 0, 1).exp(); // [S, 2, 1]
        (self.c.clone() * swapped + self.b.clone()) * growth + self.a.clone()
    }
}

/// `rows` for each particle of `like`, `[S, 2, 6]`.
fn constant(like: &Tensor<3>, rows: [[f64; 6]; 2]) -> Tensor<3> {
    let data = burn::tensor::TensorData::from([rows]).convert_dtype(like.dtype());
    let one: Tensor<3> = Tensor::from_data(data, (&like.device(), like.dtype()));
    one.repeat_dim(0, like.dims()[0])
}
