//! scratch
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]
use std::path::PathBuf;
use std::time::Instant;
use clap::Parser;
use lda::*;
#[derive(Parser)]
struct Args {
    #[arg(long)] ap: Option<PathBuf>,
    #[arg(long)] news: Option<PathBuf>,
    #[arg(long, default_value_t = 50)] topics: usize,
    #[arg(long, default_value_t = 0.1)] alpha: f64,
    #[arg(long, default_value_t = 0.01)] eta: f64,
    #[arg(long)] learn: bool,
    #[arg(long)] batch_method: bool,
    #[arg(long, default_value_t = 10)] passes: usize,
    #[arg(long, default_value_t = 128)] batch: usize,
    #[arg(long, default_value_t = 10.0)] delay: f64,
    #[arg(long, default_value_t = 0.7)] forgetting: f64,
    #[arg(long, default_value_t = 0)] seed: u64,
    #[arg(long, default_value_t = 0)] half: u64,
    #[arg(long)] export: Option<PathBuf>,
    #[arg(long)] each: bool,
}
fn main() {
    let a = Args::parse();
    let (train, test) = match (&a.ap, &a.news) {
        (Some(d), _) => Corpus::associated_press(d).unwrap().hold_out(10, 0).unwrap(),
        (_, Some(d)) => Corpus::newsgroups(d).unwrap(),
        _ => bars(600, 100, 0).unwrap().hold_out(6, 0).unwrap(),
    };
    let h = halves(&test, a.half);
    if let Some(d) = &a.export { export(d, &train, &h).unwrap(); }
    let learns = if a.learn { Alpha::Learned } else { Alpha::Fixed };
    let o = Options { topics: a.topics, alpha: a.alpha, learns, eta: a.eta, passes: a.passes, batch: a.batch, delay: a.delay, forgetting: a.forgetting, seed: a.seed };
    let start = Instant::now();
    let m = if a.batch_method {
        let (m, i) = o.fit_batch(&train, |p, b| if a.each || p % 20 == 0 { println!("{p} {b:.0}") }).unwrap();
        println!("{:?} {} {}", i.end, i.sweeps(), i.bound());
        m
    } else {
        o.fit_stochastic(&train, |p, m| if a.each || p % 10 == 0 { println!("{p} {:.1} {:.1}s", perplexity(m, &h).unwrap(), start.elapsed().as_secs_f64()) }).unwrap()
    };
    let sec = start.elapsed().as_secs_f64();
    let tops: Vec<_> = (0..a.topics).map(|k| m.topics().top_words(k, 10)).collect();
    let c = coherence(&train, &tops);
    println!("perplexity {:.1} npmi {:.4} sec {sec:.1} alpha sum {:.3} max {:.3}", perplexity(&m, &h).unwrap(), c.iter().sum::<f64>() / c.len() as f64, m.alpha().iter().sum::<f64>(), m.alpha().iter().cloned().fold(0.0, f64::max));
}
