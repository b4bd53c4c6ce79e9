//! Learns topics of documents by coordinate ascent and by stochastic natural gradients.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

mod args;
mod peer;

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use elbo::Place;
use lda::{
    Curve, Halves, Lda, LdaError, Options, ProdLdaFit, Row, Split, coherence, curves_as_csv,
    draw_bounds, grids, perplexity, table, topic_lines, word_lines,
};

use crate::args::{Args, Method};

fn main() -> ExitCode {
    match compare(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> Result<(), Box<dyn Error>> {
    let methods = args.methods();
    if methods.contains(&Method::ProdLda) && args.options(Method::ProdLda).topics < 2 {
        return Err(
            "ProdLDA takes at least 2 topics; give --topics, or --method batch,stochastic,adam"
                .into(),
        );
    }
    let split = args.split()?;
    println!("{}", describe(&split));
    fs::create_dir_all(&args.out)
        .map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    let (mut rows, mut curves) = (vec![floor(args, &split)?], Vec::new());
    for method in methods {
        let best = best(method, args, &split)?;
        rows.push(measure(&method.to_string(), &best, &split, args)?);
        println!("{method}\n{}", topics(&best.model, &split, args));
        // The bound of another model says nothing beside these.
        if method != Method::ProdLda {
            curves.push(best.curve);
        }
    }
    if let Some(python) = &args.scikit {
        let topics = args.options(Method::Stochastic).topics;
        rows.extend(peer::scikit(python, &args.out.join("split"), &split, topics)?);
    }
    println!("{}", table(&rows));
    if !curves.is_empty() {
        fs::write(args.out.join("bounds.csv"), curves_as_csv(&curves))?;
        draw_bounds(&args.out.join("bounds.svg"), &curves)?;
        println!("bounds: {}", args.out.display());
    }
    Ok(())
}

fn describe(Split { train, test }: &Split) -> String {
    let tokens: u64 = test.iter().map(|halves| halves.second.tokens()).sum();
    format!(
        "{} documents to train on ({} empty ones left out) with {} tokens of {} words; {} to test, {tokens} tokens in their second halves\n",
        train.documents().len(),
        train.dropped(),
        train.tokens(),
        train.vocabulary().len(),
        test.len(),
    )
}

/// One topic: how often words occur.
fn floor(args: &Args, split: &Split) -> Result<Row, Box<dyn Error>> {
    let options = Options { topics: 1, passes: 1, ..args.options(Method::Batch) };
    measure("one topic", &fit(Method::Batch, args, &options, split)?, split, args)
}

struct Fit {
    model: Fitted,
    curve: Curve,
    seconds: f64,
}

enum Fitted {
    Lda(Lda),
    /// With the place of its tensors.
    ProdLda(Box<ProdLdaFit>, Place),
}

impl Fitted {
    /// The first words of each topic.
    fn tops(&self, count: usize) -> Vec<Vec<usize>> {
        match self {
            Self::Lda(lda) => {
                let topics = 0..lda.alpha().len();
                topics.map(|topic| lda.topics().top_words(topic, count)).collect()
            }
            Self::ProdLda(fit, _) => fit.top_words(count),
        }
    }

    fn perplexity(&self, halves: &[Halves]) -> Result<f64, LdaError> {
        match self {
            Self::Lda(lda) => perplexity(lda, halves),
            Self::ProdLda(fit, place) => fit.perplexity(halves, place),
        }
    }
}

impl Fit {
    fn bound(&self) -> f64 {
        self.curve.points.last().map_or(f64::NEG_INFINITY, |point| point.1)
    }
}

/// Of all starts that with the largest bound, with the seconds of all.
fn best(method: Method, args: &Args, split: &Split) -> Result<Fit, Box<dyn Error>> {
    let options = args.options(method);
    let starts = args.starts().get() as u64;
    let mut best = fit(method, args, &options, split)?;
    for start in 1..starts {
        let seed = options.seed.wrapping_add(start);
        let mut next = fit(method, args, &Options { seed, ..options }, split)?;
        next.seconds += best.seconds;
        best.seconds = next.seconds;
        if next.bound() > best.bound() {
            best = next;
        }
    }
    Ok(best)
}

/// A posterior, its bounds, and the seconds without those that only bounds took.
fn fit(
    method: Method,
    args: &Args,
    options: &Options,
    split: &Split,
) -> Result<Fit, Box<dyn Error>> {
    let (start, mut apart) = (Instant::now(), Duration::ZERO);
    let place = Place::f32(&elbo::device(&args.device)?);
    let mut points = Vec::new();
    let mut observe = |pass: usize, lda: &Lda| {
        let begun = Instant::now();
        points.extend(lda.bound(&split.train).map(|bound| (pass, bound)));
        apart += begun.elapsed();
    };
    let model = match method {
        Method::Batch => {
            let (lda, info) = options.fit_batch(&split.train, |_, _| ())?;
            points.extend(info.bounds.into_iter().enumerate());
            Fitted::Lda(lda)
        }
        Method::Stochastic => Fitted::Lda(options.fit_stochastic(&split.train, observe)?),
        Method::Adam => {
            let rate = args.learning_rate(method);
            // A bound costs as much as a pass: some are enough.
            let some = |pass: usize, lda: &Lda| {
                if pass.is_multiple_of(10) {
                    observe(pass, lda);
                }
            };
            Fitted::Lda(options.fit_svi(&split.train, &place, rate, some)?)
        }
        Method::ProdLda => {
            let rate = args.learning_rate(method);
            let fit = options.fit_prod_lda(&split.train, &place, rate, |pass, bound| {
                points.push((pass, bound));
            })?;
            Fitted::ProdLda(Box::new(fit), place)
        }
    };
    let seconds = (start.elapsed() - apart).as_secs_f64();
    Ok(Fit { model, curve: Curve { method: method.to_string(), points }, seconds })
}

/// The first words of each topic, and their coherence.
fn scored(model: &Fitted, split: &Split, args: &Args) -> (Vec<Vec<usize>>, Vec<f64>) {
    let tops = model.tops(args.top_words());
    let each = coherence(&split.train, &tops);
    (tops, each)
}

fn measure(
    method: &str,
    Fit { model, seconds, .. }: &Fit,
    split: &Split,
    args: &Args,
) -> Result<Row, Box<dyn Error>> {
    let (_, each) = scored(model, split, args);
    let npmi = each.iter().sum::<f64>() / each.len() as f64;
    let perplexity = model.perplexity(&split.test)?;
    Ok(Row { method: method.to_string(), perplexity, npmi, seconds: *seconds })
}

fn topics(model: &Fitted, split: &Split, args: &Args) -> String {
    let (tops, each) = scored(model, split, args);
    let words = split.train.vocabulary();
    match model {
        Fitted::Lda(lda) if args.is_given() => topic_lines(lda, words, &tops, &each),
        Fitted::Lda(lda) => grids(lda),
        Fitted::ProdLda(..) => word_lines(words, &tops, &each),
    }
}
