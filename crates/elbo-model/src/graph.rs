//! The graph of a program.

use std::fmt::Write;
use std::sync::Arc;

use elbo_dist::{Noise, Support};

use crate::{Latents, ModelError, Program, Role, Site, Trace, Traced, Value};

/// The pairs of sites where the second is a function of the first: each latent and each computed
/// value in turn becomes another with all others held, and what changes depends on it.
pub(crate) fn edges<B, P: Program<B> + ?Sized>(
    program: &P,
    batch: &B,
    noise: &Noise,
    found: &Traced,
) -> Result<Vec<(usize, usize)>, ModelError> {
    let mut edges = Vec::new();
    let mut branch = noise.clone();
    for (source, site) in found.sites.iter().enumerate() {
        if !has_value(site) {
            continue;
        }
        let mut trace = Trace::prior(found.values.particles(), branch.split())
            .substitute(&others_held(found, site))
            .unscored()
            .inspected();
        program.run(&mut trace, batch);
        let changed: Vec<_> = trace.finish()?.inputs;
        let reached = |target: &Site| {
            let input = |inputs: &[(Arc<str>, Vec<f64>)]| {
                let known = inputs.iter().find(|(name, _)| *name == target.name);
                known.map(|(_, input)| input.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            };
            input(&changed) != input(&found.inputs)
        };
        let targets = found.sites.iter().enumerate().filter(|(_, target)| reached(target));
        edges.extend(targets.map(|(target, _)| (source, target)));
    }
    Ok(edges)
}

fn has_value(site: &Site) -> bool {
    matches!(site.role, Role::Latent | Role::Deterministic)
}

/// The values of all sites but `site`, which is drawn anew. A discrete site, which may well be
/// drawn equal, takes the next value instead, and a computed one another number.
fn others_held(found: &Traced, site: &Site) -> Latents {
    let mut held = Latents::new(found.values.place().clone());
    for other in found.sites.iter().filter(|other| has_value(other)) {
        let value = found.values.value(&other.name).expect("every value was kept");
        let value = if other.name != site.name {
            value.clone()
        } else if site.role == Role::Deterministic {
            value.map(&|x| x + x.abs().max(1.0))
        } else if site.support.is_discrete() {
            next(value, site.support)
        } else {
            continue;
        };
        held.insert_value(other.name.clone(), value, None);
    }
    held
}

/// The next value of a discrete support, and the first after the last.
fn next(value: &Value, support: Support) -> Value {
    value.map(&|x| if support.contains(x + 1.0) { x + 1.0 } else { 0.0 })
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
