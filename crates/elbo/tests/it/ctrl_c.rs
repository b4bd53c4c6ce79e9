//! Ctrl-C, sent to a process of its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use elbo::prelude::*;
use elbo::{Checkpoints, FitConfig, FitEnd};

/// Where the process that is interrupted writes.
const FOLDER: &str = "ELBO_TEST_INTERRUPTED";

fn mean(t: &mut Trace, x: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0));
    t.observe("x", Normal::new(mu, 1.0), x.clone());
}

/// Steps of 20 milliseconds, of which a fit takes at least 100; after the second Ctrl-C the switch stays set.
#[test]
#[ignore = "the process that ctrl_c_ends_a_fit_and_the_next_one_and_then_the_program interrupts"]
fn a_fit_under_ctrl_c() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let interrupt = elbo::ctrl_c().unwrap();
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let config =
        FitConfig::new().with_checkpoints(checkpoints, 5).with_interrupt(interrupt.clone());
    let place = Place::f64(&elbo::device("flex").unwrap()).unwrap();
    let (x, mut noise) = (place.tensor(vec![1.0, 2.0], [1, 2]), Noise::new(0, &place));
    let layout = Layout::discover(&mean, &x, &noise).unwrap();
    let guide = MeanField::new(&layout, &mean, &x, &mut noise).unwrap();
    let mut svi = Svi::new(Model::new(mean), guide, Elbo, noise);
    for end in ["first", "second"] {
        interrupt.clear();
        let mut slowly = |_: &StepInfo| sleep(Duration::from_millis(20));
        let info = svi.fit(&x, &config, &mut slowly).unwrap();
        assert_eq!(info.end, FitEnd::Interrupted);
        fs::write(folder.join(end), info.steps.to_string()).unwrap();
    }
    sleep(Duration::from_secs(60));
}

/// Waits for a file of the process.
fn wait_for(child: &mut Child, file: &Path) {
    let start = Instant::now();
    while !file.exists() {
        assert!(child.try_wait().unwrap().is_none(), "ended without {}", file.display());
        assert!(start.elapsed() < Duration::from_secs(50), "no {}", file.display());
        sleep(Duration::from_millis(5));
    }
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn ctrl_c_ends_a_fit_and_the_next_one_and_then_the_program() {
    let folder = env::temp_dir().join(format!("elbo-ctrl-c-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["ctrl_c::a_fit_under_ctrl_c", "--exact", "--ignored", "--quiet"]);
    let mut child = command.env(FOLDER, &folder).stdout(Stdio::null()).spawn().unwrap();
    let checkpoints = Checkpoints::open(&folder).unwrap();
    wait_for(&mut child, &checkpoints.path(5));
    interrupt(&child);
    wait_for(&mut child, &folder.join("first"));
    let first: u64 = fs::read_to_string(folder.join("first")).unwrap().parse().unwrap();
    assert_eq!(checkpoints.steps().unwrap().last(), Some(&first));
    wait_for(&mut child, &checkpoints.path((first / 5 + 1) * 5));
    interrupt(&child);
    wait_for(&mut child, &folder.join("second"));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    fs::remove_dir_all(folder).unwrap();
}
