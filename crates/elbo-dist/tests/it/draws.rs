//! The draws of a seed stay what they are.

use std::fmt::Write;

use burn::tensor::{Float, Int};
use elbo_dist::{Distribution, Noise, ValueKind};

use crate::double;

/// The numbers of a tensor of either kind, as text.
trait Numbers: ValueKind {
    fn numbers<const D: usize>(tensor: burn::tensor::Tensor<D, Self>) -> Vec<f64>;
}

impl Numbers for Float {
    fn numbers<const D: usize>(tensor: burn::tensor::Tensor<D>) -> Vec<f64> {
        tensor.into_data().iter::<f64>().collect()
    }
}

impl Numbers for Int {
    fn numbers<const D: usize>(tensor: burn::tensor::Tensor<D, Int>) -> Vec<f64> {
        tensor.into_data().iter::<f64>().collect()
    }
}

fn draws<P: Distribution<D>, const D: usize>(distribution: P) -> Vec<f64>
where
    P::Kind: Numbers,
{
    let mut noise = Noise::new(42, double()).site(distribution.name());
    match distribution.is_proper() {
        true => P::Kind::numbers(distribution.sample(4, &mut noise).unwrap()),
        false => Vec::new(), // it has none
    }
}

macro_rules! line {
    ($text:ident, $rank:literal, $type:ty, $make:expr) => {{
        let made: $type = $make;
        let name = Distribution::<$rank>::name(&made);
        let numbers: Vec<_> =
            draws::<$type, $rank>(made).iter().map(|x| format!("{x:.12e}")).collect();
        writeln!($text, "{name} {}", numbers.join(" ")).unwrap();
    }};
}

/// A change of these numbers breaks every seeded result: the changelog must call it so. Twelve digits are
/// the same on every machine.
#[test]
fn four_draws_of_every_distribution_stay() {
    let mut text = String::new();
    every!(line, text);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/draws.txt");
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    if stored != text {
        let found = std::env::temp_dir().join("elbo-draws.txt");
        std::fs::write(&found, &text).unwrap();
        panic!("the draws are not those in {path}, but those in {}", found.display());
    }
}
