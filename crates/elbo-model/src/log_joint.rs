//! Log-joint densities.

use crate::{Latents, LogTerms, ModelError, Program, enumeration};

/// A log-joint density `log p(x, z)` of data `x` and latents `z`.
///
/// Every [`Program`] is one. A density written by hand implements the trait itself:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Place, Support};
/// use elbo_model::{Latents, Layout, LogJoint, LogTerms, ModelError, Role, Site, Term};
///
/// struct Bowl;
///
/// impl LogJoint for Bowl {
///     fn log_joint(&self, latents: &Latents, _: &()) -> Result<LogTerms, ModelError> {
///         let x = latents.get::<2>("x")?; // [S, 2]
///         let mut terms = LogTerms::default();
///         terms.push(Term::new("bowl", Role::Factor, vec![], x.square() * -0.5));
///         Ok(terms)
///     }
/// }
///
/// let device = Device::flex();
/// let layout = Layout::by_hand(&device, [Site::latent("x", [1, 2], Support::Real)]);
/// let at = layout.at([("x", Tensor::<2>::from_floats([[3.0, 4.0]], &device))]);
/// assert_eq!(Bowl.log_joint(&at, &()).unwrap().total().into_scalar::<f32>(), -12.5);
/// ```
pub trait LogJoint<B = ()> {
    /// The terms of `log p(x, z)` for every particle of `latents`.
    ///
    /// # Errors
    /// A [`ModelError`] that names the site at fault.
    fn log_joint(&self, latents: &Latents, batch: &B) -> Result<LogTerms, ModelError>;

    /// The terms, if they are well-formed and finite, and what they are made of lies where it must; reads
    /// all of that to the host.
    ///
    /// # Errors
    /// [`ModelError::NonFinite`], those of [`LogTerms::check_form`] and, for programs,
    /// [`ModelError::OutsideSupport`] and [`ModelError::Distribution`], beside those of
    /// [`LogJoint::log_joint`].
    fn check(&self, latents: &Latents, batch: &B) -> Result<LogTerms, ModelError> {
        self.log_joint(latents, batch)?.checked(latents)
    }
}

impl<B, P: Program<B>> LogJoint<B> for P {
    fn log_joint(&self, latents: &Latents, batch: &B) -> Result<LogTerms, ModelError> {
        enumeration::score(self, latents, batch, false)
    }

    fn check(&self, latents: &Latents, batch: &B) -> Result<LogTerms, ModelError> {
        enumeration::score(self, latents, batch, true)?.checked(latents)
    }
}
