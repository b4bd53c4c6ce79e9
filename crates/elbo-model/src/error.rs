//! What can be wrong with a program, a guide's draws or their data.

use std::fmt;

use elbo_dist::{DistError, Support};

use crate::Estimator;

/// An error in a program's structure or data: the site, what was expected, what came and what to
/// do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Two sites have one name.
    #[error(
        "two sites are named \"{site}\"; give every sample, observe, factor, deterministic, param and noise its own name (a layer \"l\" takes \"l.weight\", \"l.bias\" and \"l.rows\")"
    )]
    DuplicateSite {
        /// The name.
        site: String,
    },
    /// The weights of a network are drawn inside a plate.
    #[error(
        "the weights \"{site}\" are drawn inside plate \"{plate}\", each row of which would have its own; let the network run outside, and only observe inside"
    )]
    WeightsInPlate {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
    },
    /// The pattern of a prior of a network's parameters fits none of them.
    #[error("no parameter of the network has \"{pattern}\" in its path; there are {paths}")]
    NoSuchParameter {
        /// The pattern.
        pattern: String,
        /// The parameters.
        paths: Names,
    },
    /// A latent site has no value.
    #[error(
        "there is no value for \"{site}\", only for {given}; draw the site in the guide, condition the program on it, or correct the name"
    )]
    MissingSite {
        /// The site of the program.
        site: String,
        /// What there is.
        given: Names,
    },
    /// A value was given for a site that the program does not sample.
    #[error(
        "a value is given for \"{site}\", but the program samples only {sampled}; correct the name, or remove it from the guide (or the condition) that gives it"
    )]
    UnknownSite {
        /// The site that has a value.
        site: String,
        /// The sites that the program samples, without those observed already.
        sampled: Names,
    },
    /// A value has another rank or kind than its site.
    #[error(
        "\"{site}\" is {expected}, but its value is {found}; every tensor of a site keeps the site's rank and kind"
    )]
    Rank {
        /// The site.
        site: String,
        /// `a rank-2 Float`.
        expected: String,
        /// `a rank-3 Float`.
        found: String,
    },
    /// A value's shape is not the site's.
    #[error(
        "\"{site}\" ({distribution}) has shape {expected:?}, but its value has shape {found:?}; axis 0 is the particle axis (1 or S), the others must agree, or be 1 in the distribution"
    )]
    Shape {
        /// The site.
        site: String,
        /// The distribution's name.
        distribution: String,
        /// The shape of the distribution.
        expected: Vec<usize>,
        /// The shape of the value.
        found: Vec<usize>,
    },
    /// A site without elements.
    #[error(
        "\"{site}\" has shape {shape:?}, which holds no element; leave the site out of the program, or correct the data"
    )]
    Empty {
        /// The site.
        site: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A value has no density under its distribution.
    #[error(
        "\"{site}\" ({distribution}): the value {value} at {index:?} lies outside the support {support}; correct it, mask the element, or choose another distribution"
    )]
    OutsideSupport {
        /// The site.
        site: String,
        /// The distribution's name.
        distribution: String,
        /// The support.
        support: Support,
        /// The value.
        value: f64,
        /// Its index.
        index: Vec<usize>,
    },
    /// A guide draws values that the program's distribution gives no density.
    #[error(
        "\"{site}\" has support {expected} in the program, but the guide draws it with support {found}; choose a guide distribution on {expected}"
    )]
    SupportMismatch {
        /// The site.
        site: String,
        /// The support in the program.
        expected: Support,
        /// The support in the guide.
        found: Support,
    },
    /// A site's size along a plate's axis is not the plate's.
    #[error(
        "\"{site}\" has shape {shape:?}, but plate \"{plate}\" has {expected} elements on axis {axis}; make the sizes equal, or correct the plate's size"
    )]
    PlateSize {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
        /// The plate's axis.
        axis: usize,
        /// The elements in the plate's batch.
        expected: usize,
        /// The site's shape.
        shape: Vec<usize>,
    },
    /// A site's rank is too small to have an axis for its plate.
    #[error("\"{site}\" has rank {rank}, but plate \"{plate}\" lies on axis {axis}; give the site rank {} or more (axis 0 is the particle axis)", axis + 1)]
    PlateRank {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
        /// The plate's axis.
        axis: usize,
        /// The site's rank.
        rank: usize,
    },
    /// A plate is empty, or its batch is larger than its total.
    #[error(
        "plate \"{plate}\" holds {batch} of {total} elements; a batch has at least 1 and at most total elements"
    )]
    PlateTotal {
        /// The plate.
        plate: String,
        /// Its batch.
        batch: usize,
        /// Its total.
        total: usize,
    },
    /// A plate written by hand lies on another axis than its place among the plates says.
    #[error(
        "\"{site}\": plate \"{plate}\" lies on axis {axis}, but is to lie on axis {expected}; the outermost plate has axis 1, the one inside it axis 2, and so on"
    )]
    PlateAxis {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
        /// Its axis.
        axis: usize,
        /// The axis that its place among the plates says.
        expected: usize,
    },
    /// A mask has another rank than a site under it, or does not broadcast to it.
    #[error(
        "\"{site}\" has shape {shape:?}, but the mask over it has shape {mask:?}; a mask has the rank of the sites under it, and sizes equal to theirs or 1"
    )]
    Mask {
        /// The site.
        site: String,
        /// The shape of the site's log-probability.
        shape: Vec<usize>,
        /// The mask's shape.
        mask: Vec<usize>,
    },
    /// A tensor lies on another device or has another precision than the program's noise.
    #[error(
        "\"{site}\": {part} is {found}, but the program runs on {expected}; move it with to_device or cast"
    )]
    Place {
        /// The site.
        site: String,
        /// The parameter, or `value`.
        part: String,
        /// Where the program runs.
        expected: String,
        /// Where the tensor is.
        found: String,
    },
    /// A parameter of a plain function has no value to be trained.
    #[error(
        "\"{param}\" is a param, but the program carries no values for it on its support; wrap the program in Model::new(..).with_params(&layout)"
    )]
    MissingParam {
        /// The parameter.
        param: String,
    },
    /// A parameter on a set that no map from the real line reaches.
    #[error(
        "\"{param}\" is a param on {support}, which has no map from the real line to be optimized along; give it a continuous support"
    )]
    ParamSupport {
        /// The parameter.
        param: String,
        /// Its support.
        support: Support,
    },
    /// A parameter starts outside its support, or at an end of it.
    #[error(
        "\"{param}\" starts at {value} at {index:?}, which is not inside its support {support}; start it inside"
    )]
    ParamStart {
        /// The parameter.
        param: String,
        /// Its support.
        support: Support,
        /// The value.
        value: f64,
        /// Its index.
        index: Vec<usize>,
    },
    /// An estimator that cannot be in force at a site.
    #[error(
        "\"{site}\" ({distribution}): {estimator} {needs}; choose another estimator for it (Estimator), at the site or on the objective"
    )]
    Estimator {
        /// The site.
        site: String,
        /// The distribution's name.
        distribution: String,
        /// The estimator.
        estimator: Estimator,
        /// What it needs.
        needs: &'static str,
    },
    /// An estimator for a site that the guide does not sample.
    #[error(
        "an estimator is chosen for \"{site}\", but the guide samples only {sampled}; correct the name"
    )]
    UnknownEstimatorSite {
        /// The site that has an estimator.
        site: String,
        /// The sites that the guide samples.
        sampled: Names,
    },
    /// A site to enumerate whose values cannot be told one by one.
    #[error(
        "\"{site}\" ({distribution}) is to be enumerated, but the values of its support {support} cannot be told one by one (they are endless, more than a million, or neither numbers nor one-hot vectors); sample it instead"
    )]
    NotEnumerable {
        /// The site.
        site: String,
        /// The distribution's name.
        distribution: String,
        /// Its support.
        support: Support,
    },
    /// A site to enumerate with several variables an element of its plates.
    #[error(
        "\"{site}\" is to be enumerated, but has shape {shape:?} with more than one variable for an element of its plates; put it in a plate of its own, so that each is enumerated alone"
    )]
    EnumeratedEvent {
        /// The site.
        site: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A site to enumerate under a mask.
    #[error(
        "\"{site}\" is to be enumerated, but lies under a mask, which would give all its values the probability 1; put the data alone under the mask"
    )]
    EnumeratedMask {
        /// The site.
        site: String,
    },
    /// A site outside the plates of an enumerated one depends on its value.
    #[error(
        "\"{other}\" depends on the enumerated \"{site}\", but does not lie in its plates, so its values for all elements do not factorize; move it into the plates of \"{site}\", or sample \"{site}\""
    )]
    EnumeratedReach {
        /// The enumerated site.
        site: String,
        /// The site that depends on it.
        other: String,
    },
    /// A part of a plate inside the plates of an enumerated site.
    #[error(
        "the enumerated \"{site}\" has plate \"{plate}\" inside its own, of which only a part of the elements is at hand: its scale would stand inside the logarithm of a sum; take all of them, or subsample the plates of \"{site}\" itself"
    )]
    EnumeratedScale {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
    },
    /// A program that enumerates other sites at each run.
    #[error(
        "\"{site}\" was not enumerated in the same way when the program ran before; a program is a function of its trace, its batch and its parameters alone"
    )]
    Impure {
        /// The site.
        site: String,
    },
    /// The density is not finite.
    #[error(
        "the log-density of \"{site}\" is {value} at {index:?}; check the parameters and values that reach it there"
    )]
    NonFinite {
        /// The site.
        site: String,
        /// NaN or ±∞.
        value: f64,
        /// The index in the site's log-density.
        index: Vec<usize>,
    },
    /// A distribution is at fault.
    #[error("\"{site}\": {source}")]
    Distribution {
        /// The site.
        site: String,
        /// What is wrong with it.
        source: DistError,
    },
    /// Draws were asked of a layout that has none.
    #[error(
        "this layout holds no prior draws: it was written by hand, or its program has no latents; start from Init::Uniform or Init::Value, or give the program a latent"
    )]
    NoPriorDraws,
}

/// Site names in a message: `"mu", "tau"`, or `nothing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        let quoted: Vec<_> = self.0.iter().map(|name| format!("\"{name}\"")).collect();
        f.write_str(&quoted.join(", "))
    }
}
