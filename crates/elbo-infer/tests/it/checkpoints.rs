//! Fits that are written to files, read again and go on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Noise, Normal};
use elbo_guide::Amortized;
use elbo_infer::{Checkpoints, Elbo, InferError, Objective, Svi, SviRecord, WithEstimators};
use elbo_model::{ControlVariate, Estimator, Model, Program, Trace, named_param};

use crate::f64_on_flex;

/// A bit of each of two rows by its score with a moving average, and a number along its path.
#[derive(Module, Debug)]
pub(crate) struct Rows {
    logits: Param<Tensor<2>>,
    loc: Param<Tensor<2>>,
}

impl Program for Rows {
    fn run(&self, t: &mut Trace, (): &()) {
        t.plate("rows", 2, |t| t.sample("k", Bernoulli::logits(self.logits.val())));
        t.sample("z", Normal::new(self.loc.val(), 0.5));
    }
}

fn rows(t: &mut Trace, _: &()) {
    let z = t.sample("z", Normal::<2>::new(0.0, 1.0)); // [S, 1]
    t.plate("rows", 2, |t| {
        let k = t.sample("k", Bernoulli::<2>::logits(0.2)); // [S, 2]
        let x = t.place().tensor(vec![0.3, 1.9], [1, 2]);
        t.observe("x", Normal::new(k * 1.5 + z.clone(), 1.0), x);
    });
}

pub(crate) type RowsSvi = Svi<Model<fn(&mut Trace, &())>, Amortized<Rows>, WithEstimators<Elbo>>;

/// The steps of a whole fit.
const STEPS: usize = 8000;

pub(crate) fn fit(seed: u64) -> RowsSvi {
    let average = Estimator::ScoreFunction(ControlVariate::MovingAverage { decay: 0.9 });
    let schedule = CosineAnnealingLrSchedulerConfig::new(0.05, STEPS).init().unwrap();
    let model: Model<fn(&mut Trace, &())> = Model::new(rows);
    let place = f64_on_flex();
    let logits = named_param("logits", place.tensor(vec![0.3 * seed as f64, -0.5], [1, 2]));
    let guide = Rows { logits, loc: named_param("loc", place.tensor(vec![0.1], [1, 1])) };
    let objective = Elbo.with_estimator("k", average);
    Svi::new(model, Amortized::new(guide), objective, Noise::new(seed, place))
        .with_particles(4)
        .with_schedule(schedule)
        .with_max_gradient_norm(2.0)
}

/// An empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("elbo-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The parameters, and the bounds of further steps, which take moments, schedule, averages and noise: all their bits.
fn state(mut svi: RowsSvi) -> (Vec<u8>, Vec<u64>) {
    let bounds = svi.run(20, &(), &mut ()).unwrap().bounds;
    let parameters = svi.into_parts().into_record().into_bytes().unwrap();
    (parameters.to_vec(), bounds.into_iter().map(f64::to_bits).collect())
}

#[test]
fn a_fit_goes_on_from_a_file_as_if_it_had_not_stopped() {
    let folder = folder("goes-on");
    let path = folder.join("fit");
    let mut whole = fit(1);
    whole.run(50, &(), &mut ()).unwrap();
    whole.to_record().save(&path).unwrap();
    let mut second = fit(2);
    second.load_record(SviRecord::load(&path).unwrap()).unwrap();
    for svi in [&mut whole, &mut second] {
        svi.run(50, &(), &mut ()).unwrap();
    }
    assert!(state(whole) == state(second));
    fs::remove_dir_all(folder).unwrap();
}

/// The text that a loaded file is refused with.
fn refusal(path: &Path, bytes: &[u8]) -> InferError {
    fs::write(path, bytes).unwrap();
    match SviRecord::load(path) {
        Ok(_) => panic!("a damaged file was loaded"),
        Err(error) => error,
    }
}

/// Cut short anywhere, and with any byte changed.
#[test]
fn a_damaged_file_is_refused_and_says_why() {
    let folder = folder("damaged");
    let path = folder.join("fit");
    let mut svi = fit(1);
    svi.run(3, &(), &mut ()).unwrap();
    svi.to_record().save(&path).unwrap();
    let good = fs::read(&path).unwrap();
    for length in 0..good.len() {
        let error = refusal(&path, &good[..length]);
        let expected = if length < 24 { 24 } else { good.len() as u64 };
        match error {
            InferError::CheckpointForeign { .. } => assert_eq!(length, 0),
            InferError::CheckpointTruncated { expected: told, found, .. } => {
                assert_eq!((told, found), (expected, length as u64));
            }
            other => panic!("{length} bytes: {other}"),
        }
    }
    for place in 0..good.len() {
        let mut bytes = good.clone();
        bytes[place] ^= 0x10;
        let error = refusal(&path, &bytes);
        let fits = matches!(
            (place, &error),
            (0..8, InferError::CheckpointForeign { .. })
                | (8..12, InferError::CheckpointVersion { .. })
                | (16..24, InferError::CheckpointTruncated { .. })
                | (12.., InferError::CheckpointCorrupt { .. })
        );
        assert!(fits, "byte {place}: {error}");
    }
    let longer = refusal(&path, &[&good[..], &[0]].concat());
    assert!(matches!(longer, InferError::CheckpointCorrupt { .. }), "{longer}");
    let text = refusal(&path, b"PK\x03\x04 another program's file").to_string();
    assert!(
        text.ends_with("is not a checkpoint of a fit; give a file that SviRecord::save wrote"),
        "{text}"
    );
    fs::remove_dir_all(folder).unwrap();
}

/// The header is that of a whole file, but what follows it is none of ours.
#[test]
fn a_whole_file_that_holds_no_fit_is_refused() {
    let folder = folder("content");
    let payload = b"no fit";
    let length = (payload.len() as u64).to_le_bytes();
    let checksum = crc32fast::hash(&[&length[..], payload].concat()).to_le_bytes();
    let whole = [&b"elbo-fit"[..], &3_u32.to_le_bytes(), &checksum, &length, payload].concat();
    let error = refusal(&folder.join("fit"), &whole);
    assert!(matches!(error, InferError::CheckpointContent { .. }), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_the_system_refuses_is_said_with_the_file() {
    let folder = folder("refused");
    let missing = SviRecord::load(&folder.join("nothing")).err().unwrap();
    assert!(matches!(&missing, InferError::CheckpointFile { action: "read", .. }), "{missing}");
    assert!(missing.to_string().contains("nothing could not be read: "), "{missing}");
    let nowhere = fit(1).to_record().save(&folder.join("no/such/folder")).unwrap_err();
    assert!(matches!(&nowhere, InferError::CheckpointFile { action: "written", .. }), "{nowhere}");
    fs::write(folder.join("file"), "text").unwrap();
    let within = Checkpoints::open(folder.join("file")).unwrap_err();
    assert!(matches!(&within, InferError::CheckpointFile { action: "made", .. }), "{within}");
    fs::remove_dir_all(folder).unwrap();
}

/// A damaged checkpoint is not passed over in silence.
#[test]
fn the_newest_checkpoints_are_kept() {
    let folder = folder("newest");
    let checkpoints = Checkpoints::open(&folder).unwrap().with_keep(2);
    assert!(checkpoints.newest().unwrap().is_none());
    let mut svi = fit(1);
    for _ in 0..4 {
        svi.run(5, &(), &mut ()).unwrap();
        checkpoints.save(svi.to_record()).unwrap();
    }
    assert_eq!(checkpoints.steps().unwrap(), [15, 20]);
    fs::write(checkpoints.path(20), "elbo-fit and no more").unwrap();
    let error = checkpoints.newest().err().unwrap();
    assert!(error.to_string().contains("step-000000020.fit has 20 bytes of 24"), "{error}");
    fs::remove_file(checkpoints.path(20)).unwrap();
    // What a write that was killed has left is removed by the next one.
    let unfinished =
        ["fit", "dump"].map(|of| folder.join(format!("step-000000020.{of}.123-0.tmp")));
    unfinished.iter().for_each(|file| fs::write(file, "elbo-fit and no more").unwrap());
    checkpoints.save(svi.to_record()).unwrap();
    assert!(unfinished.iter().all(|file| !file.exists()));
    fs::remove_file(checkpoints.path(20)).unwrap();
    assert_eq!(checkpoints.newest().unwrap().unwrap().step(), 15);
    fs::remove_dir_all(folder).unwrap();
}

/// What a process with files of at most 512 bytes meets is what one with a full disk meets: a write that fails. `/proc` takes no files.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_and_a_folder_that_takes_no_files_leave_the_checkpoints_as_they_were() {
    let folder = folder("full");
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let mut svi = fit(1);
    svi.run(2, &(), &mut ()).unwrap();
    checkpoints.save(svi.to_record()).unwrap();
    let test = "checkpoints::a_checkpoint_on_a_full_disk";
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    shell.arg(std::env::current_exe().unwrap()).args([test, "--exact", "--ignored", "--quiet"]);
    let status = shell.env(FOLDER, &folder).stdout(std::process::Stdio::null()).status().unwrap();
    assert!(status.success());
    let files = fs::read_dir(&folder).unwrap().count();
    assert_eq!((checkpoints.steps().unwrap(), files), (vec![2], 1));
    assert_eq!(checkpoints.newest().unwrap().unwrap().step(), 2);
    let error = fit(1).to_record().save(Path::new("/proc/elbo.fit")).unwrap_err();
    assert!(matches!(&error, InferError::CheckpointFile { action: "written", .. }), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
#[ignore = "the process that has no room for files"]
fn a_checkpoint_on_a_full_disk() {
    let Some(checkpoints) = checkpoints_to_be_killed() else { return };
    let mut svi = fit(1);
    svi.run(4, &(), &mut ()).unwrap();
    let error = checkpoints.save(svi.to_record()).unwrap_err();
    assert!(matches!(&error, InferError::CheckpointFile { action: "written", .. }), "{error}");
    assert!(error.to_string().contains("has space left"), "{error}");
}

/// Where the process that is killed writes.
const FOLDER: &str = "ELBO_TEST_CHECKPOINTS";

/// The checkpoints of the process that is killed, in such a process.
pub(crate) fn checkpoints_to_be_killed() -> Option<Checkpoints> {
    std::env::var_os(FOLDER).map(|folder| Checkpoints::open(folder).unwrap())
}

/// Starts a test in a process of its own.
fn start(test: &str, folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--quiet"]);
    command.env(FOLDER, folder).stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// Kills the process of a test twenty times, at moments from a generator, and then lets it come to its end.
pub(crate) fn kill_twenty_times(test: &str, folder: &Path) {
    let checkpoints = Checkpoints::open(folder).unwrap();
    let (mut random, mut reached) = (1_u64, BTreeSet::new());
    for kill in 0..20 {
        let mut child = start(test, folder);
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(20 + (random >> 56)));
        assert!(child.try_wait().unwrap().is_none(), "the fit was done before kill {kill}");
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        reached.extend(checkpoints.steps().unwrap().pop());
    }
    // Or the kills came before there was anything to go on from.
    assert!(reached.len() >= 5, "{reached:?}");
    assert!(start(test, folder).wait().unwrap().success());
}

/// Goes on from the newest checkpoint, and writes one every other step.
#[test]
#[ignore = "the process that a_run_survives_being_killed kills"]
fn a_run_with_checkpoints() {
    let Some(checkpoints) = checkpoints_to_be_killed() else { return };
    let mut svi = fit(1);
    if let Some(record) = checkpoints.newest().unwrap() {
        svi.load_record(record).unwrap();
    }
    while svi.steps() < STEPS as u64 {
        svi.run(2, &(), &mut ()).unwrap();
        checkpoints.save(svi.to_record()).unwrap();
    }
}

/// In the end it is, bit for bit, where a run is that never stopped.
#[test]
fn a_run_survives_being_killed() {
    let folder = folder("killed");
    kill_twenty_times("checkpoints::a_run_with_checkpoints", &folder);
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let mut last = fit(2);
    last.load_record(checkpoints.newest().unwrap().unwrap()).unwrap();
    let mut whole = fit(1);
    whole.run(STEPS, &(), &mut ()).unwrap();
    assert_eq!(last.steps(), whole.steps());
    assert!(state(last) == state(whole));
    fs::remove_dir_all(folder).unwrap();
}
