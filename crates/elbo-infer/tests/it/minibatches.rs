use burn::tensor::{Device, Tensor};
use elbo_dist::{Noise, Normal, Place};
use elbo_guide::MeanFieldConfig;
use elbo_infer::{Elbo, InferError, StepInfo, StickingTheLanding, Svi};
use elbo_model::{Layout, LogJoint, Model, Subsample, Trace};

use crate::guide;

/// Part of ten numbers.
struct Batch {
    x: Tensor<2>, // [1, b]
    total: usize,
}

/// `mu ~ N(0, 1)`, `x_i ~ N(mu, 1)`.
fn mean(t: &mut Trace, batch: &Batch) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0));
    let here = batch.x.dims()[1];
    t.plate("rows", Subsample { total: batch.total, batch: here }, |t| {
        t.observe("x", Normal::new(mu, 1.0), batch.x.clone());
    });
}

fn place() -> Place {
    Place::f32(&Device::flex())
}

fn ten() -> Vec<f64> {
    (0..10).map(|i| f64::from(i) * 0.3 - 0.5).collect()
}

fn batches(size: usize) -> Vec<Batch> {
    ten()
        .chunks(size)
        .map(|part| Batch { x: place().tensor(part.to_vec(), [1, part.len()]), total: 10 })
        .collect()
}

/// Batches of 4, 4 and 2 of 10 elements: the prior counts once in each, the likelihood 10/4 or
/// 10/2 times; weighted by their part of the data they add up to the whole.
#[test]
fn the_last_partial_batch_is_scaled_by_its_own_size() {
    let at = {
        let mut latents = elbo_model::Latents::new(place());
        latents.insert("mu", place().tensor::<2>(vec![0.7], [1, 1]));
        latents
    };
    let log_joint =
        |batch: &Batch| mean.log_joint(&at, batch).unwrap().total().into_scalar::<f64>();
    let whole = log_joint(&batches(10)[0]);
    let parts = batches(4);
    assert_eq!(parts.iter().map(|b| b.x.dims()[1]).collect::<Vec<_>>(), [4, 4, 2]);
    let weighted: f64 = parts.iter().map(|b| b.x.dims()[1] as f64 / 10.0 * log_joint(b)).sum();
    assert!((whole - weighted).abs() < 1e-5 * whole.abs(), "{whole} {weighted}");
}

#[test]
fn an_epoch_weights_each_batch_by_its_part_of_the_data() {
    let (guide, noise) = guide(&mean, &batches(10)[0], &place(), 0);
    let mut svi = Svi::new(Model::new(mean), guide, Elbo, noise);
    let mut seen: Vec<StepInfo> = Vec::new();
    let epoch = svi.epoch(batches(4), &mut |info: &StepInfo| seen.push(info.clone())).unwrap();
    assert_eq!(epoch.batches, 3);
    assert_eq!(seen.iter().map(|info| info.fraction).collect::<Vec<_>>(), [0.4, 0.4, 0.2]);
    let by_hand: f64 = seen.iter().map(|info| info.fraction * info.bound).sum();
    assert!((epoch.bound - by_hand).abs() < 1e-9, "{epoch:?} {by_hand}");
}

/// The posterior of ten numbers with sum `t` is `N(t / 11, 1 / 11)`; batches of 4, 4 and 2 in
/// rotation find it. A rate that falls to 1e-4 leaves the location within 0.02 of its mean.
#[test]
fn minibatches_find_the_posterior_of_all_data() {
    let (guide, noise) = guide(&mean, &batches(10)[0], &place(), 0);
    let schedule = burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig::new(0.05, 0.998);
    let mut svi = Svi::new(Model::new(mean), guide, StickingTheLanding, noise)
        .with_schedule(schedule.init().unwrap());
    for _ in 0..1000 {
        svi.epoch(batches(4), &mut ()).unwrap();
    }
    let posterior = svi.posterior();
    let loc: f64 = posterior.guide().loc().into_scalar();
    let scale: f64 = posterior.guide().scale().into_scalar();
    let mean = ten().iter().sum::<f64>() / 11.0;
    assert!((loc - mean).abs() < 0.02, "{loc} for {mean}");
    assert!((scale - 11.0_f64.sqrt().recip()).abs() < 0.02, "{scale}");
}

#[test]
fn batches_without_a_plate_are_refused_before_a_parameter_moves() {
    fn unscaled(t: &mut Trace, batch: &Batch) {
        let mu = t.sample("mu", Normal::new(0.0, 1.0));
        t.observe("x", Normal::new(mu, 1.0), batch.x.clone());
    }
    let (start, noise) = guide(&unscaled, &batches(10)[0], &place(), 0);
    let before = start.loc().into_data();
    let mut svi = Svi::new(Model::new(unscaled), start, Elbo, noise);
    let error = svi.epoch(batches(4), &mut ()).unwrap_err();
    assert!(matches!(error, InferError::MinibatchWithoutPlate), "{error}");
    assert!(error.to_string().contains("t.plate(name, Subsample { total, batch }, ..)"), "{error}");
    assert_eq!(svi.into_parts().1.loc().into_data(), before);
}

#[test]
fn an_epoch_without_batches_is_an_error() {
    let (guide, noise) = guide(&mean, &batches(10)[0], &place(), 0);
    let mut svi = Svi::new(Model::new(mean), guide, Elbo, noise);
    let error = svi.epoch(Vec::<Batch>::new(), &mut ()).unwrap_err();
    assert!(matches!(error, InferError::EmptyEpoch), "{error}");
}

#[test]
fn a_batch_that_cannot_be_read_is_named() {
    let (guide, noise) = guide(&mean, &batches(10)[0], &place(), 0);
    let mut svi = Svi::new(Model::new(mean), guide, Elbo, noise);
    let good = batches(4).into_iter().next().unwrap();
    let broken = Err(std::io::Error::other("disk on fire"));
    let error = svi.try_epoch([Ok(good), broken], &mut ()).unwrap_err();
    assert_eq!(error.to_string(), "batch 1 could not be read: disk on fire");
    assert_eq!(svi.steps(), 1);
}

/// Once the largest batch is known, batches of 2, 4 and 4 count 1/2, 1 and 1 in any order. At the
/// posterior's own variance, 1/11, the gradient through the draws has no noise, so an epoch of SGD
/// moves the location by the rate times `10/4` of the full gradient `Σ (x - m) - m`: at a rate of 1e-5
/// within 0.003 for the steps between and 0.006 for rounding.
#[test]
fn from_the_second_epoch_on_the_order_of_the_batches_does_not_matter() {
    let rate = 1e-5;
    for reversed in [false, true] {
        let mut noise = Noise::new(0, place());
        let layout = Layout::discover(&mean, &batches(10)[0], &noise).unwrap();
        let config = MeanFieldConfig::new().with_scale(11.0_f64.sqrt().recip());
        let guide = config.init(&layout, &mean, &batches(10)[0], &mut noise).unwrap();
        let mut svi = Svi::new(Model::new(mean), guide, StickingTheLanding, noise)
            .with_optimizer(burn::optim::SgdConfig::new().init())
            .with_learning_rate(0.0);
        svi.epoch(batches(4), &mut ()).unwrap();
        let mut svi = svi.with_learning_rate(rate);
        let before: f64 = svi.posterior().guide().loc().into_scalar();
        let mut order = batches(4);
        if reversed {
            order.reverse();
        }
        svi.epoch(order, &mut ()).unwrap();
        let after: f64 = svi.posterior().guide().loc().into_scalar();
        let full = ten().iter().map(|x| x - before).sum::<f64>() - before;
        let slope = (after - before) / rate;
        assert!((slope - 2.5 * full).abs() < 0.01, "{slope} {full}");
    }
}

/// 2 of 4 in one plate, 3 of 9 in the next: a sixth of the data.
#[test]
fn nested_subsamples_multiply() {
    fn nested(t: &mut Trace, x: &Tensor<3>) {
        let mu = t.sample("mu", Normal::<3>::new(0.0, 1.0));
        t.plate("groups", Subsample { total: 4, batch: 2 }, |t| {
            t.plate("rows", Subsample { total: 9, batch: 3 }, |t| {
                t.observe("x", Normal::new(mu, 1.0), x.clone());
            });
        });
    }
    let x = place().zeros([1, 2, 3]);
    let (guide, noise) = guide(&nested, &x, &place(), 0);
    let info = Svi::new(Model::new(nested), guide, Elbo, noise).step(&x).unwrap();
    assert!((info.fraction - 1.0 / 6.0).abs() < 1e-12, "{info:?}");
}
