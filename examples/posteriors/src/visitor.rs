//! Things to do with every posterior.

use elbo::Trace;

use crate::Reference;

/// What is to be done with a posterior, whatever the type of its data.
///
/// ```no_run
/// use elbo::{Place, Trace};
/// use posteriors::{Reference, Visitor, names, visit};
///
/// /// How many numbers a posterior has.
/// struct Count;
///
/// impl Visitor for Count {
///     type Out = usize;
///
///     fn visit<D: Sync + 'static>(
///         &mut self,
///         _: &str,
///         _: fn(&mut Trace, &D),
///         _: &D,
///         references: &[Reference],
///     ) -> usize {
///         references.len()
///     }
/// }
///
/// let place = Place::f64(&elbo::device("flex")?)?;
/// for name in names() {
///     println!("{name}: {}", visit(name, "data".as_ref(), &place, &mut Count)?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Visitor {
    /// What comes of it.
    type Out;

    /// Does it with the posterior `name`: a program, its data and the moments that are published.
    fn visit<D: Sync + 'static>(
        &mut self,
        name: &str,
        model: fn(&mut Trace, &D),
        data: &D,
        references: &[Reference],
    ) -> Self::Out;
}
