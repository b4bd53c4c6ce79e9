//! What can be wrong with a guide.

use std::fmt;

use elbo_dist::Support;
use elbo_model::{ModelError, Names};

/// An error of a guide: what was expected, what came and what to do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GuideError {
    /// A program is at fault: the model's, or the guide's own.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A flat guide over a site that has no map to the real line.
    #[error(
        "\"{site}\" has the support {support}, which has no map from the real line; draw it by ExponentialFamily or a guide program (Amortized), beside this guide of the other latents (Product), or sum it out of the model (t.marginalize)"
    )]
    Discrete {
        /// The site.
        site: String,
        /// Its support.
        support: Support,
    },
    /// A flat guide over a latent of which only a batch is at hand.
    #[error(
        "\"{site}\" is local to plate \"{plate}\", of which a batch holds {batch} of {total} elements; a guide with one parameter a latent cannot follow the batches; use a table of all elements (Local) or a guide program of the batch (Amortized), beside a guide of the other latents (Product)"
    )]
    SubsampledLocal {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
        /// The elements at hand.
        batch: usize,
        /// The elements there are.
        total: usize,
    },
    /// A latent under a mask.
    #[error(
        "\"{site}\" lies under a mask, which takes its prior away where it hides it, so that there is no posterior to fit; put the data alone under the mask, or write a guide program with the same mask (Amortized)"
    )]
    Masked {
        /// The site.
        site: String,
    },
    /// A guide without latents.
    #[error(
        "the program has no latent site, so there is nothing to infer; sample at least one, or maximize the likelihood of its parameters directly"
    )]
    NoLatents,
    /// A site of a guide program is not a draw.
    #[error(
        "\"{site}\" is {role} in the guide program; a guide only samples (data and factors belong in the model)"
    )]
    NotADraw {
        /// The site.
        site: String,
        /// Its role.
        role: String,
    },
    /// A layer of a flow that cannot be.
    #[error("a layer {layer} needs {needs}, but has {found}")]
    Layer {
        /// The layer.
        layer: &'static str,
        /// What it needs.
        needs: &'static str,
        /// What it was given.
        found: String,
    },
    /// A search that is asked for nothing.
    #[error("Pathfinder is asked for 0 {what}; ask for 1 or more")]
    NoSearch {
        /// What there are none of.
        what: &'static str,
    },
    /// A batch without rows.
    #[error("the batch holds no row of plate \"{plate}\"; leave empty batches out")]
    NoRows {
        /// The plate.
        plate: String,
    },
    /// Annealing without steps.
    #[error("annealed draws take 0 steps; take 1 or more, or MeanField")]
    NoSteps,
    /// A step size that is no positive number.
    #[error("the step size is {0:e}; give a positive number of single precision, such as 0.1")]
    StepSize(f64),
    /// A guide that runs the model itself, and a model with trained parameters.
    #[error(
        "the model trains its parameter \"{param}\", which a guide that runs the model itself would not see change; make it a latent, or take another guide"
    )]
    ModelParam {
        /// The parameter.
        param: String,
    },
    /// A guide that runs the model itself, for a part of the latents.
    #[error(
        "the layout leaves \"{site}\" out, which a guide that runs the model itself draws all the same; give it the whole layout, and no Product"
    )]
    PartOfModel {
        /// The latent.
        site: String,
    },
    /// An enumerated site of a guide that draws other sites as a mean field.
    #[error(
        "\"{site}\" is enumerated beside sites that the guide draws as a mean field; choose another estimator, or sum it out of the model (t.marginalize)"
    )]
    BesideEnumerated {
        /// The site.
        site: String,
    },
    /// Annealing by a part of the data.
    #[error(
        "\"{site}\" is in plate \"{plate}\", of which a batch holds a part: annealing by the density of a batch bounds the evidence of the batch, not that of the data; give all data at once, or take another guide"
    )]
    AnnealedPart {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
    },
    /// Annealing under an objective that weighs the model's and the guide's densities apart.
    #[error(
        "annealed draws carry the gradient of log p - log q as a whole, which this objective takes apart; use Elbo, StickingTheLanding, Iwae or Renyi"
    )]
    AnnealedWhole,
    /// A latent follows a site that is summed out, in a guide that runs the model.
    #[error(
        "\"{site}\" comes after \"{marginal}\", which is summed out, so that its conditional is not known to a guide that runs the model; sample \"{marginal}\" instead, or take another guide"
    )]
    AfterMarginal {
        /// The latent.
        site: String,
        /// The site that is summed out.
        marginal: String,
    },
    /// The noise is at another place than the guide.
    #[error("the guide is on {guide:?}, but the noise draws on {noise:?}; make both for one place")]
    Place {
        /// Where the guide is.
        guide: Box<elbo_dist::Place>,
        /// Where the noise draws.
        noise: Box<elbo_dist::Place>,
    },
    /// Initial values that are not one particle a fit.
    #[error(
        "the initial values hold {particles} particles, but must hold {starts}; give one value of each latent for each restart and each member of a mixture"
    )]
    StartParticles {
        /// The particles that they hold.
        particles: usize,
        /// The starts: one a restart, and one a member of a mixture.
        starts: usize,
    },
    /// A site whose shape a flat vector cannot hold.
    #[error(
        "\"{site}\" has shape {shape:?}, but a flat guide takes ranks 1 to 6, with 1 on axis 0, no empty axis, and one event of the support along the last axes; correct the layout"
    )]
    Shape {
        /// The site.
        site: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// No starting point has a finite density.
    #[error(
        "no finite log-density in {tries} starting points: the first site that was not finite is \
         {sites}; check its parameters, or start elsewhere (Init::Value)"
    )]
    NeverFinite {
        /// The starting points tried.
        tries: usize,
        /// At how many of them which site was the first that was not finite.
        sites: Tally,
    },
    /// A base distribution that is none of locations and scales.
    #[error(
        "the base {distribution} needs {needs}; take a distribution such as StudentT or Laplace"
    )]
    Base {
        /// The distribution.
        distribution: String,
        /// What it lacks.
        needs: &'static str,
    },
    /// A guide of no member.
    #[error("a guide was asked for with 0 restarts; ask for at least 1")]
    NoRestarts,
    /// What asks for the density of one site of a guide that has a joint one.
    #[error(
        "\"{site}\" is drawn together with the other latents, so that it has no gradient of its own; use a guide with a density of each site (MeanField), or look at the gradient of all"
    )]
    Joint {
        /// The site.
        site: String,
    },
    /// Laplace's approximation where there is no mode.
    #[error(
        "the density has no mode on the real line with curvature in all directions (it may grow without bound, or be flat along a direction); use Init::Pathfinder, give the latents proper priors, or use a place of double precision"
    )]
    NotAMode,
    /// A site whose prior is in no family that has parameters of its own.
    #[error(
        "\"{site}\" has the distribution {distribution}, but this guide knows {known}; leave the site to another guide (Product), or write a guide program (Amortized)"
    )]
    NoFamily {
        /// The site.
        site: String,
        /// Its distribution.
        distribution: String,
        /// The families.
        known: Names,
    },
    /// A distribution without natural parameters of finite number that are known here.
    #[error(
        "\"{site}\" has the distribution {distribution}, for which there are no natural gradients; give it a prior of another family (Gamma(1, rate) is Exponential(rate)), or fit this guide by Svi"
    )]
    NoNatural {
        /// The site.
        site: String,
        /// Its distribution.
        distribution: String,
    },
    /// No site of this name with natural parameters.
    #[error("there are no natural parameters of \"{site}\", only of {known}; check the name")]
    UnknownNatural {
        /// The name.
        site: String,
        /// The sites.
        known: Names,
    },
    /// Another number of values.
    #[error(
        "\"{site}\" takes {expected} values, but {found} were given; see the shapes of ExponentialFamily::natural"
    )]
    NaturalSize {
        /// The site.
        site: String,
        /// The values that it takes.
        expected: usize,
        /// The values that were given.
        found: usize,
    },
    /// Natural parameters that no density has.
    #[error(
        "no density of \"{site}\" has the natural parameters {values:?}; a normal one takes a negative second one, Gamma one above -1 and a negative one, Beta and Dirichlet all above -1, and all of them finite numbers"
    )]
    NaturalDomain {
        /// The site.
        site: String,
        /// The values of a number, a simplex or a vector.
        values: Vec<f64>,
    },
    /// All covariances of what is no normal vector.
    #[error(
        "\"{site}\" of shape {shape:?} is no normal vector outside plates; declare it as one, Normal::new(..).iid([1, n])"
    )]
    NoVector {
        /// The site.
        site: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Points that no array of signs has.
    #[error("nodes were asked for at {points} points; ask for a power of two, at least 2")]
    NodeCount {
        /// The points.
        points: usize,
    },
    /// A table for a plate without latents.
    #[error(
        "no latent lies in the plate \"{plate}\"; a table is of the latents of one plate, name theirs"
    )]
    NoLocals {
        /// The plate.
        plate: String,
    },
    /// A latent that is not local to the plate of a table.
    #[error(
        "\"{site}\" does not lie in the plate \"{plate}\" alone; a table is of the latents of one plate, leave the others to another guide (Product, Layout::of_latents)"
    )]
    NotLocal {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
    },
    /// A row that a table does not have.
    #[error(
        "the batch asks for row {row} of plate \"{plate}\", which has rows 0 to {total} (excluded); correct Rows::rows"
    )]
    NoSuchRow {
        /// The plate.
        plate: String,
        /// The row.
        row: i64,
        /// The rows there are.
        total: usize,
    },
    /// A latent of both guides of a product.
    #[error(
        "both guides of a product draw \"{site}\"; leave it out of one of them (Layout::of_latents)"
    )]
    DrawnTwice {
        /// The site.
        site: String,
    },
    /// Latents whose particles cannot be shared out among several fits.
    #[error(
        "the latents have {particles} particles, but the guide holds {members} fits; give the same number to each"
    )]
    MemberRows {
        /// The particles.
        particles: usize,
        /// The fits.
        members: usize,
    },
    /// A product of guides of several members.
    #[error(
        "a product takes guides of one member each; ask for 1 restart, or fit it several times"
    )]
    ProductRestarts,
    /// A product with a guide that enumerates.
    #[error(
        "\"{site}\" is enumerated in a guide of a product; sum it out of the model (t.marginalize), or choose another estimator"
    )]
    ProductEnumerates {
        /// The site.
        site: String,
    },
    /// A rank that a covariance of this size cannot have.
    #[error(
        "a covariance of {size} latents cannot have a factor of rank {rank}; take a rank from 1 to {size}"
    )]
    Rank {
        /// The rank asked for.
        rank: usize,
        /// The latents.
        size: usize,
    },
    /// A mixture several times at once.
    #[error(
        "a mixture takes its members along the axis of the restarts, so that there can be only one of it; ask for 1 restart"
    )]
    MixtureRestarts,
    /// A dependency between sites that a guide cannot have.
    #[error("\"{child}\" cannot depend on \"{parent}\": {needs}; the sites are, in order, {sites}")]
    Dependency {
        /// The site that depends.
        child: String,
        /// The site that it depends on.
        parent: String,
        /// What is wrong.
        needs: &'static str,
        /// The sites of the guide.
        sites: Names,
    },
    /// Importance weights of which none is finite.
    #[error(
        "none of {draws} draws has a finite importance weight; the guide draws what the model excludes, fit it first"
    )]
    NoWeight {
        /// The draws.
        draws: usize,
    },
    /// Pathfinder without a normal.
    #[error(
        "none of {paths} paths has a normal with a finite bound; use more paths or draws, check the density's gradient, or start elsewhere (Init::Value)"
    )]
    NoPath {
        /// The paths.
        paths: usize,
    },
    /// The starting scale of a guide is not positive.
    #[error("the initial scale is {0}, but it must be a positive number of single precision")]
    Scale(f64),
}

/// How often which site was at fault, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally(pub Vec<(String, usize)>);

impl Tally {
    pub(crate) fn of(sites: Vec<String>) -> Self {
        let mut tally: Vec<(String, usize)> = Vec::new();
        for site in sites {
            match tally.iter_mut().find(|(known, _)| *known == site) {
                Some((_, count)) => *count += 1,
                None => tally.push((site, 1)),
            }
        }
        tally.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self(tally)
    }
}

/// `"rate" (98 times), "mu" (2 times)`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sites: Vec<_> =
            self.0.iter().map(|(site, n)| format!("\"{site}\" ({n} times)")).collect();
        f.write_str(&sites.join(", "))
    }
}
