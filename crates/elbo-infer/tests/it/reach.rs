//! What a draw can influence: plates, order and dependence, each held against all states.

use burn::module::{Module, ModuleDisplay, Param};
use burn::tensor::{Int, Tensor};
use elbo_dist::{Bernoulli, Categorical, Noise, Normal, OneHotCategorical, Poisson};
use elbo_guide::Amortized;
use elbo_infer::{Controls, Dependencies, Elbo, GradientMoments, InferError, Objective, Svi};
use elbo_model::{
    ControlVariate, Estimator, Graph, Latents, LogJoint, LogTerms, Model, ModelError, Plate,
    Program, Role, Subsample, Term, Trace,
};
use elbo_testkit::slopes;

use crate::f64_on_flex;

pub fn bit(x: f64, logit: f64) -> f64 {
    x * logit - logit.exp().ln_1p()
}

pub fn normal(x: f64, mean: f64) -> f64 {
    -0.5 * (x - mean).powi(2) - elbo_dist::HALF_LN_TWO_PI
}

pub const BITS: [f64; 2] = [0.0, 1.0];

/// The mean of 4,000 draws lies within 4 standard errors of `exact` everywhere; the total variance.
#[track_caller]
pub fn assert_unbiased<M, G, O, C>(svi: &Svi<M, G, O, C>, exact: &[f64]) -> f64
where
    M: LogJoint + Module,
    G: elbo_guide::Guide,
    O: Objective,
    C: Controls<()>,
{
    let moments = svi.gradient_moments(&(), 4000).unwrap();
    let mean: Vec<f64> = moments.iter().flat_map(|m| m.mean.clone()).collect();
    let error: Vec<f64> = moments.iter().flat_map(GradientMoments::standard_error).collect();
    assert_eq!(mean.len(), exact.len());
    for i in 0..exact.len() {
        let off = (mean[i] - exact[i]).abs();
        assert!(off < 4.0 * error[i] + 1e-9, "{mean:?} for {exact:?}, {error:?}");
    }
    moments.iter().map(GradientMoments::total_variance).sum()
}

pub fn svi<M, P, O>(model: M, guide: P, objective: O, particles: usize) -> Svi<M, Amortized<P>, O>
where
    M: Module,
    P: Module + ModuleDisplay,
    O: Objective,
{
    let noise = Noise::new(21, f64_on_flex());
    Svi::new(model, Amortized::new(guide), objective, noise).with_particles(particles)
}

#[derive(Module, Debug)]
pub struct Numbers {
    pub values: Param<Tensor<2>>,
}

impl Numbers {
    pub fn new(values: &[f64]) -> Self {
        let values: Tensor<2> = f64_on_flex().tensor(values.to_vec(), [1, values.len()]);
        Self { values: Param::from_tensor(values) }
    }

    pub fn get(&self, i: usize) -> Tensor<2> {
        self.values.val().narrow(1, i, 1)
    }
}

/// A guide by a plain function of its numbers.
macro_rules! guide {
    ($name:ident, $run:expr) => {
        #[derive(Module, Debug)]
        struct $name {
            numbers: $crate::reach::Numbers,
        }

        impl $name {
            fn new(values: &[f64]) -> Self {
                Self { numbers: $crate::reach::Numbers::new(values) }
            }
        }

        impl Program for $name {
            fn run(&self, t: &mut Trace, _: &()) {
                let run: fn(&mut Trace, &$crate::reach::Numbers) = $run;
                run(t, &self.numbers);
            }
        }
    };
}

pub fn row(values: &[f64]) -> Tensor<2> {
    f64_on_flex().tensor(values.to_vec(), [1, values.len()])
}

// In the guide, what is drawn outside the plate follows what is drawn inside: `g` gathers both bits,
// and passes what they say on to the data of all rows.
guide!(Gathering, |t, at| {
    let z = t.plate("rows", 2, |t| t.sample("z", Bernoulli::logits(at.get(0)))); // [S, 2]
    let logit = at.get(1) + z.sum_dim(1) * at.get(2);
    t.sample("g", Bernoulli::logits(logit));
});

fn gathered(t: &mut Trace, _: &()) {
    let g = t.sample("g", Bernoulli::<2>::logits(0.2));
    t.plate("rows", 2, |t| {
        let z = t.sample("z", Bernoulli::<2>::probs(0.4));
        t.observe("y", Normal::new(z * 1.5 + g * 2.0, 1.0), row(&[0.5, 2.5]));
    });
}

#[test]
fn a_draw_outside_a_plate_passes_on_what_it_gathers_inside() {
    let at = [0.3, -0.5, 1.2];
    let loss = |at: &[f64]| {
        let mut sum = 0.0;
        for z in BITS.iter().flat_map(|one| BITS.map(|two| [*one, two])) {
            for g in BITS {
                let mut log_q = bit(g, at[1] + at[2] * (z[0] + z[1]));
                let mut log_p = bit(g, 0.2);
                for (z, y) in z.iter().zip([0.5, 2.5]) {
                    log_q += bit(*z, at[0]);
                    log_p += bit(*z, (0.4_f64 / 0.6).ln()) + normal(y, 1.5 * z + 2.0 * g);
                }
                sum += log_q.exp() * (log_p - log_q);
            }
        }
        -sum
    };
    assert_unbiased(&svi(Model::new(gathered), Gathering::new(&at), Elbo, 3), &slopes(loss, &at));
}

// Plates in plates, with a draw at each level.
guide!(Nested, |t, at| {
    t.plate("groups", 2, |t| {
        let a: Tensor<3> = t.sample("a", Bernoulli::logits(at.get(0).unsqueeze_dim(2)));
        t.plate("rows", 2, |t| {
            let logit = at.get(1).unsqueeze_dim(2) + a * at.get(2).unsqueeze_dim(2);
            t.sample("b", Bernoulli::logits(logit)); // [S, 2, 2]
        });
    });
});

const CELLS: [f64; 4] = [0.1, 1.4, 2.2, -0.6];

fn nested(t: &mut Trace, _: &()) {
    t.plate("groups", Subsample { total: 6, batch: 2 }, |t| {
        let a = t.sample("a", Bernoulli::<3>::logits(-0.3));
        t.plate("rows", Subsample { total: 4, batch: 2 }, |t| {
            let b = t.sample("b", Bernoulli::<3>::logits(0.5));
            let cells = f64_on_flex().tensor(CELLS.to_vec(), [1, 2, 2]);
            t.observe("y", Normal::new(a + b * 2.0, 1.0), cells);
        });
    });
}

guide!(NestedParts, |t, at| {
    t.plate("groups", Subsample { total: 6, batch: 2 }, |t| {
        let a: Tensor<3> = t.sample("a", Bernoulli::logits(at.get(0).unsqueeze_dim(2)));
        t.plate("rows", Subsample { total: 4, batch: 2 }, |t| {
            let logit = at.get(1).unsqueeze_dim(2) + a * at.get(2).unsqueeze_dim(2);
            t.sample("b", Bernoulli::logits(logit));
        });
    });
});

#[test]
fn plates_in_plates_have_each_their_scale() {
    let at = [0.3, -0.5, 1.2];
    let loss = |at: &[f64]| {
        let mut sum = 0.0;
        for group in 0..2 {
            for a in BITS {
                let log_q = bit(a, at[0]);
                let mut value = bit(a, -0.3) - log_q;
                for cell in 0..2 {
                    for b in BITS {
                        let own = bit(b, at[1] + at[2] * a);
                        let y = CELLS[2 * group + cell];
                        value += 2.0 * own.exp() * (bit(b, 0.5) + normal(y, a + 2.0 * b) - own);
                    }
                }
                sum += 3.0 * log_q.exp() * value;
            }
        }
        -sum
    };
    let exact = slopes(loss, &at);
    assert_unbiased(&svi(Model::new(nested), NestedParts::new(&at), Elbo, 3), &exact);
    let whole = svi(Model::new(nested), Nested::new(&at), Elbo, 3);
    let error = whole.gradient_moments(&(), 2).unwrap_err();
    assert!(matches!(error, InferError::PlateMismatch { .. }), "{error}");
}

// Three bits, of which the guide draws each by itself, and of which the data of one say nothing of another.
guide!(Apart, |t, at| {
    for (i, name) in ["a", "b", "c"].into_iter().enumerate() {
        t.sample(name, Bernoulli::logits(at.get(i)));
    }
});

fn apart(t: &mut Trace, _: &()) {
    for (name, data) in [("a", "x"), ("b", "y"), ("c", "z")] {
        let site = t.sample(name, Bernoulli::<2>::logits(0.4));
        t.observe(data, Normal::new(site * 3.0, 1.0), row(&[1.0]));
    }
}

/// With nothing known, by the order of the program, and by the edges of its graph: less and less multiplies a score.
#[test]
fn less_variance_with_more_known_of_dependence() {
    let at = [0.3, -0.5, 1.2];
    let loss = |at: &[f64]| {
        let one = |logit: f64| -> f64 {
            let value =
                |x: f64| bit(x, logit).exp() * (bit(x, 0.4) + normal(1.0, 3.0 * x) - bit(x, logit));
            BITS.map(value).iter().sum()
        };
        -at.iter().map(|logit| one(*logit)).sum::<f64>()
    };
    let exact = slopes(loss, &at);
    let plain = Estimator::ScoreFunction(ControlVariate::None);
    let objective =
        || Elbo.with_estimator("a", plain).and_estimator("b", plain).and_estimator("c", plain);
    let fresh = || svi(Model::new(apart), Apart::new(&at), objective(), 1);
    let noise = Noise::new(0, f64_on_flex());
    let graphs = [
        Graph::discover(&apart, &(), &noise).unwrap(),
        Graph::discover(&Apart::new(&at), &(), &noise).unwrap(),
    ];
    let by_graph = Dependencies::new(&graphs[0], Some(&graphs[1]));
    let nothing = assert_unbiased(&fresh().with_dependencies(Dependencies::everything()), &exact);
    let by_order = assert_unbiased(&fresh(), &exact);
    let by_graph = assert_unbiased(&fresh().with_dependencies(by_graph), &exact);
    assert!(by_order < 0.9 * nothing, "{by_order} for {nothing}");
    assert!(by_graph < 0.9 * by_order, "{by_graph} for {by_order}");
}

/// Written by hand, with the plate told and the order not.
struct ByHand;

impl LogJoint for ByHand {
    fn log_joint(&self, latents: &Latents, _: &()) -> Result<LogTerms, ModelError> {
        let z = latents.get::<2>("z")?; // [S, 2]
        let y = row(&[0.5, 2.5]);
        let log_p = (y - z.clone() * 1.5).square() * -0.5 - elbo_dist::HALF_LN_TWO_PI + z * 0.3;
        let plate = Plate { name: "rows".into(), axis: 1, total: 2, batch: 2 };
        let mut terms = LogTerms::default();
        terms.push(Term::new("all", Role::Factor, vec![plate], log_p));
        Ok(terms)
    }
}

guide!(Local, |t, at| {
    t.plate("rows", 2, |t| t.sample("z", Bernoulli::logits(at.values.val())));
});

#[test]
fn a_density_by_hand_takes_score_functions_too() {
    let at = [0.3, -0.5];
    let loss = |at: &[f64]| {
        let row = |(logit, y): (&f64, f64)| -> f64 {
            let value =
                |z: f64| bit(z, *logit).exp() * (normal(y, 1.5 * z) + 0.3 * z - bit(z, *logit));
            BITS.map(value).iter().sum()
        };
        -at.iter().zip([0.5, 2.5]).map(row).sum::<f64>()
    };
    let noise = Noise::new(21, f64_on_flex());
    let guide = Amortized::new(Local::new(&at));
    #[derive(Module, Debug)]
    struct Hand {}
    impl LogJoint for Hand {
        fn log_joint(&self, latents: &Latents, batch: &()) -> Result<LogTerms, ModelError> {
            ByHand.log_joint(latents, batch)
        }
    }
    for estimator in [Estimator::LEAVE_ONE_OUT, Estimator::Disarm, Estimator::Enumerate] {
        let objective = Elbo.with_estimator("z", estimator);
        let svi = Svi::new(Hand {}, guide.clone(), objective, noise.clone()).with_particles(2);
        assert_unbiased(&svi, &slopes(loss, &at));
    }
}

// `k`, then `z` given `k`, both told; then a normal given both, along its path.
guide!(Chain, |t, at| {
    let k = t.sample_with("k", Bernoulli::logits(at.get(0)), Estimator::Enumerate);
    let logit = at.get(1) + k.clone() * at.get(2);
    let z = t.sample_with("z", Bernoulli::logits(logit), Estimator::Enumerate);
    t.sample("w", Normal::new(k - z * at.get(3), 0.5));
});

fn chained(t: &mut Trace, _: &()) {
    let k = t.sample("k", Bernoulli::<2>::logits(0.1));
    let z = t.sample("z", Bernoulli::logits(k.clone() - 0.4));
    let w = t.sample("w", Normal::new(k * 0.5, 1.0));
    t.observe("x", Normal::new(w + z, 1.0), row(&[0.8]));
}

#[test]
fn sites_told_one_after_the_other_and_a_path_behind_them() {
    let at = [0.3, -0.5, 1.2, 0.7];
    let loss = |at: &[f64]| {
        let mut sum = 0.0;
        for k in BITS {
            for z in BITS {
                let log_q = bit(k, at[0]) + bit(z, at[1] + at[2] * k);
                // E over w ~ N(m, ¼) of log N(w; ½ k, 1) + log N(0.8; w + z, 1), and its entropy.
                let m = k - at[3] * z;
                let of_w = normal(m, 0.5 * k) + normal(0.8, m + z) - 0.25;
                let entropy = 0.5 + elbo_dist::HALF_LN_TWO_PI + 0.5_f64.ln();
                let log_p = bit(k, 0.1) + bit(z, k - 0.4) + of_w;
                sum += log_q.exp() * (log_p - log_q + entropy);
            }
        }
        -sum
    };
    let of_chain = svi(Model::new(chained), Chain::new(&at), Elbo, 2);
    assert_unbiased(&of_chain, &slopes(loss, &at));
}

// One of three by a one-hot vector in a plate of 2.
guide!(Hot, |t, at| {
    t.plate("rows", 2, |t| {
        let logits: Tensor<3> = at.values.val().reshape([1, 2, 3]);
        t.sample("hot", OneHotCategorical::logits(logits));
    });
});

fn hot(t: &mut Trace, _: &()) {
    t.plate("rows", 2, |t| {
        let weights: Tensor<3> = f64_on_flex().tensor(vec![0.2, 0.3, 0.5], [1, 1, 3]);
        let hot = t.sample("hot", OneHotCategorical::probs(weights));
        let [s, n, _] = hot.dims();
        let levels: Tensor<3> = f64_on_flex().tensor(vec![-1.0, 0.5, 2.0], [1, 1, 3]);
        let mean = (hot * levels).sum_dim(2).reshape([s, n]);
        t.observe("y", Normal::new(mean, 1.0), row(&[0.4, 1.8]));
    });
}

/// `r(z) = c Σ tanh z`, a number for each row.
#[derive(Module, Debug)]
struct Tanh {
    slope: Param<Tensor<2>>,
}

impl Controls<()> for Tanh {
    fn network(&self, _: &str, _: &(), noise: Tensor<2>) -> Option<Tensor<2>> {
        let [s, _] = noise.dims();
        Some((noise.tanh().reshape([s, 2, 3]).sum_dim(2).reshape([s, 2])) * self.slope.val())
    }
}

#[test]
fn every_estimator_of_one_hot_vectors_is_unbiased() {
    let at = [0.3, -0.5, 0.1, 1.0, 0.2, -0.7];
    let loss = |at: &[f64]| {
        let mut sum = 0.0;
        for (n, y) in [0.4, 1.8].into_iter().enumerate() {
            let logits = &at[3 * n..3 * n + 3];
            let whole = logits.iter().map(|l| l.exp()).sum::<f64>().ln();
            for (k, (weight, level)) in
                [(0.2_f64, -1.0), (0.3, 0.5), (0.5, 2.0)].into_iter().enumerate()
            {
                let log_q = logits[k] - whole;
                sum += log_q.exp() * (weight.ln() + normal(y, level) - log_q);
            }
        }
        -sum
    };
    let exact = slopes(loss, &at);
    let with = |estimator, particles| {
        svi(Model::new(hot), Hot::new(&at), Elbo.with_estimator("hot", estimator), particles)
    };
    assert_unbiased(&with(Estimator::LEAVE_ONE_OUT, 2), &exact);
    let plain = Estimator::ScoreFunction(ControlVariate::None);
    let plain = assert_unbiased(&with(plain, 1), &exact);
    let rebar = assert_unbiased(&with(Estimator::Rebar { temperature: 0.5 }, 1), &exact);
    assert!(rebar < 0.7 * plain, "{rebar} for {plain}");
    let relax = with(Estimator::Relax { temperature: 0.5 }, 1);
    let slope = Param::from_tensor(f64_on_flex().tensor(vec![-0.2], [1, 1]));
    assert_unbiased(&relax.with_controls(Tanh { slope }), &exact);
    assert_eq!(assert_unbiased(&with(Estimator::Enumerate, 1), &exact), 0.0);
    let optimal = Estimator::ScoreFunction(ControlVariate::OptimalCoefficient);
    assert_unbiased(&with(optimal, 2), &exact);
}

/// With one particle, a network and no data, the variance has its least where the network takes away the whole of it:
/// training it brings the variance down.
#[test]
fn the_network_of_relax_learns_to_lower_the_variance() {
    let at = [0.3, -0.5, 0.1, 1.0, 0.2, -0.7];
    let objective = || Elbo.with_estimator("hot", Estimator::Relax { temperature: 0.5 });
    let slope = Param::from_tensor(f64_on_flex().tensor(vec![2.0], [1, 1]));
    let start = Tanh { slope };
    let fresh = |tanh| svi(Model::new(hot), Hot::new(&at), objective(), 1).with_controls(tanh);
    let variance = |tanh| -> f64 {
        let moments = fresh(tanh).gradient_moments(&(), 2000).unwrap();
        moments.iter().map(GradientMoments::total_variance).sum()
    };
    let mut training = fresh(start.clone()).with_learning_rate(0.02);
    training.run(300, &(), &mut ()).unwrap();
    let (before, after) = (variance(start), variance(training.controls()));
    assert!(after < 0.5 * before, "{after} after, {before} before");
}

/// `k_n` of two, summed out in minibatches; the means are as sure as in a fit to all data at once.
#[test]
fn an_enumerated_mixture_in_minibatches_has_the_right_scale() {
    #[derive(Clone)]
    struct Rows {
        x: Tensor<2>,
    }
    fn mixture(t: &mut Trace, rows: &Rows) {
        let means = t.sample("means", Normal::new(0.0, 3.0).iid([1, 2]));
        let size = Subsample { total: 40, batch: rows.x.dims()[1] };
        t.plate("rows", size, |t| {
            let even: Tensor<3> = Tensor::ones([1, 1, 2], &rows.x.device());
            let k: Tensor<3, Int> = t.marginalize("k", Categorical::probs(even));
            let [s, n, _] = k.dims();
            let means = means.clone().expand([s, 2]);
            t.observe("x", Normal::new(means.gather(1, k.reshape([s, n])), 0.5), rows.x.clone());
        });
    }
    use elbo_dist::Distribution;
    let place = elbo_dist::Place::f32(&burn::tensor::Device::flex());
    // Twenty about -2 and twenty about 1.
    let x: Vec<f64> =
        (0..40).map(|i| f64::from(i % 20) * 0.05 - 0.475 + f64::from(i % 2) * 3.0 - 2.0).collect();
    let rows = |x: &[f64]| Rows { x: place.tensor(x.to_vec(), [1, x.len()]) };
    let mut noise = Noise::new(0, &place);
    let all = rows(&x);
    let layout = elbo_model::Layout::discover(&mixture, &all, &noise).unwrap();
    let start = layout.at([("means", place.tensor::<2>(vec![-1.5, 0.5], [1, 2]))]);
    let config = elbo_guide::MeanFieldConfig::new().with_init(elbo_guide::Init::Value(start));
    let guide = config.init(&layout, &mixture, &all, &mut noise).unwrap();
    let schedule = || {
        let config =
            burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig::new(0.05, 0.998);
        config.init().unwrap()
    };
    let fresh = || {
        Svi::new(Model::new(mixture), guide.clone(), elbo_infer::StickingTheLanding, noise.clone())
            .with_particles(4)
            .with_schedule(schedule())
    };
    let mut whole = fresh();
    whole.run(2000, &all, &mut ()).unwrap();
    let mut parts = fresh();
    for _ in 0..400 {
        parts.epoch(x.chunks(8).map(rows), &mut ()).unwrap();
    }
    let [whole, parts] = [whole.into_parts().1, parts.into_parts().1];
    let numbers = |t: Tensor<2>| t.into_data().iter::<f64>().collect::<Vec<_>>();
    // By symmetry each mean has 20 rows: N(20 m / 0.25 ..), a deviation of about 0.5 / √20.
    for (scale, other) in numbers(whole.scale()).iter().zip(numbers(parts.scale())) {
        assert!((scale / (0.5 / 20.0_f64.sqrt()) - 1.0).abs() < 0.05, "{scale}");
        assert!((other / scale - 1.0).abs() < 0.1, "{other} for {scale}");
    }
    for (loc, other) in numbers(whole.loc()).iter().zip(numbers(parts.loc())) {
        assert!((other - loc).abs() < 0.05, "{other} for {loc}");
    }
}

pub(crate) use guide;

/// What a site and its estimator ask of each other.
#[test]
fn an_estimator_that_cannot_be_in_force_says_what_it_needs() {
    fn refused(site: fn(&mut Trace, &Numbers), particles: usize, text: &str) {
        #[derive(Module, Debug)]
        struct One {
            numbers: Numbers,
            #[module(skip)]
            site: fn(&mut Trace, &Numbers),
        }
        impl Program for One {
            fn run(&self, t: &mut Trace, _: &()) {
                (self.site)(t, &self.numbers);
            }
        }
        fn nothing(_: &mut Trace, _: &()) {}
        let guide = One { numbers: Numbers::new(&[0.1, 0.2]), site };
        let svi = svi(Model::new(nothing), guide, Elbo, particles);
        let error = svi.gradient_moments(&(), 2).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert!(error.to_string().contains("choose another estimator"), "{error}");
    }
    refused(
        |t, at| {
            t.sample_with("n", Poisson::new(at.get(0)), Estimator::Pathwise);
        },
        1,
        "\"n\" (Poisson): pathwise needs draws that carry gradients",
    );
    refused(
        |t, at| {
            t.sample_with("z", Bernoulli::logits(at.get(0)), Estimator::LEAVE_ONE_OUT);
        },
        1,
        "leave-one-out needs at least 2 particles",
    );
    refused(
        |t, at| {
            t.sample_with("z", Bernoulli::logits(at.get(0)), Estimator::Disarm);
        },
        3,
        "DisARM needs an even number of particles",
    );
    refused(
        |t, at| {
            t.sample_with("z", Normal::new(at.get(0), 1.0), Estimator::Disarm);
        },
        2,
        "DisARM needs values 0 and 1",
    );
    refused(
        |t, at| {
            let w = t.sample("w", Normal::new(at.get(0), 1.0));
            t.sample_with("z", Bernoulli::logits(w), Estimator::Disarm);
        },
        2,
        "needs parameters that all particles share",
    );
    refused(
        |t, at| {
            let rebar = Estimator::Rebar { temperature: 0.0 };
            t.sample_with("z", Bernoulli::logits(at.get(0)), rebar);
        },
        2,
        "needs a temperature above 0",
    );
    refused(
        |t, at| {
            let average = ControlVariate::MovingAverage { decay: 1.0 };
            t.sample_with("z", Bernoulli::logits(at.get(0)), Estimator::ScoreFunction(average));
        },
        1,
        "needs a decay from 0 to below 1",
    );
    refused(
        |t, at| {
            t.sample_with("k", Bernoulli::logits(at.get(0)), Estimator::Enumerate);
            t.sample("z", Bernoulli::logits(at.get(1)));
        },
        2,
        "must come before the sites that are enumerated",
    );
    refused(
        |t, at| {
            let rebar = Estimator::Rebar { temperature: 0.5 };
            t.sample_with("z", Bernoulli::logits(at.get(0)), rebar);
            t.sample("w", Normal::new(at.get(1), 1.0));
        },
        1,
        "\"w\" (Normal): pathwise must come before the sites with REBAR or RELAX",
    );
}

#[test]
fn an_estimator_for_an_unknown_site_and_controls_that_do_not_fit_are_refused() {
    let at = [0.3, -0.5, 1.2];
    let of = |objective| svi(Model::new(apart), Apart::new(&at), objective, 2);
    let error = of(Elbo.with_estimator("d", Estimator::Disarm)).sites(&()).unwrap_err();
    let text = "an estimator is chosen for \"d\", but the guide samples only \"a\", \"b\", \"c\"";
    assert!(error.to_string().starts_with(text), "{error}");
    let baseline = Estimator::ScoreFunction(ControlVariate::Baseline);
    let error = of(Elbo.with_estimator("a", baseline)).gradient_moments(&(), 2).unwrap_err();
    assert!(matches!(&error, InferError::NoBaseline { site } if site == "a"), "{error}");
    let relax = Estimator::Relax { temperature: 0.5 };
    let error = of(Elbo.with_estimator("c", relax)).gradient_moments(&(), 2).unwrap_err();
    assert!(matches!(&error, InferError::NoNetwork { site } if site == "c"), "{error}");
    #[derive(Module, Debug)]
    struct Wide {
        numbers: Numbers,
    }
    impl Controls<()> for Wide {
        fn baseline(&self, _: &str, _: &()) -> Option<Tensor<2>> {
            Some(self.numbers.values.val())
        }
        fn network(&self, _: &str, _: &(), _: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.numbers.values.val())
        }
    }
    let wide = || Wide { numbers: Numbers::new(&[0.0; 5]) };
    let of = |estimator| of(Elbo.with_estimator("c", estimator)).with_controls(wide());
    let error = of(baseline).gradient_moments(&(), 2).unwrap_err();
    assert!(error.to_string().contains("has shape [1, 5], but must be [1, 1]"), "{error}");
    let error = of(relax).gradient_moments(&(), 2).unwrap_err();
    assert!(error.to_string().contains("has values of shape [1, 5]"), "{error}");
}

/// In a table: who chose, what is biased, and noise by site, of which an enumerated one has none.
#[test]
fn the_table_of_sites_shows_estimators_and_their_noise() {
    let at = [0.3, -0.5, 1.2];
    let objective = Elbo
        .with_estimator("a", Estimator::Enumerate)
        .and_estimator("b", Estimator::StraightThrough { temperature: 0.5 });
    let svi = svi(Model::new(apart), Apart::new(&at), objective, 2);
    let error = svi.sites(&()).unwrap_err(); // "c" follows a site that is enumerated
    assert!(error.to_string().contains("\"c\""), "{error}");
    let objective = Elbo
        .with_estimator("b", Estimator::StraightThrough { temperature: 0.5 })
        .and_estimator("c", Estimator::Enumerate);
    let noise = Noise::new(21, f64_on_flex());
    let guide = Amortized::new(Apart::new(&at));
    let svi = Svi::new(Model::new(apart), guide, objective, noise).with_particles(2);
    let sites = svi.measured_sites(&(), 200).unwrap();
    let text = sites.to_string();
    assert!(text.contains("straight-through at 0.5 (biased)  chosen on the objective"), "{text}");
    assert!(text.contains("score function, leave-one-out"), "{text}");
    let noise = |site: &str| sites.get(site).unwrap().noise.unwrap();
    assert!(noise("a").variance > 0.0);
    assert!(noise("c").variance < 1e-20, "{text}");
}

/// With three latents of which one is positive, and a guide that draws them as one vector.
#[test]
fn the_noise_of_a_flat_guide_is_told_by_site() {
    fn model(t: &mut Trace, _: &()) {
        let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0));
        let tau = t.sample("tau", elbo_dist::HalfNormal::<2>::new(1.0));
        t.sample("z", Normal::new(mu, tau));
    }
    let place = f64_on_flex();
    let mut noise = Noise::new(0, &place);
    let layout = elbo_model::Layout::discover(&model, &(), &noise).unwrap();
    let guide = elbo_guide::MeanField::new(&layout, &model, &(), &mut noise).unwrap();
    let svi = Svi::new(Model::new(model), guide.clone(), Elbo, noise.clone()).with_particles(2);
    let sites = svi.measured_sites(&(), 50).unwrap();
    assert!(sites.rows.iter().all(|row| row.noise.unwrap().variance > 0.0), "{sites}");
    assert_eq!(sites.rows.len(), 3);
    let objective = elbo_infer::DoublyReparameterizedIwae;
    let svi = Svi::new(Model::new(model), guide, objective, noise).with_particles(2);
    let sites = svi.measured_sites(&(), 50).unwrap();
    assert_eq!(sites.rows.iter().map(|row| &*row.site).collect::<Vec<_>>(), ["mu", "tau", "z"]);
}

/// What fixed draws do not fit, and what they find: the optimum of one set of draws, exactly.
#[test]
fn fixed_draws_reach_an_optimum_or_are_refused() {
    use burn::optim::{LBFGSConfig, LineSearchFn};
    use elbo_infer::{LogVariance, StickingTheLanding};

    let place = f64_on_flex();
    let x = crate::one(&place);
    let config = LBFGSConfig::new()
        .with_max_iter(200)
        .with_tolerance_change(1e-14)
        .with_tolerance_grad(1e-9)
        .with_line_search_fn(LineSearchFn::StrongWolfe);
    let (guide, noise) = crate::guide(&crate::chain, &x, &place, 0);
    let fresh = |guide: elbo_guide::MeanField| (Model::new(crate::chain), guide, noise.clone());
    let (model, start, noise) = fresh(guide.clone());
    let mut svi = Svi::new(model, start, Elbo, noise).with_particles(30);
    let info = svi.run_fixed_draws(&x, &config).unwrap();
    assert!(info.gradient_norm < 1e-6, "{info:?}");
    // With m and v the first two moments of the draws, the loss μ² - μ + σ² v + 2 μ σ m - σ m - log σ + .. has its
    // least at μ = ½ - σ m and σ² = ½ / (v - m²), and the inverse of its Hessian is ½ (2 v - m²) / (2 v - 2 m²) at μ.
    let loc: f64 = svi.posterior().guide().loc().into_scalar();
    let scale: f64 = svi.posterior().guide().scale().into_scalar();
    let mean = (0.5 - loc) / scale;
    let square = 0.5 / (scale * scale) + mean * mean;
    let response: f64 = svi.linear_response(&x).unwrap().into_scalar();
    let exact = 0.5 * (2.0 * square - mean * mean) / (2.0 * square - 2.0 * mean * mean);
    assert!((response - exact).abs() < 1e-6, "{response} for {exact}");
    assert!(mean != 0.0 && mean.abs() < 4.0 / 30.0_f64.sqrt(), "{mean}");
    let (model, start, noise) = fresh(guide.clone());
    let error = Svi::new(model, start, StickingTheLanding, noise).run_fixed_draws(&x, &config);
    assert!(matches!(error, Err(InferError::NotDeterministic)), "{error:?}");
    let (model, start, noise) = fresh(guide.clone());
    let mut scored = Svi::new(model, start, LogVariance, noise).with_particles(4);
    let error = scored.run_fixed_draws(&x, &config).unwrap_err();
    assert!(error.to_string().contains("the loss must be the bound"), "{error}");
    // Between two bumps the loss curves down.
    fn bumps(t: &mut Trace, _: &Tensor<2>) {
        let z = t.sample("z", Normal::<2>::new(0.0, 10.0));
        let bump = |mean: f64| (z.clone() - mean).square() * -0.5;
        t.factor("bumps", elbo_dist::logaddexp(bump(3.0), bump(-3.0)));
    }
    let (between, noise) = crate::guide(&bumps, &x, &place, 0);
    let at = elbo_guide::MeanFieldConfig::new();
    let layout = elbo_model::Layout::discover(&bumps, &x, &noise).unwrap();
    let zero = layout.at([("z", place.zeros::<2>([1, 1]))]);
    let between =
        at.with_init(elbo_guide::Init::Value(zero)).with_scale(between.scale().into_scalar());
    let between = between.init(&layout, &bumps, &x, &mut noise.clone()).unwrap();
    let mut between = Svi::new(Model::new(bumps), between, Elbo, noise).with_particles(30);
    let error = between.linear_response(&x).unwrap_err();
    assert!(matches!(error, InferError::NotAnOptimum), "{error}");
    let single = elbo_dist::Place::f32(&burn::tensor::Device::flex());
    let x = crate::one(&single);
    let (guide, noise) = crate::guide(&crate::chain, &x, &single, 0);
    let mut svi = Svi::new(Model::new(crate::chain), guide, Elbo, noise);
    let error = svi.linear_response(&x).unwrap_err();
    assert!(error.to_string().contains("build data, noise and guide at Place::f64"), "{error}");
}
