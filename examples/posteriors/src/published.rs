//! A posterior with its data.

use std::fmt;
use std::sync::Arc;

use elbo::{Model, Program, Trace};

use crate::Reference;

/// A posterior: a program that holds its data, and the moments that are published.
///
/// ```no_run
/// use elbo::Place;
/// use posteriors::{names, read};
///
/// let place = Place::f64(&elbo::device("flex")?)?;
/// for name in names() {
///     let published = read(name, "data".as_ref(), &place)?;
///     println!("{name}: {} numbers", published.references.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Published {
    /// The name, that of its file.
    pub name: &'static str,
    /// The moments that are published.
    pub references: Vec<Reference>,
    program: Arc<dyn Fn(&mut Trace) + Send + Sync>,
}

impl Published {
    /// The posterior of `program`.
    pub fn new(
        name: &'static str,
        references: Vec<Reference>,
        program: impl Fn(&mut Trace) + Send + Sync + 'static,
    ) -> Self {
        Self { name, references, program: Arc::new(program) }
    }

    /// The program as a module.
    pub fn model(&self) -> Model<impl Fn(&mut Trace, &()) + Clone + Send + Sync + 'static + use<>> {
        let program = self.program.clone();
        Model::new(move |t: &mut Trace, _: &()| program(t))
    }
}

impl Program for Published {
    fn run(&self, t: &mut Trace, _: &()) {
        (self.program)(t);
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Published({})", self.name)
    }
}
