//! What can be wrong with a fit.

use std::path::PathBuf;

use crate::When;
use elbo_dist::Place;
use elbo_guide::GuideError;
use elbo_model::{Estimator, ModelError, Names};

/// An error of a fit: what was expected, what came and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferError {
    /// The model is at fault.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The guide is at fault.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// A sampler that cannot go on.
    #[cfg(feature = "nuts")]
    #[error("the reference sampler failed: {source}")]
    Sampler {
        /// Why.
        source: elbo_report::ReportError,
    },
    /// More latents than all covariances are fitted for.
    #[error(
        "the model has {found} latents, but a normal with all its covariances is for at most {most}; choose another family, as in AutoFit::of(LowRankConfig::rank(10)), or fit a guide by Svi::fit"
    )]
    TooManyLatents {
        /// The latents, on the real line.
        found: usize,
        /// The largest number.
        most: usize,
    },
    /// A record of another model or guide.
    #[error(
        "the record does not fit this model and guide ({source}); make them as those of the record were made, and load it again"
    )]
    Record {
        /// What Burn found.
        source: Box<burn::store::RecordError>,
    },
    /// A parameter of another precision or on another device than the noise.
    #[error(
        "parameter {parameter} is at {found:?}, but the noise draws at {expected:?}; make model, guide and noise for one place, and load a record of another precision by try_load_record(record.cast_to_module_dtype())"
    )]
    ParameterPlace {
        /// The parameter's path in the pair (model, guide).
        parameter: String,
        /// Where it is.
        found: Place,
        /// Where it should be.
        expected: Place,
    },
    /// A record of a fit by another learning-rate schedule.
    #[error(
        "the record is of a fit with another learning-rate schedule; give this one the schedule of the record by Svi::with_schedule, and load it again"
    )]
    ScheduleRecord,
    /// A record of a fit by another optimizer.
    #[error(
        "the record has states that this fit's optimizer cannot read; give it the optimizer of the record by Svi::with_optimizer, and load it again"
    )]
    OptimizerRecord,
    /// A record of a fit with other latents.
    #[error(
        "the record is of a fit with the latents {recorded}, but here there is {found}; make model and guide as those of the record were made"
    )]
    SitesRecord {
        /// The latents of the record.
        recorded: Names,
        /// Those that it has not.
        found: Names,
    },
    /// A checkpoint that cannot be read or written.
    #[error("{} could not be {action}: {source}; see that the folder is there, may be written and has space left", path.display())]
    CheckpointFile {
        /// What was to be done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is not that of a fit.
    #[error("{} is not a checkpoint of a fit; give a file that SviRecord::save wrote", path.display())]
    CheckpointForeign {
        /// The file.
        path: PathBuf,
    },
    /// A checkpoint that ends too early.
    #[error("the checkpoint {} has {found} bytes of {expected}; remove it to go on from the one before, if there is one", path.display())]
    CheckpointTruncated {
        /// The file.
        path: PathBuf,
        /// The bytes that it should have.
        expected: u64,
        /// The bytes that it has.
        found: u64,
    },
    /// A checkpoint whose bytes have changed.
    #[error("the checkpoint {} has other bytes than were written; remove it to go on from the one before, if there is one", path.display())]
    CheckpointCorrupt {
        /// The file.
        path: PathBuf,
    },
    /// A checkpoint whose bytes are those that were written, but hold no fit that can be read.
    #[error("the checkpoint {} cannot be made or read ({source}); see that it was written by the same versions of elbo and Burn", path.display())]
    CheckpointContent {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<burn::store::RecordError>,
    },
    /// A fit that is further than its checkpoints.
    #[error("this fit has taken {step} steps, but its newest checkpoint is {}; make it anew, so that it goes on from there, or give it another folder", path.display())]
    CheckpointBehind {
        /// The newest checkpoint.
        path: PathBuf,
        /// The steps taken.
        step: u64,
    },
    /// A fit that goes on with another seed.
    #[error(
        "the checkpoints are of a fit with the seed {recorded}, but this one has {found}; give it that seed, or another folder"
    )]
    OtherSeed {
        /// The seed of the checkpoint.
        recorded: u64,
        /// That of the fit.
        found: u64,
    },
    /// A fit that goes on with another model, guide or data.
    #[error(
        "the fit that is to go on has {recorded:.3} as its next bound, but model, guide and data here give {found:.3}, {:.1e} away; give it those that it had, or, for another fit, another folder; to begin anew from these parameters, another folder and a rate by Svi::with_learning_rate",
        (found - recorded).abs()
    )]
    OtherFit {
        /// The bound of its next step.
        recorded: f64,
        /// That of the same step here.
        found: f64,
    },
    /// An objective that changes with the step, in a fit that compares bounds of different steps.
    #[error(
        "the objective changes with the step, so its bounds do not tell whether a fit has settled; take the steps of the schedule by Svi::run, and fit with Schedule::Constant"
    )]
    Unsteady,
    /// A checkpoint of another version of this crate.
    #[error("the checkpoint {} has the format {found}, but this version of elbo reads {known}; load it with the version that wrote it", path.display())]
    CheckpointVersion {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format that is known.
        known: u32,
    },
    /// A site has an estimator that the objective does not know.
    #[error(
        "\"{site}\" has the estimator {estimator}, which {objective} does not know, so its gradient would be biased without a word; choose another one with Objective::with_estimator or t.sample_with, or another objective"
    )]
    NoEstimator {
        /// The site of the guide.
        site: String,
        /// The estimator in force there.
        estimator: Estimator,
        /// The objective.
        objective: &'static str,
    },
    /// A model with parameters, which natural gradients do not train.
    #[error(
        "the model has parameters, which natural gradients of a guide do not train; make them latents, or fit model and guide by Svi"
    )]
    TrainedModel,
    /// A latent that is neither the guide's nor local to a batch.
    #[error(
        "\"{site}\" is not among the guide's latents and lies in no plate, so that it is not local to a batch; make the guide of all that is outside of minibatches: ExponentialFamily::of_globals(&layout)"
    )]
    NotLocal {
        /// The site.
        site: String,
    },
    /// A model whose optimum by coordinates is not known.
    #[error(
        "the term of \"{term}\" is not conjugate to the guide's family at \"{site}\", so that there is no optimum in closed form; take NaturalSvi::step, with falling step sizes (RobbinsMonro)"
    )]
    NotConjugate {
        /// The site.
        site: String,
        /// The term of the log-joint.
        term: String,
    },
    /// A step size that is none.
    #[error("the step size of {when} is {rate}, but must be more than 0 and at most 1")]
    StepSize {
        /// The step.
        when: When,
        /// Its size.
        rate: f64,
    },
    /// A model with parameters that several fits at once would share.
    #[error(
        "the guide holds {restarts} fits at once, which would share the model's parameters; fit a model with parameters once, or make them latents"
    )]
    SharedModel {
        /// The fits.
        restarts: usize,
    },
    /// A posterior of several fits at once.
    #[error(
        "the guide holds {restarts} fits at once, of which draws are not those of one posterior; take one of them by Svi::restarts"
    )]
    SeveralFits {
        /// The fits.
        restarts: usize,
    },
    /// A site with a trained baseline, and no such baseline.
    #[error(
        "\"{site}\" has a trained baseline as control variate, but there is none for it; give one with Svi::with_controls, or choose another control variate"
    )]
    NoBaseline {
        /// The site of the guide.
        site: String,
    },
    /// A baseline that does not fit its site.
    #[error(
        "the baseline of \"{site}\" has shape {found:?}, but must be [1, {elements}], a number for each element of the site's plates, or [1, 1]"
    )]
    Baseline {
        /// The site of the guide.
        site: String,
        /// The elements of its plates.
        elements: usize,
        /// The baseline's shape.
        found: Vec<usize>,
    },
    /// A site with RELAX in force, and no network for it.
    #[error(
        "\"{site}\" has the estimator RELAX, but there is no network for it; give one with Svi::with_controls, or choose REBAR"
    )]
    NoNetwork {
        /// The site of the guide.
        site: String,
    },
    /// A RELAX network whose values do not fit its site.
    #[error(
        "the network of \"{site}\" has values of shape {found:?}, but must have [{particles}, {elements}], a number for each element of the site's plates, or [{particles}, 1]"
    )]
    Network {
        /// The site of the guide.
        site: String,
        /// The particles.
        particles: usize,
        /// The elements of the site's plates.
        elements: usize,
        /// The values' shape.
        found: Vec<usize>,
    },
    /// A trained control variate at another place than its site.
    #[error(
        "the baseline of \"{site}\" is {found}, but the site is {expected}; move it with to_device or cast"
    )]
    ControlPlace {
        /// The site of the guide.
        site: String,
        /// Where the site is.
        expected: String,
        /// Where the baseline is.
        found: String,
    },
    /// A RELAX network that is no differentiable function of its noise.
    #[error(
        "the network of \"{site}\" has no gradient with respect to its noise; make it a differentiable function of it, or choose REBAR"
    )]
    NetworkConstant {
        /// The site of the guide.
        site: String,
    },
    /// A RELAX network that makes the number of one element of another's noise.
    #[error(
        "the network of \"{site}\" has a number for each element, but makes it of the noise of others too, so the gradient would be biased; give one number for all, [{particles}, 1], or make each of its own element"
    )]
    NetworkMixes {
        /// The site of the guide.
        site: String,
        /// The particles.
        particles: usize,
    },
    /// A weight on a divergence of which the prior is not known.
    #[error(
        "{objective} weighs the divergence at \"{site}\", but the model has no term for its prior alone; sample it in a program, outside the plates of marginalized sites, or give it the weight 1"
    )]
    NoPrior {
        /// The objective.
        objective: &'static str,
        /// The site.
        site: String,
    },
    /// A part of a plate inside an importance weight.
    #[error(
        "the term of \"{site}\" differs between particles and lies outside plate \"{plate}\", of which only a part of the elements is at hand, so the plate's scale would stand inside the exponent of an importance weight; take all elements, make \"{site}\" a param, tell its plates (of a density by hand, in its terms), or maximize Elbo"
    )]
    ScaleInside {
        /// The site.
        site: String,
        /// The plate.
        plate: String,
    },
    /// Too few particles for an objective.
    #[error(
        "{objective} needs at least {needed} particles, but there are {found}; set them with Svi::with_particles"
    )]
    Particles {
        /// The objective.
        objective: &'static str,
        /// The particles that it needs.
        needed: usize,
        /// The particles that there are.
        found: usize,
    },
    /// A setting of an objective, or of an optimizer, that is out of its range.
    #[error("{objective}: {setting} is {value}, but must be {expected}")]
    Setting {
        /// The objective or optimizer.
        objective: &'static str,
        /// The setting.
        setting: String,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// An objective that is no function of fixed draws.
    #[error(
        "with fixed draws the loss must be the bound and its gradient that of the draws, so that a line search makes sense; take Elbo, AnalyticKl, Tempered, Iwae or Renyi, and no score functions, DisARM, REBAR, RELAX or straight-through"
    )]
    NotDeterministic,
    /// Differences of gradients in single precision.
    #[error(
        "a Hessian by differences of gradients needs double precision; build data, noise and guide at Place::f64"
    )]
    SinglePrecision,
    /// A point that is no optimum.
    #[error(
        "the parameters are at no optimum of the draws of this step: the Hessian of the loss is not positive definite, or its gradient is not 0; run Svi::run_fixed_draws to its end first, with more iterations or particles"
    )]
    NotAnOptimum,
    /// A divergence in closed form whose condition does not hold.
    #[error(
        "the divergence at \"{site}\" has a closed form given the site's parents, but its parent \"{parent}\" in the model may depend on it in the guide; draw \"{parent}\" first in the guide, say that it does not with Svi::with_dependencies, or maximize Elbo"
    )]
    MeanField {
        /// The site.
        site: String,
        /// Its parent in the model.
        parent: String,
    },
    /// A weight for a site that the guide has no term of its own for.
    #[error(
        "{objective} has a weight for \"{site}\", but the guide draws only {sampled}; correct the name"
    )]
    UnknownSite {
        /// The objective.
        objective: &'static str,
        /// The site.
        site: String,
        /// What the guide draws.
        sampled: Names,
    },
    /// An objective that takes two evaluations of the model, and one.
    #[error(
        "{objective} takes log p at constant parameters of the model besides; give it with Terms::with_log_p_of_draws"
    )]
    NotSplit {
        /// The objective.
        objective: &'static str,
    },
    /// A number is not finite, or outside of its support or domain.
    #[error("{when}: {source} (the parameters are as they were before it)")]
    NonFinite {
        /// The step at fault.
        when: When,
        /// The site with its distribution and parameter, and the element.
        source: ModelError,
    },
    /// All terms are finite, but their sum is not.
    #[error(
        "{when}: every term is finite, but the bound is {bound}; rescale the data or compute in f64 (the parameters are as they were before it)"
    )]
    Overflow {
        /// The step at fault.
        when: When,
        /// ±∞ or NaN.
        bound: f64,
    },
    /// A gradient is not finite.
    #[error(
        "{when}: the bound is finite, but the gradient of parameter {parameter}{} is {value} at {index:?}; look for a square root, logarithm or division at a boundary (the parameters are as they were before it)",
        of_term(site)
    )]
    NonFiniteGradient {
        /// The step at fault.
        when: When,
        /// The parameter's path in the pair (model, guide).
        parameter: String,
        /// NaN or ±∞.
        value: f64,
        /// The index in the parameter.
        index: Vec<usize>,
        /// The first site whose term has such a gradient, where one is found.
        site: Option<String>,
    },
    /// The bound depends on no parameter.
    #[error(
        "the bound depends on no trainable parameter; give the guide or the model at least one that is not frozen"
    )]
    NothingToTrain,
    /// Two parameters have one identity.
    #[error(
        "the parameters {first} and {second} of the pair (model, guide) have one identity, so they \
         would share gradients and optimizer state; give them different names"
    )]
    SharedParameter {
        /// The path of one.
        first: String,
        /// The path of the other.
        second: String,
    },
    /// A latent lies in other plates in the guide than in the model.
    #[error(
        "\"{site}\" lies in other plates in the guide than in the model, so its terms would be \
         scaled differently; put it in the same plates, of the same sizes, in both"
    )]
    PlateMismatch {
        /// The site.
        site: String,
    },
    /// A step would take a parameter out of the finite numbers.
    #[error(
        "{when}: a step at the learning rate {rate} would take parameter {parameter} out of the \
         finite numbers; lower the rate (the parameters are as they were before it)"
    )]
    Diverged {
        /// The step at fault.
        when: When,
        /// The parameter's path in the pair (model, guide).
        parameter: String,
        /// The learning rate.
        rate: f64,
    },
    /// A learning rate is not a number that can be stepped by.
    #[error("{when}: the learning rate is {rate}, but it must be finite and not negative")]
    LearningRate {
        /// The step at fault.
        when: When,
        /// The rate.
        rate: f64,
    },
    /// The longest allowed gradient is not positive.
    #[error("the maximal gradient norm is {0}, but it must be positive")]
    MaxGradientNorm(f64),
    /// Data came in batches, but no plate scales them.
    #[error(
        "the data came in more than one batch, but no site lies in a plate of which a batch is a part, so the likelihood of a batch would count as that of all data; put it in t.plate(name, Subsample {{ total, batch }}, ..)"
    )]
    MinibatchWithoutPlate,
    /// Minibatches of other rows than those of the plates.
    #[error(
        "the minibatches are of {total} rows, but the plates of which a part is at hand are {plates}, so that part would be scaled wrongly; give Shuffled and Subsample the same total"
    )]
    MinibatchTotal {
        /// The rows of a pass.
        total: usize,
        /// The plates with their totals.
        plates: Names,
    },
    /// A fit without particles.
    #[error("a step needs at least one particle, but 0 were asked for")]
    NoParticles,
    /// Fewer draws than an estimate needs.
    #[error("{asked} takes at least {needed} draws, but {found} were asked for; ask for more")]
    NoDraws {
        /// What was called, or the setting.
        asked: &'static str,
        /// The fewest draws.
        needed: usize,
        /// Those that were asked for.
        found: usize,
    },
    /// A number that the prior draws, and a fit of simulated data does not have.
    #[error(
        "the prior draws {number}, but the fit of data that were simulated with it does not know it; let the program sample the same sites in each run, whatever its data, its draws and its particles are"
    )]
    NotFitted {
        /// The number.
        number: String,
    },
    /// A factor, which no draws from the prior know of, in a calibration by simulated data.
    #[error(
        "\"{site}\" is a factor, which data that are simulated from the prior do not follow; say it by t.sample and t.observe, so that it can be simulated"
    )]
    FactorNotSimulated {
        /// The site.
        site: String,
    },
    /// All terms are finite, but their sum is not.
    #[error("every term is finite, but the bound is {bound}; rescale the data or compute in f64")]
    InfiniteBound {
        /// ±∞ or NaN.
        bound: f64,
    },
    /// The data iterator failed.
    #[error("batch {batch} could not be read: {source}")]
    Data {
        /// The batch's position in its epoch.
        batch: usize,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An epoch without data.
    #[error(
        "the epoch has no batch; check that the data set is not empty and the iterator is fresh"
    )]
    EmptyEpoch,
}

fn of_term(site: &Option<String>) -> String {
    site.as_ref().map(|site| format!(" by the term of \"{site}\"")).unwrap_or_default()
}
