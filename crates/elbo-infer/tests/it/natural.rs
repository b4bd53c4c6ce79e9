//! Natural gradients, and coordinate ascent over programs.

use burn::tensor::{Int, Tensor};
use elbo_conjugate::{CoordinateAscent, CoordinateError, Coordinates, RobbinsMonro};
use elbo_dist::{
    Bernoulli, Beta, Categorical, Dirichlet, Distribution, Exponential, Gamma, InverseGamma,
    LogNormal, MultivariateNormal, Noise, Normal, Place, Poisson, Support, lgamma_scalar,
};
use elbo_guide::ExponentialFamily;
use elbo_infer::{InferError, NaturalSvi};
use elbo_model::{Layout, Model, Program, Subsample, Trace};
use elbo_testkit::assert_close;

use crate::{CHAIN_EVIDENCE, chain, f64_on_flex, one};

fn fit<B, P: Program<B> + Clone + Send + Fn(&mut Trace, &B)>(
    program: P,
    data: &B,
) -> NaturalSvi<Model<P>> {
    let noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&program, data, &noise).unwrap();
    let guide = ExponentialFamily::of_globals(&layout).unwrap();
    NaturalSvi::new(Model::new(program), guide, noise)
}

/// `log N(x; m, v)`
fn log_normal(x: f64, m: f64, v: f64) -> f64 {
    -0.5 * ((x - m).powi(2) / v + (2.0 * std::f64::consts::PI * v).ln())
}

/// The posterior of a conjugate model is there after one step, and the bound is then the evidence.
#[test]
fn one_step_is_the_posterior_of_conjugate_models() {
    let place = f64_on_flex();
    let coin = |t: &mut Trace, x: &Tensor<2>| {
        let p = t.sample("z", Beta::new(2.0, 2.0));
        t.plate("tosses", x.dims()[1], |t| t.observe("x", Bernoulli::probs(p), x.clone()));
    };
    let tosses = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let ratio = |a: [f64; 2], b: [f64; 2]| {
        let log_beta =
            |[a, b]: [f64; 2]| lgamma_scalar(a) + lgamma_scalar(b) - lgamma_scalar(a + b);
        log_beta(a) - log_beta(b)
    };
    holds(
        coin,
        &place.tensor(tosses.to_vec(), [1, 10]),
        &[7.0, 5.0],
        ratio([8.0, 6.0], [2.0, 2.0]),
    );

    // z ~ N(0, 1) and x ~ N(z, 1): N(½, ½).
    holds(chain, &one(&place), &[1.0, -1.0], CHAIN_EVIDENCE);

    // Gamma(2, 1) and counts: Gamma(2 + 5, 1 + 3).
    let counts = |t: &mut Trace, x: &Tensor<2>| {
        let rate = t.sample("z", Gamma::new(2.0, 1.0));
        t.plate("rows", x.dims()[1], |t| t.observe("x", Poisson::new(rate), x.clone()));
    };
    let evidence = lgamma_scalar(7.0) - 7.0 * 4.0_f64.ln() - 2.0_f64.ln() - 2.0_f64.ln(); // 1! 2! 2!
    holds(counts, &place.tensor(vec![1.0, 2.0, 2.0], [1, 3]), &[6.0, -4.0], evidence);

    // A variance InverseGamma(3, 2) and one normal number 1.5: InverseGamma(3.5, 2 + 1.125).
    let variance = |t: &mut Trace, x: &Tensor<2>| {
        let v = t.sample("z", InverseGamma::new(3.0, 2.0));
        t.observe("x", Normal::new(0.0, v.sqrt()), x.clone());
    };
    let evidence = lgamma_scalar(3.5) - lgamma_scalar(3.0) + 3.0 * 2.0_f64.ln()
        - 3.5 * 3.125_f64.ln()
        - 0.5 * (2.0 * std::f64::consts::PI).ln();
    holds(variance, &place.tensor(vec![1.5], [1, 1]), &[-4.5, -3.125], evidence);

    // log z ~ N(0, 1) and x ~ N(log z, 1): log z ~ N(½, ½).
    let logarithm = |t: &mut Trace, x: &Tensor<2>| {
        let z: Tensor<2> = t.sample("z", LogNormal::new(0.0, 1.0));
        t.observe("x", Normal::new(z.log(), 1.0), x.clone());
    };
    holds(logarithm, &one(&place), &[0.0, -1.0], CHAIN_EVIDENCE);

    // Dirichlet(1, 2, 0.5) and the categories 0, 2, 2: Γ(3.5) / Γ(6.5) · 1 · ½ · 3/2.
    let shares = |t: &mut Trace, x: &Tensor<3, Int>| {
        let alpha = t.place().tensor::<2>(vec![1.0, 2.0, 0.5], [1, 3]);
        let p: Tensor<2> = t.sample("z", Dirichlet::new(alpha));
        let [s, k] = p.dims();
        t.plate("rows", x.dims()[1], |t| {
            t.observe("x", Categorical::probs(p.reshape([s, 1, k])), x.clone());
        });
    };
    let x = Tensor::<3, Int>::from_data([[[0], [2], [2]]], place.device());
    let evidence = lgamma_scalar(3.5) - lgamma_scalar(6.5) + 0.75_f64.ln();
    holds(shares, &x, &[1.0, 1.0, 1.5], evidence);

    // A yes with a chance of 0.3, and x ~ N(±1, 1): logit 0.3 + 2 x.
    let switch = |t: &mut Trace, x: &Tensor<2>| {
        let on: Tensor<2> = t.sample("z", Bernoulli::probs(0.3));
        t.observe("x", Normal::new(on * 2.0 - 1.0, 1.0), x.clone());
    };
    let evidence =
        (0.3 * log_normal(0.4, 1.0, 1.0).exp() + 0.7 * log_normal(0.4, -1.0, 1.0).exp()).ln();
    let logit = (0.3_f64 / 0.7).ln() + 0.8;
    holds(switch, &place.tensor(vec![0.4], [1, 1]), &[logit], evidence);
}

fn holds<B, P>(program: P, data: &B, eta: &[f64], evidence: f64)
where
    P: Program<B> + Clone + Send + Fn(&mut Trace, &B),
{
    let mut fit = fit(program, data);
    let info = fit.step(data).unwrap();
    assert_eq!(info.shortened, 0);
    assert!(fit.conjugacy().unwrap().fault().is_none(), "{}", fit.conjugacy().unwrap());
    assert_close(&fit.guide().natural("z").unwrap(), eta, 1e-9, 1e-9);
    let bound = fit.bound(data).unwrap();
    assert!((bound - evidence).abs() < 1e-9, "{bound} {evidence}");
    assert!(info.bound < evidence - 1e-6, "{info:?}: the start is no posterior");
    let again = fit.step(data).unwrap();
    assert!((again.bound - evidence).abs() < 1e-9, "{again:?}");
}

/// System: `z₁ ~ N(0, 1)`, `z₂ ~ N(z₁, 1)`, `x ~ N(z₂, 1)`, `x = 1`: the means 1/3 and 2/3, variances of ½, and a bound of the evidence less ½ log 4/3.
#[test]
fn coordinate_ascent_over_the_program_of_the_chain_finds_the_best_independent_normals() {
    let walk = |t: &mut Trace, x: &Tensor<2>| {
        let first = t.sample("first", Normal::new(0.0, 1.0));
        let second = t.sample("second", Normal::new(first, 1.0));
        t.observe("x", Normal::new(second, 1.0), x.clone());
    };
    let x = one(&f64_on_flex());
    let mut fit = fit(walk, &x);
    // One update is the formula: m₂ = (m₁ + x) / 2.
    let first = fit.guide().natural("first").unwrap();
    let m1 = first[0] / (-2.0 * first[1]);
    fit.update(0, &x).unwrap();
    assert_close(&fit.guide().natural("second").unwrap(), &[m1 + 1.0, -1.0], 1e-9, 1e-9);
    let ascent = CoordinateAscent::new().with_tolerance(0.0).with_each_factor();
    let info = ascent.run(&mut fit, &x, |_, _| ()).unwrap();
    assert!((info.bound() + 1.778_752).abs() < 1e-6, "{info:?}");
    for (site, mean) in [("first", 1.0 / 3.0), ("second", 2.0 / 3.0)] {
        assert_close(&fit.guide().natural(site).unwrap(), &[2.0 * mean, -1.0], 1e-6, 0.0);
    }
}

pub const X: [f64; 8] = [-3.1, 2.4, -2.2, 3.9, -2.7, 2.9, 3.3, -1.8];

/// `μ_k ~ N(0, 9)`, `c_i ~ Cat(½, ½)`, `x_i ~ N(μ_{c_i}, 1)`.
pub fn mixture(t: &mut Trace, x: &Tensor<2>) {
    mixture_of(t, x, |t, even| t.sample("c", even));
}

/// The mixture with its components as `choose` says.
pub fn mixture_of(
    t: &mut Trace,
    x: &Tensor<2>,
    choose: impl Fn(&mut Trace, Categorical<3>) -> Tensor<3, Int>,
) {
    let means = t.sample("means", Normal::new(0.0, 3.0).iid([1, 2]));
    let size = Subsample { total: 8, batch: x.dims()[1] };
    t.plate("rows", size, |t| {
        let even: Tensor<3> = t.place().tensor(vec![0.5, 0.5], [1, 1, 2]);
        let c = choose(t, Categorical::probs(even));
        let [s, n, _] = c.dims();
        let means = means.clone().expand([s, 2]);
        t.observe("x", Normal::new(means.gather(1, c.reshape([s, n])), 1.0), x.clone());
    });
}

type OfMixture = NaturalSvi<Model<fn(&mut Trace, &Tensor<2>)>>;

fn started(means: [f64; 2]) -> (OfMixture, Tensor<2>) {
    let place = f64_on_flex();
    let x = place.tensor(X.to_vec(), [1, 8]);
    let noise = Noise::new(0, &place);
    let program: fn(&mut Trace, &Tensor<2>) = mixture;
    let layout = Layout::discover(&program, &x, &noise).unwrap();
    let guide = ExponentialFamily::of_prior(&layout).unwrap();
    // Variances of 1.
    let guide = guide.with_natural("means", &[means[0], means[1], -0.5, -0.5]).unwrap();
    (NaturalSvi::new(Model::new(program), guide, noise), x)
}

/// Shares `φ_ik ∝ exp(m_k x_i - (s_k² + m_k²) / 2)`, then `s_k² = 1 / (1/9 + Σ φ_ik)`, `m_k = s_k² Σ φ_ik x_i`.
fn by_hand([[m0, v0], [m1, v1]]: [[f64; 2]; 2]) -> (Vec<f64>, [[f64; 2]; 2]) {
    let logit = |x: &f64| (m0 * x - 0.5 * (v0 + m0 * m0)) - (m1 * x - 0.5 * (v1 + m1 * m1));
    let logits: Vec<f64> = X.iter().map(logit).collect();
    let moments = |share: &dyn Fn(f64) -> f64| {
        let shares: Vec<f64> = logits.iter().map(|logit| share(*logit)).collect();
        let v = 1.0 / (1.0 / 9.0 + shares.iter().sum::<f64>());
        [v * shares.iter().zip(X).map(|(share, x)| share * x).sum::<f64>(), v]
    };
    let first = moments(&|logit| 1.0 / (1.0 + (-logit).exp()));
    let second = moments(&|logit| 1.0 / (1.0 + logit.exp()));
    (logits, [first, second])
}

#[test]
fn a_step_of_size_one_on_all_data_is_the_coordinate_update() {
    let (mut fit, x) = started([-0.3, 0.5]);
    let mut moments = [[-0.3, 1.0], [0.5, 1.0]];
    for step in 0..6 {
        let (logits, next) = by_hand(moments);
        moments = next;
        fit.step(&x).unwrap();
        let c = fit.guide().natural("c").unwrap();
        let found: Vec<f64> = c.chunks(2).map(|pair| pair[0] - pair[1]).collect();
        assert_close(&found, &logits, 1e-8, 1e-8);
        let [[m0, v0], [m1, v1]] = moments;
        let eta = [m0 / v0, m1 / v1, -0.5 / v0, -0.5 / v1];
        assert_close(&fit.guide().natural("means").unwrap(), &eta, 1e-8, 1e-8);
        assert_eq!(fit.steps(), step + 1);
    }
}

/// The same bound from the program, by coordinate ascent, as from the formulas by hand.
#[test]
fn coordinate_ascent_over_the_mixture_rises_to_its_bound() {
    let (mut fit, x) = started([-0.3, 0.5]);
    let ascent = CoordinateAscent::new().with_tolerance(1e-12).with_each_factor();
    let info = ascent.run(&mut fit, &x, |_, _| ()).unwrap();
    let bound = best_bound();
    assert!((info.bound() - bound).abs() < 1e-8, "{} {bound}", info.bound());
}

/// The best independent moments of the means, from the start at -0.3 and 0.5.
pub fn best_moments() -> [[f64; 2]; 2] {
    (0..200).fold([[-0.3, 1.0], [0.5, 1.0]], |moments, _| by_hand(moments).1)
}

/// The bound at the best moments and shares.
pub fn best_bound() -> f64 {
    let moments = best_moments();
    let (logits, _) = by_hand(moments);
    let mut bound = 0.0;
    for (x, logit) in X.iter().zip(&logits) {
        let share = 1.0 / (1.0 + (-logit).exp());
        for (share, [m, v]) in [(share, moments[0]), (1.0 - share, moments[1])] {
            let part = 0.5_f64.ln() + log_normal(*x, m, 1.0) - 0.5 * v - share.max(1e-300).ln();
            bound += share * part;
        }
    }
    for [m, v] in moments {
        bound -= 0.5 * ((v + m * m) / 9.0 - 1.0 - (v / 9.0).ln());
    }
    bound
}

/// With the rows of a batch alone at hand, shares are local: steps of falling size on batches of two come to the optimum of all data. A step's noise is that
/// of the batch's natural parameters; after 2,000 steps of size about 1/t their mean has the standard error of about 2% that is allowed four times.
#[test]
fn falling_steps_on_minibatches_come_to_the_optimum_of_all_data() {
    let (mut whole, x) = started([-0.3, 0.5]);
    whole.run(100, &x, |_| ()).unwrap();
    let best = whole.bound(&x).unwrap();
    let batches: Vec<_> = x.clone().split(2, 1);
    let mut parts = fit(mixture as fn(&mut Trace, &Tensor<2>), &batches[0]);
    assert_eq!(parts.guide().sites().count(), 1);
    parts = parts.with_step_sizes(RobbinsMonro::new(2.0, 0.9).unwrap());
    let order = |step: usize| &batches[(step * 7 + step / 4) % 4];
    let mut fractions = Vec::new();
    parts.epoch((0..400).map(order), |info| fractions.push(info.fraction)).unwrap();
    assert!(fractions.iter().all(|fraction| *fraction == 0.25));
    let found = parts.guide().natural("means").unwrap();
    let exact = whole.guide().natural("means").unwrap();
    let (small, large) = if found[0] < found[1] { (0, 1) } else { (1, 0) };
    assert_close(&[found[small], found[large]], &[exact[0], exact[1]], 0.08, 0.0);
    // All rows belong to the optimum of what is local to them.
    let bound = parts.bound(&x).unwrap();
    assert!(bound > best - 0.05 && bound < best + 1e-9, "{bound} {best}");
    assert_eq!(parts.of_batch(&x).unwrap().sites().count(), 2);
}

/// `x ~ Poisson(exp z)`, `z ~ N(0, 1)` is not conjugate: the best normal has `m = x - exp(m + s²/2)` and `1/s² = 1 + exp(m + s²/2)`.
#[test]
fn what_is_not_conjugate_is_told_and_fitted_by_draws() {
    let counts = |t: &mut Trace, x: &Tensor<2>| {
        let z: Tensor<2> = t.sample("z", Normal::new(0.0, 1.0));
        t.observe("x", Poisson::new(z.exp()), x.clone());
    };
    let x: Tensor<2> = f64_on_flex().tensor(vec![4.0], [1, 1]);
    let mut fit = fit(counts, &x).with_points(64);
    fit = fit.with_step_sizes(RobbinsMonro::new(4.0, 0.8).unwrap());
    fit.run(1500, &x, |_| ()).unwrap();
    let conjugacy = fit.conjugacy().unwrap();
    assert_eq!(conjugacy.fault(), Some(("z", "x")));
    let table = conjugacy.to_string();
    assert!(table.contains(" z     conjugate") && table.contains(" x     by draws ("), "{table}");
    let (mut m, mut v) = (1.0_f64, 0.2_f64);
    for _ in 0..500 {
        let rate = (m + 0.5 * v).exp();
        v = 1.0 / (1.0 + rate);
        m += v * (4.0 - rate - m);
    }
    let eta = fit.guide().natural("z").unwrap();
    // The slope 4 - exp z has a standard deviation of 4 · 0.5 at most, in η a noise of about 2 a draw; over 64 draws and the last 1/ρ = 350 steps
    // that is 2 / √(64 · 350) · √2 = 0.02.
    assert_close(&[eta[0] / (-2.0 * eta[1]), -0.5 / eta[1]], &[m, v], 0.0, 0.02);
    assert_close(&[eta[0]], &[m / v], 0.0, 0.08);
    let error = CoordinateAscent::new().run(&mut fit, &x, |_, _| ()).unwrap_err();
    let CoordinateError::Bound { source, .. } = error else { panic!("{error}") };
    assert!(
        source
            .to_string()
            .starts_with("the term of \"x\" is not conjugate to the guide's family at \"z\""),
        "{source}"
    );
}

struct Regression {
    x: Tensor<2>,
    y: Tensor<2>,
}

fn rows(place: &Place) -> (Vec<[f64; 2]>, Vec<f64>, Regression) {
    let x: Vec<[f64; 2]> = (0..12).map(|i| [1.0, (f64::from(i) - 5.0) / 3.0]).collect();
    let y: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, x)| 0.5 + 1.5 * x[1] + 0.3 * (i as f64 * 2.4).sin())
        .collect();
    let data =
        Regression { x: place.tensor(x.concat(), [12, 2]), y: place.tensor(y.clone(), [1, 12]) };
    (x, y, data)
}

/// With all covariances and the noise known the posterior is there after one step: the precision is `I + Xᵀ X / σ²`.
#[test]
fn one_step_is_the_posterior_of_a_linear_regression() {
    let line = |t: &mut Trace, d: &Regression| {
        let w: Tensor<2> = t.sample("w", Normal::new(0.0, 1.0).iid([1, 2]));
        t.plate("rows", 12, |t| {
            t.observe("y", Normal::new(w.matmul(d.x.clone().transpose()), 0.5), d.y.clone());
        });
    };
    let place = f64_on_flex();
    let (x, y, data) = rows(&place);
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&line, &data, &noise).unwrap();
    let guide = ExponentialFamily::of_prior(&layout).unwrap().with_full_rank("w").unwrap();
    let mut fit = NaturalSvi::new(Model::new(line), guide, noise);
    fit.step(&data).unwrap();
    let sum = |f: &dyn Fn(&[f64; 2], f64) -> f64| {
        x.iter().zip(&y).map(|(x, y)| f(x, *y)).sum::<f64>() / 0.25
    };
    let (a, b, c) = (sum(&|x, _| x[0] * x[0]), sum(&|x, _| x[0] * x[1]), sum(&|x, _| x[1] * x[1]));
    let shift = [sum(&|x, y| x[0] * y), sum(&|x, y| x[1] * y)];
    let eta = [shift[0], shift[1], -0.5 * (1.0 + a), -0.5 * b, -0.5 * b, -0.5 * (1.0 + c)];
    assert_close(&fit.guide().natural("w").unwrap(), &eta, 1e-8, 1e-8);
}

/// Three slopes of columns that are nearly the same, as independent normals: a step of all three at once overshoots by about twice, and is halved. The means
/// of the best independent normals are those of the posterior: `(I + Xᵀ X / σ²) m = Xᵀ y / σ²`.
#[test]
fn numbers_of_a_site_that_would_overshoot_together_take_shorter_steps() {
    let line = |t: &mut Trace, d: &Regression| {
        let w: Tensor<2> = t.sample("w", Normal::new(0.0, 1.0).iid([1, 3]));
        t.plate("rows", 6, |t| {
            t.observe("y", Normal::new(w.matmul(d.x.clone().transpose()), 1.0), d.y.clone());
        });
    };
    let place = f64_on_flex();
    let x: Vec<[f64; 3]> =
        (0..6).map(|i| [1.0, 1.0 + 0.1 * f64::from(i), 1.2 - 0.05 * f64::from(i)]).collect();
    let y = [2.0, 2.5, 1.5, 3.0, 2.2, 2.8];
    let data =
        Regression { x: place.tensor(x.concat(), [6, 3]), y: place.tensor(y.to_vec(), [1, 6]) };
    let mut fit = fit(line, &data);
    let mut infos = Vec::new();
    fit.run(400, &data, |info| infos.push(info.clone())).unwrap();
    // A fall within 1e-10 of the bound counts as rounding.
    assert!(infos.windows(2).all(|pair| pair[1].bound >= pair[0].bound - 1e-8));
    assert!(infos.iter().any(|info| info.halvings > 0));
    let eta = fit.guide().natural("w").unwrap();
    let m: Vec<f64> = (0..3).map(|i| eta[i] / (-2.0 * eta[3 + i])).collect();
    for i in 0..3 {
        let row: f64 = x
            .iter()
            .zip(y)
            .map(|(x, y)| x[i] * (y - (0..3).map(|j| x[j] * m[j]).sum::<f64>()))
            .sum();
        assert!((row - m[i]).abs() < 1e-4, "{m:?}");
    }
}

/// With unknown precision `τ ~ Gamma(2, 1)` and a normal vector beside it, an update of each is its formula: `τ` gets the shape 2 + 12/2 and the rate
/// `1 + ½ E|y - X w|²`, with `E|y - X w|² = |y - X m|² + tr(Xᵀ X Σ)`.
#[test]
fn updates_of_a_regression_with_unknown_noise_are_those_by_hand() {
    let line = |t: &mut Trace, d: &Regression| {
        let tau: Tensor<2> = t.sample("tau", Gamma::new(2.0, 1.0));
        let eye = t.place().tensor::<3>(vec![1.0, 0.0, 0.0, 1.0], [1, 2, 2]);
        let w: Tensor<2> = t.sample("w", MultivariateNormal::<2, 3>::scale_tril(0.0, eye));
        let scale = tau.recip().sqrt();
        t.plate("rows", 12, |t| {
            t.observe("y", Normal::new(w.matmul(d.x.clone().transpose()), scale), d.y.clone());
        });
    };
    let (x, y, data) = rows(&f64_on_flex());
    let mut fit = fit(line, &data);
    fit.update(0, &data).unwrap(); // w
    let eta = fit.guide().natural("w").unwrap();
    let (a, b, c) = (-2.0 * eta[2], -2.0 * eta[3], -2.0 * eta[5]);
    let determinant = a * c - b * b;
    let covariance = [c / determinant, -b / determinant, a / determinant];
    let m = [
        covariance[0] * eta[0] + covariance[1] * eta[1],
        covariance[1] * eta[0] + covariance[2] * eta[1],
    ];
    let squares: f64 = x
        .iter()
        .zip(&y)
        .map(|(x, y)| {
            let spread = covariance[0] * x[0] * x[0]
                + 2.0 * covariance[1] * x[0] * x[1]
                + covariance[2] * x[1] * x[1];
            (y - m[0] * x[0] - m[1] * x[1]).powi(2) + spread
        })
        .sum();
    fit.update(1, &data).unwrap(); // tau
    let expected = [2.0 + 6.0 - 1.0, -1.0 - 0.5 * squares];
    assert_close(&fit.guide().natural("tau").unwrap(), &expected, 1e-8, 1e-8);
    let ascent = CoordinateAscent::new().with_tolerance(1e-12).with_each_factor();
    ascent.run(&mut fit, &data, |_, _| ()).unwrap();
}

/// Steps are a function of the seed and their number: a run of six is one of three and then three more.
#[test]
fn a_run_goes_on_where_another_ended() {
    let (fit, x) = started([-0.3, 0.5]);
    let sizes = RobbinsMonro::new(2.0, 0.7).unwrap();
    let mut whole = fit.with_step_sizes(sizes).with_points(2);
    whole.run(6, &x, |_| ()).unwrap();
    let (fit, _) = started([-0.3, 0.5]);
    let mut first = fit.with_step_sizes(sizes).with_points(2);
    first.run(3, &x, |_| ()).unwrap();
    let noise = Noise::new(0, f64_on_flex());
    let program: fn(&mut Trace, &Tensor<2>) = mixture;
    let mut rest = NaturalSvi::new(Model::new(program), first.guide().clone(), noise)
        .with_step_sizes(sizes)
        .with_points(2)
        .starting_at(3);
    rest.run(3, &x, |_| ()).unwrap();
    assert_eq!(rest.guide().natural("means").unwrap(), whole.guide().natural("means").unwrap());
}

#[test]
fn what_natural_steps_refuse_is_named() {
    let place = f64_on_flex();
    let x = one(&place);
    let said = |error: InferError| error.to_string();
    for (size, told) in [(0.0, "0"), (1.5, "1.5"), (f64::NAN, "NaN")] {
        let error = said(fit(chain, &x).with_step_sizes(size).step(&x).unwrap_err());
        let start = format!("the step size of step 0 of seed 0 is {told}, but must be more than 0");
        assert!(error.starts_with(&start), "{error}");
    }
    let error = said(fit(chain, &x).with_points(3).step(&x).unwrap_err());
    assert!(error.contains("at 3 points; ask for a power of two"), "{error}");
    let trained = |t: &mut Trace, x: &Tensor<2>| {
        let loc = t.param("loc", t.place().zeros::<2>([1, 1]), Support::Real);
        let z = t.sample("z", Normal::new(loc, 1.0));
        t.observe("x", Normal::new(z, 1.0), x.clone());
    };
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&trained, &x, &noise).unwrap();
    let guide = ExponentialFamily::of_prior(&layout).unwrap();
    let model = Model::new(trained).with_params(&layout);
    let error = said(NaturalSvi::new(model, guide, noise).step(&x).unwrap_err());
    assert!(error.starts_with("the model has parameters, which natural gradients"), "{error}");
    let wait = |t: &mut Trace, x: &Tensor<2>| {
        let rate: Tensor<2> = t.sample("rate", Exponential::new(1.0));
        t.observe("x", Poisson::new(rate), x.clone());
    };
    let error = said(fit(wait, &x).step(&x).unwrap_err());
    assert!(error.starts_with("\"rate\" has the distribution Exponential, for which"), "{error}");
    // A guide of some of the latents.
    let two = |t: &mut Trace, x: &Tensor<2>| {
        let a: Tensor<2> = t.sample("a", Normal::new(0.0, 1.0));
        let b: Tensor<2> = t.sample("b", Normal::new(0.0, 1.0));
        t.observe("x", Normal::new(a + b, 1.0), x.clone());
    };
    let noise = Noise::new(0, &place);
    let layout = Layout::discover(&two, &x, &noise).unwrap();
    let guide = ExponentialFamily::of_prior(&layout.of_latents(|name| name == "a")).unwrap();
    let error = said(NaturalSvi::new(Model::new(two), guide, noise).step(&x).unwrap_err());
    assert!(error.starts_with("\"b\" is not among the guide's latents and lies in no"), "{error}");
    // Data that are no numbers, with the step.
    let mut broken = fit(chain, &x);
    broken.step(&x).unwrap();
    let nan: Tensor<2> = place.tensor(vec![f64::NAN], [1, 1]);
    let error = said(broken.step(&nan).unwrap_err());
    assert!(error.contains("step 1 of seed 0"), "{error}");
}
