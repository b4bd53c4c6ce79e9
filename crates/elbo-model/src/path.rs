//! How gradients of a guide's log-density reach its parameters.

/// Which way gradients of `log q` take to the parameters of a guide.
///
/// # References
/// Roeder, Wu & Duvenaud (2017), "Sticking the Landing", equation 7: the gradient without the
/// score term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Through the draws and through the density's own parameters.
    Full,
    /// Through the draws alone: `log q` is evaluated at constant parameters.
    DrawsOnly,
}
