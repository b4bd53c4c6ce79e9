//! The two ways of a gradient.

/// Which way gradients of `log q` take to the parameters of a guide.
///
/// # References
/// Roeder, Wu & Duvenaud (2017), *Sticking the landing*: the total derivative of `log q` is the sum
/// of the path derivative and the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Through the draws and through the density's own parameters.
    Full,
    /// Through the draws alone: `log q` is evaluated at constant parameters.
    DrawsOnly,
}
