//! Posteriors in factors.

/// An approximate posterior `q(z) = Π_j q_j(z_j)` each of whose factors has its optimum given the others in closed form:
///
/// `log q_j(z_j) = E_{q_-j}[log p(x, z)] + constant`
///
/// A factor may be a point, as the parameters are in expectation-maximization: its optimum is then where that expectation is largest.
///
/// See [`CoordinateAscent`](crate::CoordinateAscent) for an example.
pub trait Coordinates<B> {
    /// Why an update or a bound cannot be had.
    type Error: std::error::Error + 'static;

    /// The number of factors.
    fn factors(&self) -> usize;

    /// Sets one factor to its optimum given the others.
    ///
    /// # Errors
    /// If it has none.
    fn update(&mut self, factor: usize, data: &B) -> Result<(), Self::Error>;

    /// The evidence lower bound, `E_q[log p(x, z) - log q(z)]`, without terms of factors that are points.
    ///
    /// # Errors
    /// If it cannot be had.
    fn bound(&self, data: &B) -> Result<f64, Self::Error>;
}
