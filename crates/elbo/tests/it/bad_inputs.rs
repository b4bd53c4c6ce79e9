//! What is said of inputs that cannot be meant, held against the table of the book.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use elbo::prelude::*;
use elbo::{AutoFit, Checkpoints, FitConfig, Shuffled, SviRecord};

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
    let (x, mut noise) = (numbers(&[1.0, 2.0, 3.0]), noise());
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
    cases.extend(of_guides());
    cases.extend(of_fits());
    cases.extend(of_files());
    cases
}

fn of_programs() -> Vec<(&'static str, Outcome)> {
    let single = Tensor::<2>::from_floats([[1.0]], &elbo::device("flex").unwrap());
    let observed = |x: Tensor<2>| Layout::discover(&mean, &x, &noise()).map(drop);
    let counts =
        |x: Tensor<2>| discovered(move |t| drop(t.observe("count", Poisson::new(3.0), x.clone())));
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
        ("no draws", fit().posterior().bound(&x, 0).map(drop).map_err(Into::into)),
    ]
}

fn of_files() -> Vec<(&'static str, Outcome)> {
    let other = || -> Outcome {
        let program = |t: &mut Trace, _: &()| {
            t.sample("z", Normal::new(0.0, 1.0).iid([1, 2]));
        };
        let layout = Layout::discover(&program, &(), &noise())?;
        let guide = MeanField::new(&layout, &program, &(), &mut noise())?;
        let svi = Svi::new(Model::new(program), guide, Elbo, noise());
        Ok(fit().load_record(svi.to_record())?)
    };
    let missing = SviRecord::load(&folder().join("nothing.fit")).map(drop);
    let within = || -> Outcome {
        let file = folder().join("a-file");
        fs::write(&file, "text")?;
        Ok(Checkpoints::open(file.join("checkpoints")).map(drop)?)
    };
    vec![
        ("a record of another model", other()),
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
    ]
}

/// The table of the book.
fn table() -> String {
    let folder = folder().display().to_string() + "/";
    let mut table = "| what was given | what is said |\n|---|---|\n".to_string();
    for (given, outcome) in cases() {
        let said = outcome.expect_err(given).to_string().replace(&folder, "");
        let said = said.replace(&elbo::devices().join(", "), ".."); // those of this build
        writeln!(table, "| {given} | {} |", said.replace('|', "\\|")).unwrap();
    }
    table
}

/// The table is between two marks of the chapter; with `ELBO_WRITE_BOOK` set it is written there.
#[test]
fn each_bad_input_is_answered_as_the_book_says() {
    let chapter = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../book/src/bad_inputs.md");
    let found = table();
    fs::remove_dir_all(folder()).unwrap();
    let text = fs::read_to_string(&chapter).unwrap();
    let (head, _) = text.split_once("| what was given").unwrap_or((&text, ""));
    if std::env::var_os("ELBO_WRITE_BOOK").is_some() {
        fs::write(&chapter, format!("{head}{found}")).unwrap();
        return;
    }
    let expected = &text[head.len()..];
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}
