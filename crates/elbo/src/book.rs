//! The book, so that its blocks are compiled and run with the documentation tests.

macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../../../book/src/", $file))]
            pub struct $name;
        )*
    };
}

chapters! {
    Introduction: "introduction.md",
    Quickstart: "quickstart.md",
    Programs: "programs.md",
    Shapes: "shapes.md",
    Distributions: "distributions.md",
    Guides: "guides.md",
    Accuracy: "accuracy.md",
    Inference: "svi.md",
    Trust: "trust.md",
    Estimators: "estimators.md",
    Natural: "natural.md",
    Topics: "topics.md",
    NoiseAndReproducibility: "noise.md",
    Devices: "devices.md",
    Errors: "errors.md",
    BadInputs: "bad_inputs.md",
    Translation: "translation.md",
}
