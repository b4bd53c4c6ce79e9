//! Tags words with their parts of speech, and tells how far the probabilities of tags can be trusted.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::error::Error;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use elbo::Place;
use tagger::{
    Contender, Corpus, Entry, Grammar, Measures, Options, Pass, Tag, compare, confusion_svg,
    contenders, labelled,
};

/// Compares part-of-speech taggers: on sentences of a small grammar, or on UD English EWT.
#[derive(Parser)]
struct Args {
    /// The directory of train.tsv, dev.tsv and test.tsv: form, universal tag and own tag of a word a line.
    #[arg(long)]
    ewt: Option<PathBuf>,
    /// Passes over the sentences, in place of those of each tagger.
    #[arg(long)]
    passes: Option<NonZeroUsize>,
    /// The share of sentences whose tags are known, from 0 to 1.
    #[arg(long, default_value = "1", value_parser = share)]
    labels: f64,
    /// The taggers, by their places in the table from 1 [default: all].
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=5))]
    tagger: Vec<u8>,
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// The seed of the grammar's sentences, of what is labelled, of order and of noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write confusion.tsv, confusion.svg and reliability.tsv.
    #[arg(long, default_value = "out/tagger")]
    out: PathBuf,
}

/// More than 0 and at most 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "give a number of more than 0 and at most 1".to_string())
}

impl Args {
    fn corpus(&self) -> Result<Corpus, tagger::CorpusError> {
        let shipped = || Ok(Grammar::shipped().corpus(self.seed));
        let corpus = self.ewt.as_deref().map_or_else(shipped, Corpus::read)?;
        Ok(Corpus { train: labelled(&corpus.train, self.labels, self.seed), ..corpus })
    }

    fn contenders(&self) -> Vec<Contender> {
        let told = self.passes.map(NonZeroUsize::get);
        let with = |contender: Contender| {
            let options = match self.ewt {
                Some(_) => contender.options.for_share(self.labels),
                None => contender.options.for_grammar(),
            };
            let passes = told.unwrap_or(options.passes);
            Contender { options: Options { passes, ..options }, ..contender }
        };
        let all = (1..).zip(contenders(self.seed).into_iter().map(with));
        let is_chosen = |place| self.tagger.is_empty() || self.tagger.contains(&place);
        all.filter(|(place, _)| is_chosen(*place)).map(|(_, contender)| contender).collect()
    }
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let corpus = args.corpus()?;
    let writable = std::fs::create_dir_all(&args.out);
    writable.map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    let words: usize = corpus.train.iter().map(|sentence| sentence.words.len()).sum();
    println!("{} sentences of {words} words to train on\n", corpus.train.len());
    let place = Place::f32(&elbo::device(&args.device)?);
    let entries = compare(&corpus, &args.contenders(), &place, show)?;
    table("dev", &entries, |entry| &entry.dev);
    table("test", &entries, |entry| &entry.test);
    if args.ewt.is_none() {
        println!("\nno tagger is right more often than {:.2}%", 100.0 * best(&corpus));
    }
    entries.last().map_or(Ok(()), |entry| write(&args.out, entry))
}

fn show(Pass { name, pass, bound }: Pass) {
    eprintln!("{name}, pass {pass}: bound {bound:.4} nats a word");
}

fn table(part: &str, entries: &[Entry], of: impl Fn(&Entry) -> &Measures) {
    println!("\n{part:<26} accuracy  log-loss   Brier  calibration error  seconds");
    for entry in entries {
        let Measures { accuracy, log_loss, brier, calibration_error, .. } = of(entry);
        let (name, percent, seconds) = (entry.name, 100.0 * accuracy, entry.seconds);
        println!(
            "{name:<26} {percent:7.2}%  {log_loss:8.4}  {brier:6.4}  {calibration_error:17.4}  {seconds:7.1}"
        );
    }
}

/// The accuracy of the tagger that knows the grammar.
fn best(corpus: &Corpus) -> f64 {
    let grammar = Grammar::shipped();
    let marginals = corpus.test.iter().map(|sentence| grammar.marginals(&sentence.words));
    Measures::new(&corpus.test, &marginals.collect::<Vec<_>>()).accuracy
}

fn write(out: &Path, entry: &Entry) -> Result<(), Box<dyn Error>> {
    println!("\n{} on test, by the probability of the predicted tag", entry.name);
    let reliability = reliability(&entry.test)?;
    print!("{reliability}");
    std::fs::write(out.join("reliability.tsv"), reliability)?;
    std::fs::write(out.join("confusion.tsv"), confusion(&entry.test)?)?;
    confusion_svg(&out.join("confusion.svg"), &entry.test)?;
    println!("\ntables and a picture: {}", out.display());
    Ok(())
}

fn reliability(measures: &Measures) -> Result<String, std::fmt::Error> {
    let mut text = String::from("words\tconfidence\taccuracy\n");
    for bin in measures.bins.iter().filter(|bin| bin.words > 0) {
        writeln!(text, "{}\t{:.4}\t{:.4}", bin.words, bin.confidence, bin.accuracy)?;
    }
    Ok(text)
}

/// Rows are the tags that are there, columns what is predicted.
fn confusion(measures: &Measures) -> Result<String, std::fmt::Error> {
    let mut text = String::from("tag");
    Tag::all().try_for_each(|tag| write!(text, "\t{tag}"))?;
    for (tag, counts) in Tag::all().zip(&measures.confusion) {
        write!(text, "\n{tag}")?;
        counts.iter().try_for_each(|count| write!(text, "\t{count}"))?;
    }
    text.push('\n');
    Ok(text)
}
