//! The table of distributions in the book, made from the code.

use std::fmt::Write;
use std::marker::PhantomData;

use elbo_dist::{Cdf, Distribution, Entropy, KL_PAIRS, Moments, Quantile};

/// Asks whether a type has an ability: its own method, where the bound holds, comes before the trait's.
struct Probe<T, const D: usize>(PhantomData<T>);

trait Lacks {
    fn moments(&self) -> bool {
        false
    }
    fn entropy(&self) -> bool {
        false
    }
    fn cdf(&self) -> bool {
        false
    }
    fn icdf(&self) -> bool {
        false
    }
}

impl<T, const D: usize> Lacks for Probe<T, D> {}

impl<T: Moments<D>, const D: usize> Probe<T, D> {
    fn moments(&self) -> bool {
        true
    }
}

impl<T: Entropy<D>, const D: usize> Probe<T, D> {
    fn entropy(&self) -> bool {
        true
    }
}

impl<T: Cdf<D>, const D: usize> Probe<T, D> {
    fn cdf(&self) -> bool {
        true
    }
}

impl<T: Quantile<D>, const D: usize> Probe<T, D> {
    fn icdf(&self) -> bool {
        true
    }
}

fn mark(has: bool) -> &'static str {
    if has { "yes" } else { "" }
}

/// A row of the table.
macro_rules! line {
    ($table:ident, $rank:literal, $type:ty, $make:expr) => {{
        let made: $type = $make;
        let probe = Probe::<$type, $rank>(PhantomData);
        let name = Distribution::<$rank>::name(&made);
        let parameters = Distribution::<$rank>::parameters(&made);
        let parameters: Vec<_> = parameters.iter().map(|p| format!("`{}`", p.name)).collect();
        let to: Vec<_> =
            KL_PAIRS.iter().filter(|(from, _)| *from == name).map(|(_, to)| *to).collect();
        writeln!(
            $table,
            "| `{name}` | {} | {} | {} | {} | {} | {} | {} | {} |",
            parameters.join(", "),
            Distribution::<$rank>::support(&made),
            mark(<$type as Distribution<$rank>>::REPARAMETERIZED),
            mark(probe.moments()),
            mark(probe.entropy()),
            mark(probe.cdf()),
            mark(probe.icdf()),
            to.join(", "),
        )
        .unwrap();
    }};
}

fn table() -> String {
    let mut table = String::from(
        "| distribution | parameters | support | pathwise gradients | moments | entropy | cdf | icdf | KL to |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    every!(line, table);
    table
}

#[test]
fn every_distribution_of_the_crate_is_in_the_table() {
    let table = table();
    let exported = include_str!("../../src/distributions/mod.rs").lines();
    let names = exported.filter_map(|line| line.strip_prefix("pub use ")?.split("::").nth(1));
    for name in names.filter(|name| !name.starts_with("{LinearGaussian,")) {
        let name = name.trim_end_matches(';');
        assert!(table.contains(&format!("| `{name}` |")), "{name} is missing in tests/it/every.rs");
    }
}

/// Where it is not, the right one is left in the folder for temporary files.
#[test]
fn the_table_in_the_book_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../book/src/distributions.md");
    let book = std::fs::read_to_string(path).unwrap();
    let table = table();
    if !book.contains(&table) {
        let right = std::env::temp_dir().join("elbo-distributions.md");
        std::fs::write(&right, &table).unwrap();
        panic!("the table in {path} is not that of the code, which is in {}", right.display());
    }
}
