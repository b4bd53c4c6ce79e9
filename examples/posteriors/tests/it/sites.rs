//! Every published parameter is an element of a site.

use burn::tensor::Device;
use elbo::{Layout, Noise, Place, Role};
use posteriors::{Published, Reference, names, read};

/// The parameters that are no element of a site.
fn unknown(published: &Published, place: &Place) -> Vec<String> {
    let layout = Layout::discover(published, &(), &Noise::new(0, place));
    let layout = layout.unwrap_or_else(|error| panic!("{published:?}: {error}"));
    let references = published.references.iter();
    let unknown = references.filter(|reference| !is_element(reference, &layout));
    unknown.map(|reference| reference.name.clone()).collect()
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
    let place = Place::f64(&Device::flex()).unwrap();
    for name in names() {
        let published = read(name, &root, &place).unwrap();
        assert_eq!(unknown(&published, &place), [""; 0], "{name}");
    }
}
