use std::io::Write;
use std::path::PathBuf;

/// The folder of data sets, from the environment variable `ELBO_DATA`; none, with a line on
/// standard error, where it is not set.
///
/// ```no_run
/// let Some(root) = elbo_testkit::data_dir() else { return };
/// let file = root.join("inference_gym/german_credit_numeric_logistic_regression.json");
/// ```
///
/// # Panics
/// If it names something that is not a folder: a mistyped path must not skip a test.
pub fn data_dir() -> Option<PathBuf> {
    let Some(root) = std::env::var_os("ELBO_DATA").map(PathBuf::from) else {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("this test");
        skipped(&format!("set ELBO_DATA to the folder of data sets to run {test}"));
        return None;
    };
    assert!(root.is_dir(), "ELBO_DATA is {}, which is not a folder", root.display());
    Some(root)
}

/// Says so past the test runner, which keeps what a passing test prints to itself.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
