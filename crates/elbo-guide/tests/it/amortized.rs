use burn::tensor::{Device, Tensor};
use elbo_dist::{Noise, Normal, Place};
use elbo_guide::{Amortized, Guide, GuideError};
use elbo_model::{Model, Plan, Subsample, Trace};

fn place() -> Place {
    Place::f32(&Device::flex())
}

/// `z_i ~ N(2 x_i, 0.5²)` for the rows at hand.
fn rows(t: &mut Trace, x: &Tensor<2>) {
    let batch = x.dims()[1];
    t.plate("rows", Subsample { total: 100, batch }, |t| {
        t.sample("z", Normal::new(x.clone() * 2.0, 0.5));
    });
}

/// Batch sizes vary, and every row keeps its own `log q` with the plate's scale beside it.
#[test]
fn a_guide_program_follows_the_batch() {
    let guide = Amortized::new(Model::new(rows));
    for batch in [3, 5] {
        let x = place().tensor((0..batch).map(f64::from).collect(), [1, batch as usize]);
        let draw = guide.draw(&x, 7, &Plan::default(), &mut Noise::new(1, place())).unwrap();
        let z = draw.latents.get::<2>("z").unwrap();
        assert_eq!(z.dims(), [7, batch as usize]);
        let block = draw.log_q.blocks().remove(0);
        assert_eq!(block.log_prob.dims(), [7, batch as usize]);
        assert_eq!(block.scale(), 100.0 / f64::from(batch));
        // log N(z; 2x, 0.25) by hand
        let u = (z - x * 2.0) / 0.5;
        let by_hand = u.square() * -0.5 - 0.5_f64.ln() - 0.918_938_533;
        let difference: f32 = (block.log_prob - by_hand).abs().max().into_scalar();
        assert!(difference < 1e-5, "{difference}");
    }
}

#[test]
fn a_guide_that_observes_is_refused() {
    fn observing(t: &mut Trace, x: &Tensor<2>) {
        t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.observe("x", Normal::new(0.0, 1.0), x.clone());
    }
    let x = place().zeros([1, 2]);
    let guide = Amortized::new(Model::new(observing));
    let error = guide.draw(&x, 1, &Plan::default(), &mut Noise::new(0, place())).unwrap_err();
    assert!(matches!(&error, GuideError::NotADraw { site, .. } if site == "x"), "{error}");
}

#[test]
fn two_draws_from_one_noise_differ() {
    let guide = Amortized::new(Model::new(rows));
    let x = place().zeros([1, 2]);
    let mut noise = Noise::new(0, place());
    let [first, second] = [0, 1].map(|_| {
        let draw = guide.draw(&x, 1, &Plan::default(), &mut noise).unwrap();
        draw.latents.value("z").unwrap().to_vec()
    });
    assert_ne!(first, second);
}
