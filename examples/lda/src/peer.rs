//! Scikit-learn on the same split.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use lda::{Row, Split, coherence, export};
use serde::Deserialize;

/// What the script prints of a seed.
#[derive(Deserialize)]
struct Found {
    seed: u64,
    perplexity: f64,
    seconds: f64,
    tops: Vec<Vec<usize>>,
}

/// Its online variational Bayes by ten passes over the documents, with priors 0.1 and 0.01 and minibatches of 128, from three seeds; the split goes through files in `dir`.
pub fn scikit(
    python: &Path,
    dir: &Path,
    split: &Split,
    topics: usize,
) -> Result<Vec<Row>, Box<dyn Error>> {
    export(dir, split).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/scikit.py")).arg(dir);
    command.arg("--topics").arg(topics.to_string()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| {
        format!(
            "{} could not be run: {error}; give a Python that has scikit-learn",
            python.display()
        )
    })?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}; does it have scikit-learn?", output.status).into());
    }
    let row = |found: Found| {
        let each = coherence(&split.train, &found.tops);
        let npmi = each.iter().sum::<f64>() / each.len() as f64;
        let Found { seed, perplexity, seconds, .. } = found;
        Row { method: format!("scikit-learn {seed}"), perplexity, npmi, seconds }
    };
    let found = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    Ok(found.map(|found| found.map(row)).collect::<Result<_, _>>()?)
}
