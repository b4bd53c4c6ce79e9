//! What is said of inputs that cannot be meant, held against the table of the book.

use std::convert::Infallible;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use elbo::prelude::*;
use elbo::{AutoFit, Checkpoints, FitConfig, Schedule, Shuffled, SviRecord, Tempered};

type Outcome = Result<(), Box<dyn Error>>;

fn place() -> Place {
    Place::f64(&elbo::device("flex").unwrap()).unwrap()
}

fn noise() -> Noise {
    Noise::new(0, place())
}

fn numbers(values: &[f64]) -> Tensor<2> {
    place().tensor(values.to_vec(), [1, values.len()])
}

/// A run of a program without data.
fn discovered(program: impl Fn(&mut Trace)) -> Outcome {
    let program = |t: &mut Trace, _: &()| program(t);
    Ok(Layout::discover(&program, &(), &noise()).map(drop)?)
}

fn mean(t: &mut Trace, x: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0));
    t.observe("x", Normal::new(mu, 1.0), x.clone());
}

type Mean = Model<fn(&mut Trace, &Tensor<2>)>;

fn model() -> Mean {
    Model::new(mean)
}

/// A fit of the mean of three numbers.
fn fit() -> Svi<Mean, MeanField, Elbo> {
    fit_of(0)
}

fn fit_of(seed: u64) -> Svi<Mean, MeanField, Elbo> {
    let (x, mut noise) = (numbers(&[1.0, 2.0, 3.0]), Noise::new(seed, place()));
    let layout = Layout::discover(&mean, &x, &noise).unwrap();
    let guide = MeanField::new(&layout, &mean, &x, &mut noise).unwrap();
    Svi::new(model(), guide, Elbo, noise)
}

fn step(mut svi: Svi<Mean, MeanField, Elbo>, x: &Tensor<2>) -> Outcome {
    Ok(svi.step(x).map(drop)?)
}

fn guide_of(
    program: impl Fn(&mut Trace, &()) + Clone + Send + Sync,
    config: &MeanFieldConfig,
) -> Outcome {
    let layout = Layout::discover(&program, &(), &noise())?;
    Ok(config.init(&layout, &program, &(), &mut noise()).map(drop)?)
}

/// A folder of this process.
fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("elbo-bad-inputs-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Loading the bytes that `change` makes of those of a checkpoint.
fn loaded(change: impl Fn(Vec<u8>) -> Vec<u8>) -> Outcome {
    let path = folder().join("step-000000000.fit");
    fit().to_record().save(&path)?;
    let bytes = change(fs::read(&path)?);
    fs::write(&path, bytes)?;
    Ok(SviRecord::load(&path).map(drop)?)
}

/// What is said of each bad input.
fn cases() -> Vec<(&'static str, Outcome)> {
    let mut cases = of_programs();
    cases.extend(of_data());
    if let Ok(wgpu) = elbo::device("wgpu") {
        let double = Place::f64(&wgpu).map(drop).map_err(Into::into);
        cases.push(("double precision on a GPU that has none", double));
    }
    cases.extend(of_guides());
    cases.extend(of_fits());
    cases.extend(of_natural_gradients());
    cases.extend(of_files());
    cases
}

fn of_programs() -> Vec<(&'static str, Outcome)> {
    vec![
        ("a device of an unknown name", elbo::device("abacus").map(drop).map_err(Into::into)),
        (
            "parameters of different lengths",
            discovered(|t| {
                t.sample("z", Normal::new(numbers(&[0.0; 2]), numbers(&[1.0; 3])));
            }),
        ),
        (
            "a negative scale",
            discovered(|t| {
                t.sample("z", Normal::<2>::new(0.0, -1.0));
            }),
        ),
        (
            "a scale of 0 among others",
            discovered(|t| {
                t.sample("z", Normal::new(0.0, numbers(&[1.0, 0.0])));
            }),
        ),
        (
            "two sites of one name",
            discovered(|t| {
                t.sample("z", Normal::<2>::new(0.0, 1.0));
                t.sample("z", Normal::<2>::new(0.0, 1.0));
            }),
        ),
        ("an empty plate", discovered(|t| t.plate("rows", 0, |_| ()))),
        (
            "a batch larger than the data",
            discovered(|t| t.plate("rows", Subsample { total: 2, batch: 3 }, |_| ())),
        ),
        (
            "a site of another size than its plate",
            discovered(|t| {
                t.plate("rows", 3, |t| t.sample("z", Normal::new(numbers(&[0.0; 2]), 1.0)));
            }),
        ),
    ]
}

fn of_data() -> Vec<(&'static str, Outcome)> {
    let single = Tensor::<2>::from_floats([[1.0]], &elbo::device("flex").unwrap());
    let observed = |x: Tensor<2>| Layout::discover(&mean, &x, &noise()).map(drop);
    let counts =
        |x: Tensor<2>| discovered(move |t| drop(t.observe("count", Poisson::new(3.0), x.clone())));
    vec![
        ("data that are NaN", observed(numbers(&[1.0, f64::NAN])).map_err(Into::into)),
        ("a negative count", counts(numbers(&[2.0, -1.0]))),
        ("a count that is no integer", counts(numbers(&[2.5]))),
        (
            "data on the particle axis",
            observed(place().tensor(vec![1.0, 2.0], [2, 1])).map_err(Into::into),
        ),
        (
            "data of another length",
            discovered(|t| {
                t.observe("x", Normal::new(numbers(&[0.0; 2]), 1.0), numbers(&[1.0; 3]));
            }),
        ),
        (
            "data of another precision",
            discovered(move |t| {
                t.observe("x", Normal::new(0.0, 1.0), single.clone());
            }),
        ),
        (
            "data on another device",
            discovered(|t| {
                let elsewhere = Place::f64(&elbo::device("ndarray").unwrap()).unwrap();
                t.observe("x", Normal::new(0.0, 1.0), elsewhere.tensor::<2>(vec![1.0], [1, 1]));
            }),
        ),
    ]
}

fn of_guides() -> Vec<(&'static str, Outcome)> {
    let normal = |t: &mut Trace, _: &()| drop(t.sample("z", Normal::<2>::new(0.0, 1.0)));
    let coin = |t: &mut Trace, _: &()| drop(t.sample("k", Bernoulli::<2>::probs(0.5)));
    let nothing =
        |t: &mut Trace, _: &()| drop(t.observe("x", Normal::new(0.0, 1.0), numbers(&[1.0])));
    let nowhere = |t: &mut Trace, _: &()| {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.factor("nowhere", z * 0.0 + f64::NEG_INFINITY);
    };
    let config = MeanFieldConfig::new;
    let elsewhere = Layout::discover(&normal, &(), &noise()).unwrap();
    let at = elsewhere.at([("z", numbers(&[1.0, 2.0]))]);
    vec![
        ("a discrete latent under a continuous guide", guide_of(coin, &config())),
        ("a program without latents", guide_of(nothing, &config())),
        ("a start without scale", guide_of(normal, &config().with_scale(0.0))),
        ("a start of another shape", guide_of(normal, &config().with_init(Init::Value(at)))),
        ("no restarts", guide_of(normal, &config().with_restarts(0))),
        ("a density that is nowhere finite", guide_of(nowhere, &config())),
        (
            "more latents than all covariances are fitted for",
            AutoFit::new()
                .run(
                    Model::new(|t: &mut Trace, _: &()| {
                        t.sample("z", Normal::new(0.0, 1.0).iid([1, 601]));
                    }),
                    &(),
                    noise(),
                    &mut (),
                )
                .map(drop)
                .map_err(Into::into),
        ),
    ]
}

/// Minibatches of ten rows, under a plate of twenty.
fn other_rows() -> Outcome {
    let mut order = Shuffled::new(10, 5, &noise())?;
    let read = |rows: &[usize]| Ok::<_, Infallible>(numbers(&vec![1.0; rows.len()]));
    let program = |t: &mut Trace, x: &Tensor<2>| {
        let mu = t.sample("mu", Normal::new(0.0, 1.0));
        let rows = Subsample { total: 20, batch: x.dims()[1] };
        t.plate("rows", rows, |t| t.observe("x", Normal::new(mu, 1.0), x.clone()));
    };
    let layout = Layout::discover(&program, &numbers(&[1.0; 5]), &noise())?;
    let guide = MeanField::new(&layout, &program, &numbers(&[1.0; 5]), &mut noise())?;
    let mut svi = Svi::new(Model::new(program), guide, Elbo, noise());
    Ok(svi.fit_batches(&mut order, read, &FitConfig::new(), &mut ()).map(drop)?)
}

/// A fit of an objective that changes with the step.
fn unsteady() -> Outcome {
    let warm_up = Tempered::new(Schedule::Linear { from: 0.0, to: 1.0, steps: 100 });
    let (_, guide) = fit().into_parts();
    let mut svi = Svi::new(model(), guide, warm_up, noise());
    Ok(svi.fit(&numbers(&[1.0, 2.0, 3.0]), &FitConfig::new(), &mut ()).map(drop)?)
}

/// A calibration of a program that simulated data do not follow.
fn calibrated() -> Outcome {
    let tied = |t: &mut Trace, _: &()| {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.factor("bowl", z.square() * -0.5);
    };
    Ok(AutoFit::new().calibrate(&Model::new(tied), &(), noise(), 10).map(drop)?)
}

fn of_fits() -> Vec<(&'static str, Outcome)> {
    let x = numbers(&[1.0, 2.0, 3.0]);
    let parts = |count: usize| {
        fit().epoch(vec![numbers(&[1.0]); count], &mut ()).map(drop).map_err(Into::into)
    };
    let broken = || -> Outcome {
        let mut svi = fit();
        svi.run(3, &x, &mut ())?;
        Ok(svi.step(&numbers(&[1.0, f64::INFINITY, 3.0])).map(drop)?)
    };
    let tuned = |config: FitConfig| fit().fit(&x, &config, &mut ()).map(drop).map_err(Into::into);
    vec![
        ("no particles", step(fit().with_particles(0), &x)),
        ("a learning rate of NaN", step(fit().with_learning_rate(f64::NAN), &x)),
        ("a gradient norm below 0", step(fit().with_max_gradient_norm(-1.0), &x)),
        ("data that become infinite in mid-fit", broken()),
        ("an epoch without batches", parts(0)),
        ("minibatches without a plate", parts(2)),
        ("minibatches of nothing", Shuffled::new(10, 0, &noise()).map(drop).map_err(Into::into)),
        ("a first learning rate of 0", tuned(FitConfig::new().with_first_rate(0.0))),
        ("a tolerance below 0", tuned(FitConfig::new().with_tolerance(-1.0))),
        ("at most 0 steps", tuned(FitConfig::new().with_max_steps(0))),
        ("minibatches of other rows than the plate's", other_rows()),
        ("a fit of an objective that changes", unsteady()),
        ("a calibration of a program with a factor", calibrated()),
        ("no draws", fit().posterior().bound(&x, 0).map(drop).map_err(Into::into)),
    ]
}

/// A fit of a program to one number by natural gradients.
fn natural<P: Program<Tensor<2>> + Clone + Send + Fn(&mut Trace, &Tensor<2>)>(
    program: P,
) -> Result<NaturalSvi<Model<P>>, Box<dyn Error>> {
    let layout = Layout::discover(&program, &numbers(&[1.0]), &noise())?;
    let guide = ExponentialFamily::of_globals(&layout)?;
    let model = Model::new(program).with_params(&layout);
    Ok(NaturalSvi::new(model, guide, noise()))
}

/// A bound that every update lowers.
struct Falling(f64);

impl Coordinates<()> for Falling {
    type Error = Infallible;

    fn factors(&self) -> usize {
        1
    }

    fn update(&mut self, _: usize, _: &()) -> Result<(), Infallible> {
        self.0 -= 1.0;
        Ok(())
    }

    fn bound(&self, _: &()) -> Result<f64, Infallible> {
        Ok(self.0)
    }
}

fn of_natural_gradients() -> Vec<(&'static str, Outcome)> {
    let x = numbers(&[1.0]);
    let mean: fn(&mut Trace, &Tensor<2>) = mean;
    let counts = |t: &mut Trace, x: &Tensor<2>| {
        let z: Tensor<2> = t.sample("z", Normal::new(0.0, 1.0));
        t.observe("x", Poisson::new(z.exp()), x.clone());
    };
    let wait = |t: &mut Trace, x: &Tensor<2>| {
        let rate: Tensor<2> = t.sample("rate", Exponential::new(1.0));
        t.observe("x", Poisson::new(rate), x.clone());
    };
    let trained = |t: &mut Trace, x: &Tensor<2>| {
        let loc = t.param("loc", t.place().zeros::<2>([1, 1]), Support::Real);
        let z = t.sample("z", Normal::new(loc, 1.0));
        t.observe("x", Normal::new(z, 1.0), x.clone());
    };
    let by_ascent = || -> Outcome {
        let mut fit = natural(counts)?;
        Ok(CoordinateAscent::new().run(&mut fit, &x, |_, _| ()).map(drop)?)
    };
    let ascent = |ascent: CoordinateAscent| -> Outcome {
        Ok(ascent.run(&mut Falling(0.0), &(), |_, _| ()).map(drop)?)
    };
    let outside = || -> Outcome {
        let fit = natural(mean)?;
        Ok(fit.guide().clone().with_natural("mu", &[0.0, 0.5]).map(drop)?)
    };
    let by_steps =
        |fit: Result<NaturalSvi<Mean>, Box<dyn Error>>| -> Outcome { Ok(fit?.step(&x).map(drop)?) };
    vec![
        ("a step size of more than 1", by_steps(natural(mean).map(|fit| fit.with_step_sizes(1.5)))),
        ("three points of each site", by_steps(natural(mean).map(|fit| fit.with_points(3)))),
        (
            "natural gradients of a model with parameters",
            natural(trained).and_then(|mut fit| Ok(fit.step(&x).map(drop)?)),
        ),
        (
            "a family whose means no two points have",
            natural(wait).and_then(|mut fit| Ok(fit.step(&x).map(drop)?)),
        ),
        ("natural parameters outside of the family", outside()),
        ("coordinate ascent over a term that is not conjugate", by_ascent()),
        (
            "step sizes that fall too slowly",
            RobbinsMonro::new(1.0, 0.5).map(drop).map_err(Into::into),
        ),
        ("an update that lowers the bound", ascent(CoordinateAscent::new())),
        ("no sweeps", ascent(CoordinateAscent::new().with_max_sweeps(0))),
    ]
}

/// A record of two numbers, for a fit of one.
fn other() -> Outcome {
    let program = |t: &mut Trace, _: &()| {
        t.sample("z", Normal::new(0.0, 1.0).iid([1, 2]));
    };
    let layout = Layout::discover(&program, &(), &noise())?;
    let guide = MeanField::new(&layout, &program, &(), &mut noise())?;
    let svi = Svi::new(Model::new(program), guide, Elbo, noise());
    Ok(fit().load_record(svi.to_record())?)
}

/// A folder within a file.
fn within() -> Outcome {
    let file = folder().join("a-file");
    fs::write(&file, "text")?;
    Ok(Checkpoints::open(file.join("checkpoints")).map(drop)?)
}

/// A fit of this seed after so many steps, in the folder of another one.
fn goes_on(seed: u64, steps: usize, x: &Tensor<2>) -> Outcome {
    let folder = folder().join("checkpoints");
    let config = FitConfig::new().with_checkpoints(Checkpoints::open(&folder)?, 10);
    let fitted = fit().fit(&numbers(&[1.0, 2.0, 3.0]), &config.clone().with_max_steps(20), &mut ());
    let mut svi = fit_of(seed);
    svi.run(steps, x, &mut ())?;
    let again = fitted.and_then(|_| svi.fit(x, &config, &mut ())).map(drop);
    fs::remove_dir_all(folder)?;
    Ok(again?)
}

fn of_files() -> Vec<(&'static str, Outcome)> {
    let missing = SviRecord::load(&folder().join("nothing.fit")).map(drop);
    vec![
        ("a record of another model", other()),
        ("the folder of a fit of other data", goes_on(0, 0, &numbers(&[1.0, 2.0, 4.0]))),
        ("the folder of a fit of another seed", goes_on(1, 0, &numbers(&[1.0, 2.0, 3.0]))),
        ("the folder of a fit that is behind", goes_on(0, 30, &numbers(&[1.0, 2.0, 3.0]))),
        ("a checkpoint that is not there", missing.map_err(Into::into)),
        ("another program's file", loaded(|_| b"a letter".to_vec())),
        ("a checkpoint that is cut short", loaded(|bytes| bytes[..bytes.len() / 2].to_vec())),
        (
            "a checkpoint with a changed byte",
            loaded(|mut bytes| {
                bytes[100] ^= 1;
                bytes
            }),
        ),
        (
            "a checkpoint of a later version",
            loaded(|mut bytes| {
                bytes[8] = 99;
                bytes
            }),
        ),
        ("a file where a folder should be", within()),
        #[cfg(target_os = "linux")]
        ("a full disk", Err(on_a_full_disk().into())),
        #[cfg(target_os = "linux")]
        (
            "a folder that takes no files",
            fit().to_record().save(Path::new("/proc/step.fit")).map_err(Into::into),
        ),
    ]
}

/// What is said in a process whose files may have no more than 512 bytes, which is what a full disk comes to: a write that fails.
#[cfg(target_os = "linux")]
fn on_a_full_disk() -> String {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    let test = "bad_inputs::a_checkpoint_on_a_full_disk";
    shell.arg(std::env::current_exe().unwrap()).args([test, "--exact", "--ignored", "--nocapture"]);
    let said = shell.env(FULL, folder()).output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    let line = said.lines().find_map(|line| line.split_once("SAID: ")).expect(&said);
    line.1.to_string()
}

/// Where the process without room writes.
const FULL: &str = "ELBO_TEST_FULL";

#[test]
#[ignore = "the process that has no room for files"]
#[allow(clippy::print_stdout, reason = "what another process reads")]
fn a_checkpoint_on_a_full_disk() {
    let Some(folder) = std::env::var_os(FULL).map(PathBuf::from) else { return };
    let error = fit().to_record().save(&folder.join("step.fit")).unwrap_err();
    println!("SAID: {error}");
}

/// The rows whose device or system may not be there.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn elsewhere() -> Vec<&'static str> {
    let mut rows = Vec::new();
    if elbo::device("wgpu").is_err() {
        rows.push("double precision on a GPU that has none");
    }
    if cfg!(not(target_os = "linux")) {
        rows.extend(["a full disk", "a folder that takes no files"]);
    }
    rows.iter().for_each(|row| eprintln!("NOT RUN: {row}"));
    rows
}

/// The text with dots for what is between these two.
fn without(text: &str, before: &str, after: &str) -> String {
    let parts =
        text.split_once(before).and_then(|(head, rest)| Some((head, rest.split_once(after)?)));
    parts.map_or(text.to_string(), |(head, (_, tail))| format!("{head}{before}..{after}{tail}"))
}

/// The table of the book.
fn table() -> String {
    let folder = folder().display().to_string() + "/";
    let mut table = "| what was given | what is said |\n|---|---|\n".to_string();
    for (given, outcome) in cases() {
        let said = outcome.expect_err(given).to_string().replace(&folder, "");
        let said = said.replace(&elbo::devices().join(", "), ".."); // those of this build
        let said = without(&said, "exp(0.1) = ", ")"); // the driver's
        let said = without(&said, "step.fit.", ".tmp"); // the process's
        writeln!(table, "| {given} | {} |", said.replace('|', "\\|")).unwrap();
    }
    table
}

/// The table is between two marks of the chapter; with `ELBO_WRITE_BOOK` set it is written there.
#[test]
fn each_bad_input_is_answered_as_the_book_says() {
    let chapter = Path::new("../../book/src/bad_inputs.md");
    let found = table();
    fs::remove_dir_all(folder()).unwrap();
    let text = fs::read_to_string(chapter).unwrap();
    let (head, _) = text.split_once("| what was given").unwrap_or((&text, ""));
    if std::env::var_os("ELBO_WRITE_BOOK").is_some() {
        fs::write(chapter, format!("{head}{found}")).unwrap();
        return;
    }
    let elsewhere: Vec<_> = elsewhere().iter().map(|row| format!("| {row} |")).collect();
    let expected = text[head.len()..].lines();
    let expected: Vec<_> =
        expected.filter(|line| !elsewhere.iter().any(|row| line.starts_with(row))).collect();
    for (found, expected) in found.lines().zip(&expected) {
        assert_eq!(found, *expected);
    }
    assert_eq!(found.lines().count(), expected.len());
}
