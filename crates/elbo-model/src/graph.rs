//! The graph of a program.

use std::fmt::Write;

use elbo_dist::Noise;

use crate::trace::Traced;
use crate::{Latents, ModelError, Program, Role, Site, Trace};

/// The pairs of sites where the value of the first reaches the second: each latent in turn is
/// drawn anew with all others held, and what changes depends on it.
pub(crate) fn edges<B, P: Program<B> + ?Sized>(
    program: &P,
    batch: &B,
    noise: &Noise,
    found: &Traced,
) -> Result<Vec<(usize, usize)>, ModelError> {
    let position = |name: &str| found.sites.iter().position(|site| &*site.name == name);
    let mut edges = Vec::new();
    let mut branch = noise.clone();
    for (source, site) in found.sites.iter().enumerate() {
        if site.role != Role::Latent {
            continue;
        }
        let mut held = Latents::new(noise.place().clone());
        for other in found.sites.iter().filter(|o| o.role == Role::Latent && o.name != site.name) {
            let value = found.values.value(&other.name).expect("every latent was drawn");
            held.insert_value(other.name.clone(), value.clone(), None);
        }
        let particles = found.values.particles();
        let mut trace = Trace::prior(particles, branch.split()).substitute(&held).inspected();
        program.run(&mut trace, batch);
        for (name, input) in trace.finish()?.inputs {
            let before = found.inputs.iter().find(|(known, _)| *known == name);
            if before.is_some_and(|(_, before)| *before != input) {
                edges.extend(position(&name).map(|target| (source, target)));
            }
        }
    }
    Ok(edges)
}

/// The graph in the language of Mermaid.
pub(crate) fn mermaid(sites: &[Site], edges: &[(usize, usize)]) -> String {
    let mut text = String::from("flowchart TD\n");
    for (i, site) in sites.iter().enumerate() {
        let label = label(site);
        let node = match site.role {
            Role::Observed => format!("[[\"{label}\"]]"),
            Role::Latent => format!("([\"{label}\"])"),
            _ => format!("[\"{label}\"]"),
        };
        writeln!(text, "    s{i}{node}").expect("writing to a string");
    }
    for (from, to) in edges {
        writeln!(text, "    s{from} --> s{to}").expect("writing to a string");
    }
    text
}

/// The graph in the language of Graphviz.
pub(crate) fn graphviz(sites: &[Site], edges: &[(usize, usize)]) -> String {
    let mut text = String::from("digraph program {\n");
    for (i, site) in sites.iter().enumerate() {
        let style = match site.role {
            Role::Observed => "ellipse, style=filled",
            Role::Latent => "ellipse",
            _ => "box",
        };
        writeln!(text, "    s{i} [label=\"{}\", shape={style}];", label(site))
            .expect("writing to a string");
    }
    for (from, to) in edges {
        writeln!(text, "    s{from} -> s{to};").expect("writing to a string");
    }
    text.push_str("}\n");
    text
}

fn label(site: &Site) -> String {
    let plates: String = site.plates.iter().map(|plate| format!(" [{}]", plate.name)).collect();
    match site.distribution {
        "" => format!("{}{plates}", site.name),
        distribution => format!("{} ~ {distribution}{plates}", site.name),
    }
}
