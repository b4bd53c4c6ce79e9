//! Reports as pages with pictures.

use std::fs;
use std::process::Command;

use elbo_report::pictures::{
    PictureError, k_hats, marginal, pairs, replicated, restarts, shares, trace,
};
use elbo_report::{Bound, Calibrated, Report, Sample};

use crate::hand_made::{
    agreement, bare, course, local, number, passing, predicted, sample, signal, weights,
};
use crate::scratch::{Scratch, interpreter};

/// Names of the elements that have no end.
const VOID: [&str; 1] = ["meta"];

/// Checks that all elements end in turn, and that no `<` or `&` is left unescaped.
fn assert_well_formed(html: &str) {
    let body = html.strip_prefix("<!DOCTYPE html>").unwrap_or(html);
    let mut open = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        assert!(name.chars().all(char::is_alphanumeric) && !name.is_empty(), "<{tag}>");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        match (tag.starts_with('/'), tag.ends_with('/') || VOID.contains(&name)) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, false) => open.push(name),
            (false, true) => {}
        }
        let entity = |rest: &str| rest.split_once(';').is_some_and(|(name, _)| name.len() < 6);
        assert!(text.split('&').skip(1).all(entity), "{text}");
    }
    assert!(open.is_empty(), "{open:?} did not end");
}

fn page(report: &Report) -> String {
    let html = report.to_html().unwrap();
    assert_well_formed(&html);
    html
}

#[test]
fn a_page_has_all_verdicts_tables_and_pictures() {
    let html = page(&passing());
    let checks = passing().checks().len() + passing().model_checks().len();
    assert_eq!(html.matches("<span class=\"verdict pass\">pass</span>").count(), 1 + checks);
    // The course, restarts, elements, replicated data, shares, two numbers and their pairs.
    assert_eq!(html.matches("<svg").count(), 8);
    assert_eq!(html.matches("<section>").count(), 7);
    assert_eq!(html.matches("<figcaption>").count(), 7);
    assert!(html.contains("<td>theta[0]</td><td>4.000</td><td>2.000</td>"));
}

#[test]
fn a_page_needs_nothing_else() {
    let html = page(&passing());
    for outside in ["src=", "href", "url(", "@import", "<script", "<link"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

/// What is wrong with a page in a browser, if `ELBO_PYTHON` names an interpreter that has one.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn wrong_in_a_browser(scratch: &Scratch, html: &str, pictures: usize) -> Option<String> {
    let path = scratch.path("page.html");
    fs::write(&path, html).unwrap();
    let interpreter = interpreter(&path)?;
    let script = "tests/open_page.py";
    let mut command = Command::new(&interpreter);
    let opened = command.arg(script).arg(&path).arg(pictures.to_string()).output().unwrap();
    let [printed, fault] = [opened.stdout, opened.stderr].map(|x| String::from_utf8(x).unwrap());
    match opened.status.code() {
        Some(0) => Some(String::new()),
        Some(1) if !printed.is_empty() => Some(printed),
        Some(77) => {
            eprintln!(
                "NOT RUN: {interpreter:?} has no playwright or no browser to open a page with"
            );
            None
        }
        _ => panic!("{} {fault}", opened.status),
    }
}

#[test]
fn a_browser_opens_a_page_without_an_error() {
    let html = page(&passing());
    let Some(wrong) = wrong_in_a_browser(&Scratch::new("page"), &html, 8) else { return };
    assert_eq!(wrong, "");
}

/// Otherwise nothing would be known from a page without an error.
#[test]
fn a_browser_tells_what_is_wrong_with_a_broken_page() {
    let (html, scratch) = (page(&passing()), Scratch::new("broken"));
    let broken = [
        ("<script>throw new Error('broken')</script>", 8, "script: broken\n"),
        ("<script>console.warn('worn')</script>", 8, "warning: worn\n"),
        ("", 9, "pictures: 8, but 9 were expected\n"),
    ];
    for (end, pictures, expected) in broken {
        let Some(wrong) = wrong_in_a_browser(&scratch, &format!("{html}{end}"), pictures) else {
            return;
        };
        assert_eq!(wrong, expected);
    }
    let missing = format!("{html}<img src=\"missing.png\">");
    let Some(wrong) = wrong_in_a_browser(&scratch, &missing, 8) else { return };
    assert!(wrong.contains("request: ") && wrong.contains("missing.png"), "{wrong}");
}

#[test]
fn a_bare_page_has_one_section() {
    let html = page(&bare());
    assert_eq!((html.matches("<section>").count(), html.matches("<svg").count()), (1, 0));
}

#[test]
fn names_are_escaped_everywhere() {
    let wild = "<b>&\"'\u{1}".to_string();
    let mut report = passing();
    report.title = wild.clone();
    report.course.as_mut().unwrap().end = wild.clone();
    report.local[0].plate = wild.clone();
    report.numbers[0].name = wild.clone();
    report.signals = vec![signal(&wild, 9.0)];
    report.agreement.as_mut().unwrap().least = wild.clone();
    report.predicted[0].site = wild.clone();
    report.calibration.as_mut().unwrap().rows[0].name = wild.clone();
    report.reference.as_mut().unwrap().sampler = wild.clone();
    report.samples[0].name = wild;
    let html = page(&report);
    assert!(!html.contains("<b>") && !html.contains('\u{1}'));
    assert!(html.contains("<title>&lt;b&gt;&amp;&quot;&#39;\u{fffd}</title>"));
}

#[test]
fn an_untitled_page_has_a_title() {
    let mut report = bare();
    report.title = " ".into();
    assert!(page(&report).contains("<title>Report of a fit</title>"));
}

/// Lists that a picture may meet.
fn strange() -> Vec<Vec<f64>> {
    let extremes = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0];
    vec![
        vec![],
        vec![f64::NAN; 3],
        vec![2.0],
        vec![0.0; 50],
        vec![1e16; 50],
        vec![1e-320, 2e-320, 0.0],
        vec![-9e299, 9e299, 1.0],
        vec![1.0, 1.0 + f64::EPSILON],
        vec![1e-200, 3e-200],
        extremes.to_vec(),
        (0..5000).map(|i| f64::from(i % 71).powi(7)).collect(),
    ]
}

#[test]
fn nothing_strange_panics() {
    for a in strange() {
        for b in strange() {
            assert_drawn(&a, &b);
        }
    }
}

fn assert_drawn(a: &[f64], b: &[f64]) {
    let mut report = passing();
    let course = report.course.as_mut().unwrap();
    (course.bounds, course.every) = (a.to_vec(), b.len() as u64);
    course.levels = vec![(0, 0.1), (1, f64::NAN), (u64::MAX, 0.0)];
    report.local = vec![local(a.to_vec(), b.to_vec())];
    report.predicted[0].replicated = a.to_vec();
    report.predicted[0].observed = b.first().copied().unwrap_or(f64::NAN);
    report.calibration.as_mut().unwrap().rows[0].shares = a.to_vec();
    let bounds = a.iter().zip(b).map(|(a, b)| Bound { mean: *a, standard_error: *b });
    report.agreement.as_mut().unwrap().bounds = bounds.collect();
    report.samples = [("a", a, b), ("b", b, a)].map(strange_sample).to_vec();
    report.numbers = a.iter().zip(b).take(9).map(|(a, b)| strange_number(*a, *b)).collect();
    page(&report);
    assert!(!report.to_string().is_empty());
}

fn strange_sample((name, a, b): (&str, &[f64], &[f64])) -> Sample {
    let [posterior, prior, reference] = [a, b, b].map(<[f64]>::to_vec);
    Sample { name: name.into(), posterior, prior, reference }
}

fn strange_number(mean: f64, sd: f64) -> elbo_report::NumberRow {
    let mut row = number("mu");
    (row.mean, row.sd, row.corrected_mean) = (mean, sd, sd);
    row
}

#[test]
fn pictures_of_nothing_are_refused() {
    let empty = |picture: Result<String, PictureError>, name: &str| {
        let expected =
            format!("the picture of {name} has nothing to draw; give at least one finite value");
        assert_eq!(picture.unwrap_err().to_string(), expected);
    };
    let (mut course, mut agreement, mut mean) = (course(), agreement(0.1), predicted(1.0));
    course.bounds = vec![f64::NAN];
    agreement.bounds.clear();
    mean.replicated.clear();
    let mut constant = sample("mu", 1.0);
    constant.posterior = vec![f64::INFINITY];
    empty(trace(&course), "the course of the fit");
    empty(restarts(&agreement), "restarts");
    empty(replicated(&mean), "replicated data");
    empty(marginal(&constant), "a number");
    empty(k_hats(&local(vec![], vec![])), "k-hats");
    empty(shares(&Calibrated { name: "mu".into(), shares: vec![] }), "shares of draws");
    empty(pairs(&[sample("mu", 1.0), constant]), "pairs of numbers");
}

/// The line of the 1200th step and the course; the levels at 0 and beyond the end have none.
#[test]
fn a_course_has_a_line_at_each_level() {
    let mut course = course();
    course.levels = vec![(0, 0.1), (1200, 0.01), (9999, 0.001)];
    let svg = trace(&course).unwrap();
    let colours = ["#828282", "#2E78BE"].map(|colour| svg.matches(colour).count());
    assert_eq!(colours, [1, 1]);
}

#[test]
fn large_lists_make_small_pictures() {
    let mut report = passing();
    report.importance = weights(0.1, 500.0);
    report.local = vec![local(vec![0.5; 200_000], vec![100.0; 200_000])];
    report.course.as_mut().unwrap().bounds = vec![1.0; 200_000];
    report.samples = (0..4).map(|_| strange_sample(("x", &vec![0.1; 50_000], &[0.2]))).collect();
    assert!(page(&report).len() < 1_000_000);
}
