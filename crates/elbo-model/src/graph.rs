//! The graph of a program.

use std::fmt::Write;
use std::sync::Arc;

use elbo_dist::{Noise, Support};

use crate::layout::inspect;
use crate::{Latents, ModelError, Plate, Program, Role, Site, Trace, Traced, Value};

/// Which site of a program is a function of which.
///
/// Both texts have a node a site, with its distribution, shape, support and plates, and an arrow
/// where a site's value reaches another.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{Graph, Trace};
///
/// fn walk(t: &mut Trace, _: &()) {
///     let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
///     t.sample("second", Normal::new(first, 1.0));
/// }
///
/// let graph = Graph::discover(&walk, &(), &Noise::new(0, &Device::flex())).unwrap();
/// assert!(graph.to_mermaid().contains("s0 --> s1"));
/// assert!(graph.to_graphviz().contains("s0 -> s1;"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    sites: Vec<Site>,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    /// Runs `program` on `batch` with draws from its prior, and once more for each latent, parameter
    /// and deterministic site, to see which other sites its value reaches.
    ///
    /// # Errors
    /// The first [`ModelError`] that a run met.
    pub fn discover<B, P: Program<B> + ?Sized>(
        program: &P,
        batch: &B,
        noise: &Noise,
    ) -> Result<Self, ModelError> {
        let found = inspect(program, batch, noise)?;
        let edges = edges(program, batch, noise, &found)?;
        Ok(Self { sites: found.sites, edges })
    }

    /// The names of all sites.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sites.iter().map(|site| &*site.name)
    }

    /// The drawn and observed sites whose distributions contain the value of `site`, and the factors that do, directly
    /// or through computed values.
    pub fn dependents(&self, site: &str) -> Vec<String> {
        self.reached(site, |site| site.role == Role::Deterministic)
    }

    /// Those, and all that depend on them in turn.
    pub fn descendants(&self, site: &str) -> Vec<String> {
        self.reached(site, |_| true)
    }

    /// The sites that `from` reaches along edges, through sites that are `passed`.
    fn reached(&self, from: &str, passed: impl Fn(&Site) -> bool) -> Vec<String> {
        let mut reached = vec![false; self.sites.len()];
        let mut open: Vec<_> =
            (0..self.sites.len()).filter(|index| &*self.sites[*index].name == from).collect();
        while let Some(source) = open.pop() {
            for (_, target) in self.edges.iter().filter(|(from, _)| *from == source) {
                if !std::mem::replace(&mut reached[*target], true) && passed(&self.sites[*target]) {
                    open.push(*target);
                }
            }
        }
        let names = self
            .sites
            .iter()
            .zip(reached)
            .filter(|(site, reached)| *reached && site.role != Role::Deterministic);
        names.map(|(site, _)| site.name.to_string()).collect()
    }

    /// The graph in the language of Mermaid.
    pub fn to_mermaid(&self) -> String {
        mermaid(&self.sites, &self.edges)
    }

    /// The graph in the language of Graphviz.
    pub fn to_graphviz(&self) -> String {
        graphviz(&self.sites, &self.edges)
    }
}

/// The pairs of sites where the second is a function of the first: each latent, parameter
/// and computed value in turn becomes another with all others held, and what changes depends on it.
fn edges<B, P: Program<B> + ?Sized>(
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
    matches!(site.role, Role::Latent | Role::Marginal | Role::Deterministic | Role::Param)
}

/// The values of all sites but `site`, which is drawn anew. A discrete site, which may well be
/// drawn equal, takes the next value instead, and a computed one or a parameter another number.
fn others_held(found: &Traced, site: &Site) -> Latents {
    let mut held = Latents::new(found.values.place().clone());
    for other in found.sites.iter().filter(|other| has_value(other)) {
        let value = found.values.value(&other.name).expect("every value was kept");
        let value = if other.name != site.name {
            value.clone()
        } else if !matches!(site.role, Role::Latent | Role::Marginal) {
            value.map(&|x| another(x, site.support))
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
    let first = if let Support::Integers { low, .. } = support { low } else { 0.0 };
    value.map(&|x| if support.contains(x + 1.0) { x + 1.0 } else { first })
}

/// Another number inside a continuous support.
fn another(x: f64, support: Support) -> f64 {
    match support {
        Support::UnitInterval => (x + 1.0) / 2.0,
        Support::Interval { high, .. } => (x + high) / 2.0,
        _ => x + x.abs().max(1.0),
    }
}

/// The graph in the language of Mermaid.
fn mermaid(sites: &[Site], edges: &[(usize, usize)]) -> String {
    let mut text = String::from("flowchart TD\n");
    for (i, site) in sites.iter().enumerate() {
        let label = lines(site, quoted_in_mermaid).join("<br/>");
        let node = match site.role {
            Role::Observed => format!("[[\"{label}\"]]"),
            Role::Latent | Role::Marginal => format!("([\"{label}\"])"),
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
fn graphviz(sites: &[Site], edges: &[(usize, usize)]) -> String {
    let mut text = String::from("digraph program {\n");
    for (i, site) in sites.iter().enumerate() {
        let style = match site.role {
            Role::Observed => "ellipse, style=filled",
            Role::Latent => "ellipse",
            Role::Marginal => "ellipse, style=dashed",
            _ => "box",
        };
        let label = lines(site, quoted_in_graphviz).join("\\n");
        writeln!(text, "    s{i} [label=\"{label}\", shape={style}];")
            .expect("writing to a string");
    }
    for (from, to) in edges {
        writeln!(text, "    s{from} -> s{to};").expect("writing to a string");
    }
    text.push_str("}\n");
    text
}

/// The lines of a node: name and distribution, shape and support, plates.
fn lines(site: &Site, quoted: fn(&str) -> String) -> Vec<String> {
    let name = match site.distribution {
        "" => site.name.to_string(),
        distribution => format!("{} ~ {distribution}", site.name),
    };
    let plates: Vec<_> = site.plates.iter().map(Plate::to_string).collect();
    let mut lines = vec![name, format!("{:?} {}", site.shape, site.support)];
    lines.extend((!plates.is_empty()).then(|| plates.join(", ")));
    lines.iter().map(|line| quoted(line)).collect()
}

/// Mermaid writes characters that mean something to it as `#name;` or `#code;`, and reads HTML.
fn quoted_in_mermaid(line: &str) -> String {
    let entities = [("#", "#35;"), ("\"", "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("\n", "<br/>")];
    entities.iter().fold(line.to_string(), |text, (plain, quoted)| text.replace(plain, quoted))
}

fn quoted_in_graphviz(line: &str) -> String {
    line.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
