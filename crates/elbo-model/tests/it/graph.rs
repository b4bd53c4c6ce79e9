//! Which site's value reaches which.

use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Categorical, Normal, Support};
use elbo_model::{Graph, Layout, Model, Program, Trace};

use crate::layout::graph;
use crate::*;

/// The arrows of the graph, by names.
fn arrows<B>(program: &impl Program<B>, batch: &B) -> Vec<(String, String)> {
    let layout = Layout::discover(program, batch, &noise()).unwrap();
    let name = |node: &str| {
        let position: usize = node.trim().trim_start_matches('s').parse().unwrap();
        layout.sites()[position].name.to_string()
    };
    let text = Graph::discover(program, batch, &noise()).unwrap().to_mermaid();
    let lines = text.lines().filter_map(|line| line.split_once(" --> "));
    lines.map(|(from, to)| (name(from), name(to))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect()
}

/// The first site does not reach the third past the second.
#[test]
fn a_chain_is_a_chain() {
    fn chain(t: &mut Trace, _: &()) {
        let a = t.sample("a", Normal::<2>::new(0.0, 1.0));
        let b = t.sample("b", Normal::new(a, 1.0));
        let c = t.sample("c", Normal::new(b, 1.0));
        t.observe("d", Normal::new(c, 1.0), single_matrix([[0.0]]));
    }
    assert_eq!(arrows(&chain, &()), pairs(&[("a", "b"), ("b", "c"), ("c", "d")]));
}

#[test]
fn data_alone_have_no_arrows() {
    fn data(t: &mut Trace, x: &Tensor<2>) {
        t.observe("x", Normal::new(x.clone(), 1.0), x.clone());
    }
    assert_eq!(arrows(&data, &single_matrix([[0.0]])), pairs(&[]));
}

/// A coin that falls on its edge once in a hundred thousand times, and a category as rare: drawn
/// anew they would hardly ever differ.
#[test]
fn a_discrete_latent_that_hardly_varies_still_has_its_arrows() {
    fn rare(t: &mut Trace, _: &()) {
        let coin = t.sample("coin", Bernoulli::<2>::probs(1e-5));
        let logits = single_matrix([[0.0, -30.0, -30.0]]);
        let k = t.sample("k", Categorical::logits(logits));
        t.observe("x", Normal::new(coin, 1.0), single_matrix([[0.0]]));
        t.observe("y", Normal::new(k.float(), 1.0), single_matrix([[0.0]]));
    }
    assert_eq!(arrows(&rare, &()), pairs(&[("coin", "x"), ("k", "y")]));
}

/// What is NaN before and after has not changed.
#[test]
fn nan_among_the_inputs_makes_no_arrow() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("a", Normal::<2>::new(0.0, 1.0));
        t.deterministic("missing", single_matrix([[f64::NAN]]));
    }
    assert_eq!(arrows(&model, &()), pairs(&[]));
}

/// The weight, which lies at the middle of its interval, reaches the data through a latent; the
/// level reaches them alone. In a model with trained values the arrows are the same.
#[test]
fn parameters_have_arrows() {
    fn model(t: &mut Trace, _: &()) {
        let weight = t.param("weight", single_matrix([[0.5]]), Support::UnitInterval);
        let between = Support::Interval { low: -3.0, high: 1.0 };
        let level = t.param("level", single_matrix([[0.0]]), between);
        let z = t.sample("z", Normal::new(weight, 1.0));
        t.observe("x", Normal::new(z + level, 1.0), single_matrix([[0.0]]));
    }
    let expected = pairs(&[("weight", "z"), ("level", "x"), ("z", "x")]);
    assert_eq!(arrows(&model, &()), expected);
    let layout = Layout::discover(&model, &(), &noise()).unwrap();
    assert_eq!(arrows(&Model::new(model).with_params(&layout), &()), expected);
}

/// Without latents there are parameters and data.
#[test]
fn a_program_without_latents_has_the_arrows_of_its_parameters() {
    fn model(t: &mut Trace, _: &()) {
        let scale = t.param("scale", single_matrix([[2.0]]), Support::Positive);
        t.observe("x", Normal::new(0.0, scale), single_matrix([[0.0]]));
    }
    assert_eq!(arrows(&model, &()), pairs(&[("scale", "x")]));
}

/// Quotes, new lines and what the languages read as their own.
#[test]
fn names_are_escaped() {
    fn odd(t: &mut Trace, _: &()) {
        t.sample("a \"b\"\nc <d> #1 \\", Normal::<2>::new(0.0, 1.0));
    }
    let graph = Graph::discover(&odd, &(), &noise()).unwrap();
    let mermaid = r##"s0(["a #quot;b#quot;<br/>c #lt;d#gt; #35;1 \ ~ Normal<br/>[1, 1] real"])"##;
    assert!(graph.to_mermaid().contains(mermaid), "{}", graph.to_mermaid());
    let graphviz = r##"[label="a \"b\"\nc <d> #1 \\ ~ Normal\n[1, 1] real", shape=ellipse];"##;
    assert!(graph.to_graphviz().contains(graphviz), "{}", graph.to_graphviz());
}

#[test]
fn every_site_is_a_node_in_mermaid() {
    let expected = concat!(
        "flowchart TD\n",
        "    s0([\"mu ~ Normal<br/>[1, 1] real\"])\n",
        "    s1([\"tau ~ HalfCauchy<br/>[1, 1] non-negative\"])\n",
        "    s2[\"sigma<br/>[1, 1] positive\"]\n",
        "    s3([\"z ~ Normal<br/>[1, 3] real<br/>schools (3 of 8)\"])\n",
        "    s4[\"theta<br/>[1, 3] real<br/>schools (3 of 8)\"]\n",
        "    s5[[\"y ~ Normal<br/>[1, 3] real<br/>schools (3 of 8)\"]]\n",
        "    s6[\"pull<br/>[1, 1] real\"]\n",
        "    s0 --> s4\n",
        "    s0 --> s6\n",
        "    s1 --> s4\n",
        "    s2 --> s5\n",
        "    s3 --> s4\n",
        "    s4 --> s5\n",
    );
    assert_eq!(graph().to_mermaid(), expected);
}

#[test]
fn every_site_is_a_node_in_graphviz() {
    let expected = concat!(
        "digraph program {\n",
        "    s0 [label=\"mu ~ Normal\\n[1, 1] real\", shape=ellipse];\n",
        "    s1 [label=\"tau ~ HalfCauchy\\n[1, 1] non-negative\", shape=ellipse];\n",
        "    s2 [label=\"sigma\\n[1, 1] positive\", shape=box];\n",
        "    s3 [label=\"z ~ Normal\\n[1, 3] real\\nschools (3 of 8)\", shape=ellipse];\n",
        "    s4 [label=\"theta\\n[1, 3] real\\nschools (3 of 8)\", shape=box];\n",
        "    s5 [label=\"y ~ Normal\\n[1, 3] real\\nschools (3 of 8)\", shape=ellipse, style=filled];\n",
        "    s6 [label=\"pull\\n[1, 1] real\", shape=box];\n",
        "    s0 -> s4;\n",
        "    s0 -> s6;\n",
        "    s1 -> s4;\n",
        "    s2 -> s5;\n",
        "    s3 -> s4;\n",
        "    s4 -> s5;\n",
        "}\n",
    );
    assert_eq!(graph().to_graphviz(), expected);
}
