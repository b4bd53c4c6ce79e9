//! Learns topics of documents by coordinate ascent and by stochastic natural gradients.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::error::Error;
use std::fmt;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use elbo::Place;
use lda::{
    Alpha, Curve, Halves, Lda, LdaError, Options, ProdLdaFit, Row, Split, coherence, curves_as_csv,
    draw_bounds, export, grids, perplexity, table, topic_lines, word_lines,
};

/// Learns topics: of a small corpus whose topics are bars in a grid of words, of the Associated Press, or of 20 Newsgroups.
#[derive(Parser)]
struct Args {
    /// The folder of ap.dat and vocab.txt.
    #[arg(long)]
    ap: Option<PathBuf>,
    /// The folder of train.feat, test.feat and vocab.new.
    #[arg(long, conflicts_with = "ap")]
    news: Option<PathBuf>,
    /// The methods [default: all].
    #[arg(long, value_delimiter = ',')]
    method: Vec<Method>,
    /// The topics [default: 10, or 50 for a corpus that is given].
    #[arg(long)]
    topics: Option<NonZeroUsize>,
    /// The most passes over the documents, for each method [default: by corpus and method].
    #[arg(long)]
    passes: Option<usize>,
    /// The concentration of topics in documents [default: by corpus].
    #[arg(long)]
    alpha: Option<f64>,
    /// Learn a concentration for each topic, from --alpha on.
    #[arg(long)]
    learn_alpha: bool,
    /// The concentration of words in topics [default: by corpus].
    #[arg(long)]
    eta: Option<f64>,
    /// The documents of a minibatch [default: by corpus].
    #[arg(long)]
    batch: Option<usize>,
    /// What weakens the first steps of minibatches, at least 1.
    #[arg(long)]
    delay: Option<f64>,
    /// How fast steps of minibatches fall, more than 0.5 and at most 1.
    #[arg(long)]
    forgetting: Option<f64>,
    /// The learning rate of Adam and ProdLDA [default: 0.1 and 0.002].
    #[arg(long)]
    learning_rate: Option<f64>,
    /// The device of Adam and ProdLDA: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// The seed of the topics at the start, and of the order of documents.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The starts of each method, of which that with the largest bound counts [default: 3, or 1 for a corpus that is given].
    #[arg(long)]
    starts: Option<NonZeroUsize>,
    /// Where to write the split, for other programs.
    #[arg(long)]
    export: Option<PathBuf>,
    /// Where to write bounds.csv and bounds.svg.
    #[arg(long, default_value = "out/lda")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Coordinate ascent.
    Batch,
    /// Stochastic natural gradients.
    Stochastic,
    /// Svi with Adam on the program, with a concentration for each word and document.
    Adam,
    /// An amortized topic model.
    ProdLda,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Batch => "batch",
            Self::Stochastic => "stochastic",
            Self::Adam => "Adam",
            Self::ProdLda => "ProdLDA",
        })
    }
}

impl Args {
    fn split(&self) -> Result<Split, lda::CorpusError> {
        match (&self.ap, &self.news) {
            (Some(dir), _) => Split::associated_press(dir),
            (_, Some(dir)) => Split::newsgroups(dir),
            _ => Split::bars(),
        }
    }

    fn options(&self, method: Method) -> Options {
        let default = match (&self.ap, &self.news) {
            (Some(_), _) => Options::for_associated_press(),
            (_, Some(_)) => Options::for_newsgroups(),
            _ => Options::for_bars(),
        };
        let passes = match method {
            Method::Batch if self.is_given() => 40,
            Method::Batch => 200,
            Method::Stochastic => default.passes,
            Method::Adam => 200,
            Method::ProdLda => 100,
        };
        Options {
            topics: self.topics.map_or(default.topics, NonZeroUsize::get),
            alpha: self.alpha.unwrap_or(default.alpha),
            learns: if self.learn_alpha { Alpha::Learned } else { default.learns },
            eta: self.eta.unwrap_or(default.eta),
            passes: self.passes.unwrap_or(passes),
            batch: self.batch.unwrap_or(match method {
                Method::ProdLda => 200,
                _ => default.batch,
            }),
            delay: self.delay.unwrap_or(default.delay),
            forgetting: self.forgetting.unwrap_or(default.forgetting),
            seed: self.seed,
        }
    }

    /// Whether the corpus is one that takes minutes.
    fn is_given(&self) -> bool {
        self.ap.is_some() || self.news.is_some()
    }

    fn starts(&self) -> NonZeroUsize {
        let is_given = self.ap.is_some() || self.news.is_some();
        let default =
            if is_given { NonZeroUsize::MIN } else { NonZeroUsize::MIN.saturating_add(2) };
        self.starts.unwrap_or(default)
    }

    fn methods(&self) -> Vec<Method> {
        match self.method.is_empty() {
            true => Method::value_variants().to_vec(),
            false => self.method.clone(),
        }
    }
}

/// The words of a topic that are shown and scored.
const TOP_WORDS: usize = 10;

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
    let split = args.split()?;
    println!("{}", describe(&split));
    fs::create_dir_all(&args.out)
        .map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    if let Some(dir) = &args.export {
        export(dir, &split).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    let (mut rows, mut curves) = (vec![floor(args, &split)?], Vec::new());
    for method in args.methods() {
        let best = best(method, args, &split)?;
        rows.push(measure(&method.to_string(), &best, &split, Show::Topics(args))?);
        // The bound of another model says nothing beside these.
        if method != Method::ProdLda {
            curves.push(best.curve);
        }
    }
    println!("{}", table(&rows));
    fs::write(args.out.join("bounds.csv"), curves_as_csv(&curves))?;
    draw_bounds(&args.out.join("bounds.svg"), &curves)?;
    println!("bounds: {}", args.out.display());
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
    measure("one topic", &fit(Method::Batch, args, &options, split)?, split, Show::Nothing)
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
    fn tops(&self) -> Vec<Vec<usize>> {
        match self {
            Self::Lda(lda) => {
                let topics = 0..lda.alpha().len();
                topics.map(|topic| lda.topics().top_words(topic, TOP_WORDS)).collect()
            }
            Self::ProdLda(fit, _) => fit.top_words(TOP_WORDS),
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
            let rate = args.learning_rate.unwrap_or(0.1);
            // A bound costs as much as a pass: some are enough.
            let some = |pass: usize, lda: &Lda| {
                if pass.is_multiple_of(10) {
                    observe(pass, lda);
                }
            };
            Fitted::Lda(options.fit_svi(&split.train, &place, rate, some)?)
        }
        Method::ProdLda => {
            let rate = args.learning_rate.unwrap_or(0.002);
            let fit = options.fit_prod_lda(&split.train, &place, rate, |pass, bound| {
                points.push((pass, bound));
            })?;
            Fitted::ProdLda(Box::new(fit), place)
        }
    };
    let seconds = (start.elapsed() - apart).as_secs_f64();
    Ok(Fit { model, curve: Curve { method: method.to_string(), points }, seconds })
}

enum Show<'a> {
    Nothing,
    Topics(&'a Args),
}

fn measure(
    method: &str,
    Fit { model, seconds, .. }: &Fit,
    split: &Split,
    show: Show,
) -> Result<Row, Box<dyn Error>> {
    let tops = model.tops();
    let each = coherence(&split.train, &tops);
    match (show, model) {
        (Show::Nothing, _) => (),
        (Show::Topics(Args { ap: None, news: None, .. }), Fitted::Lda(lda)) => {
            println!("{method}\n{}", grids(lda));
        }
        (Show::Topics(_), Fitted::Lda(lda)) => {
            println!("{method}\n{}", topic_lines(lda, split.train.vocabulary(), &tops, &each));
        }
        (Show::Topics(_), Fitted::ProdLda(..)) => {
            println!("{method}\n{}", word_lines(split.train.vocabulary(), &tops, &each));
        }
    }
    let npmi = each.iter().sum::<f64>() / each.len() as f64;
    let perplexity = model.perplexity(&split.test)?;
    Ok(Row { method: method.to_string(), perplexity, npmi, seconds: *seconds })
}
