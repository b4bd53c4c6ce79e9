//! Every published parameter is an element of a site.

use burn::tensor::Device;
use elbo::{Layout, Noise, Place, Role, Trace};
use posteriors::{Reference, Visitor, names, visit};

/// The parameters that are no element of a site.
struct Unknown(Place);

impl Visitor for Unknown {
    type Out = Vec<String>;

    fn visit<D: Sync + 'static>(
        &mut self,
        name: &str,
        model: fn(&mut Trace, &D),
        data: &D,
        references: &[Reference],
    ) -> Vec<String> {
        let layout = Layout::discover(&model, data, &Noise::new(0, &self.0));
        let layout = layout.unwrap_or_else(|error| panic!("{name}: {error}"));
        let unknown = references.iter().filter(|reference| !is_element(reference, &layout));
        unknown.map(|reference| reference.name.clone()).collect()
    }
}

/// Whether there is a latent or computed site of the name that has the element.
fn is_element(reference: &Reference, layout: &Layout) -> bool {
    let index = reference.index();
    layout.sites().iter().any(|site| {
        let is_kept = matches!(site.role, Role::Latent | Role::Deterministic);
        let sizes = &site.shape[1..];
        let inside = match index.is_empty() {
            true => site.size() == 1,
            false => index.len() == sizes.len() && index.iter().zip(sizes).all(|(i, n)| i < n),
        };
        is_kept && *site.name == *reference.site() && inside
    })
}

#[test]
fn every_published_parameter_is_an_element_of_a_site() {
    let Some(root) = elbo_testkit::data_dir() else { return };
    let mut unknown = Unknown(Place::f64(&Device::flex()).unwrap());
    for name in names() {
        let place = unknown.0.clone();
        assert_eq!(visit(name, &root, &place, &mut unknown).unwrap(), [""; 0], "{name}");
    }
}
