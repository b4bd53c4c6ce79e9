//! Sites that are summed out, against sums over all states.

use burn::tensor::{Device, Float, Int, Tensor};
use elbo_dist::{
    Bernoulli, Categorical, Distribution, Mixture, Noise, Normal, OneHotCategorical, Poisson,
};
use elbo_model::{Discrete, Latents, LogJoint, ModelError, Program, Role, Subsample, Trace};
use elbo_testkit::{assert_gradient, autodiff_gradient};

use crate::{assert_close, at, double, host, matrix};

const X: [[f64; 4]; 1] = [[-2.1, 0.3, 1.1, 2.9]];
const WEIGHTS: [f64; 3] = [0.5, 0.3, 0.2];

/// `k_n ~ Categorical(w)`, `x_n ~ N(m_k, 1)`, with the means as latents.
fn mixture(t: &mut Trace, x: &Tensor<2>) {
    let means = t.sample("means", Normal::new(0.0, 3.0).iid([1, 3])); // [S, 3]
    let rows = Subsample { total: 8, batch: x.dims()[1] };
    t.plate("rows", rows, |t| {
        let weights: Tensor<3> = double().tensor(WEIGHTS.to_vec(), [1, 1, 3]);
        let k: Tensor<3, Int> = t.marginalize("k", Categorical::probs(weights)); // [3 S, N, 1]
        let [s, n, _] = k.dims();
        let means = means.clone().expand([s, 3]);
        t.observe("x", Normal::new(means.gather(1, k.reshape([s, n])), 1.0), x.clone());
    });
}

/// The same, the sum written out.
fn written_out(t: &mut Trace, x: &Tensor<2>) {
    let means = t.sample("means", Normal::new(0.0, 3.0).iid([1, 3]));
    let rows = Subsample { total: 8, batch: x.dims()[1] };
    t.plate("rows", rows, |t| {
        let weights: Tensor<3> = double().tensor(WEIGHTS.to_vec(), [1, 1, 3]);
        let [s, _] = means.dims();
        let components = Normal::new(means.clone().reshape([s, 1, 3]), 1.0);
        let mixture = Mixture::new(Categorical::probs(weights), components);
        let [_, n] = x.dims();
        t.observe("x", mixture, x.clone().reshape([1, n, 1]));
    });
}

/// The value, to rounding, and the gradient in the means of each of two particles.
#[test]
fn an_enumerated_mixture_has_the_density_and_the_gradient_of_the_sum_written_out() {
    let means = matrix([[-2.0, 0.5, 3.0], [1.0, 0.0, -1.0]]);
    let latents = at([("means", means)]);
    let [summed, expected] = [
        mixture.log_joint(&latents, &matrix(X)).unwrap(),
        written_out.log_joint(&latents, &matrix(X)).unwrap(),
    ];
    assert_close(&host(summed.total()), &host(expected.total()));
    // In a plate of 4 of 8, scaled outside the logarithm.
    assert_eq!(summed.iter().map(|term| term.scale()).collect::<Vec<_>>(), [1.0, 2.0]);
    let values = [-2.0, 0.5, 3.0, 1.0, 0.0, -1.0];
    let gradient = |program: fn(&mut Trace, &Tensor<2>)| {
        autodiff_gradient(&Device::flex(), [2, 3], &values, |means| {
            let mut latents = Latents::new(double());
            latents.insert("means", means);
            program.log_joint(&latents, &matrix(X)).unwrap().total().sum()
        })
    };
    assert_close(&gradient(mixture), &gradient(written_out));
    assert_gradient(&Device::flex(), [2, 3], &values, |means| {
        let mut latents = Latents::new(double());
        latents.insert("means", means);
        mixture.log_joint(&latents, &matrix(X)).unwrap().total().sum()
    });
}

#[test]
fn a_site_that_is_summed_out_is_no_latent_and_is_drawn_from_the_prior() {
    let noise = Noise::new(0, double());
    let layout = elbo_model::Layout::discover(&mixture, &matrix(X), &noise).unwrap();
    assert_eq!(layout.latents().map(|site| &*site.name).collect::<Vec<_>>(), ["means"]);
    assert!(layout.to_string().contains("k      marginal  Categorical"), "{layout}");
    let x = matrix(X);
    let draws = elbo_model::Predictive::new(&mixture, &x).prior(500, &noise).unwrap();
    let k = draws.value("k").unwrap().to_vec();
    let first = k.iter().filter(|k| **k == 0.0).count() as f64 / k.len() as f64;
    assert!((first - 0.5).abs() < 4.0 * (0.25_f64 / k.len() as f64).sqrt(), "{first}");
}

/// `a`, then `b` given `a`, then `c` given both, then `x` given all; `y_n` given a bit of its own and `c`.
fn three(t: &mut Trace, y: &Tensor<2>) {
    let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0)); // [S, 1]
    let a = t.marginalize("a", Bernoulli::<2>::logits(0.4)); // [2 S .., 1]
    let b = t.marginalize("b", Bernoulli::logits(a.clone() * 1.5 - 0.5));
    let c = t.marginalize("c", Bernoulli::logits(a.clone() - b.clone() * 2.0));
    let [s, _] = a.dims();
    let mu = mu.expand([s, 1]);
    let x = matrix([[0.7]]);
    t.observe("x", Normal::new(mu + a + b * 2.0 - c.clone(), 1.0), x);
    t.plate("rows", 2, |t| {
        let own = t.marginalize("own", Bernoulli::logits(c.clone() - 0.3)); // [.., 2]
        t.observe("y", Normal::new(own * 2.0 + c.clone(), 0.7), y.clone());
    });
}

/// `log p(a, b, c, own₁, own₂, x, y)` on the host.
fn joint(mu: f64, a: f64, b: f64, c: f64, own: [f64; 2]) -> f64 {
    let bit = |x: f64, logit: f64| x * logit - logit.exp().ln_1p();
    let normal = |x: f64, mean: f64, scale: f64| {
        -0.5 * ((x - mean) / scale).powi(2) - scale.ln() - crate::HALF_LN_TWO_PI
    };
    let mut sum = bit(a, 0.4) + bit(b, 1.5 * a - 0.5) + bit(c, a - 2.0 * b);
    sum += normal(0.7, mu + a + 2.0 * b - c, 1.0);
    for (own, y) in own.iter().zip([0.2, 2.4]) {
        sum += bit(*own, c - 0.3) + normal(y, 2.0 * own + c, 0.7);
    }
    sum
}

const BITS: [f64; 2] = [0.0, 1.0];

/// All 2⁵ states with their probabilities given `mu`, and the evidence.
fn states(mu: f64) -> (Vec<([f64; 5], f64)>, f64) {
    let mut states = Vec::new();
    for a in BITS {
        for b in BITS {
            for c in BITS {
                for one in BITS {
                    for two in BITS {
                        let log_joint = joint(mu, a, b, c, [one, two]);
                        states.push(([a, b, c, one, two], log_joint.exp()));
                    }
                }
            }
        }
    }
    let evidence: f64 = states.iter().map(|(_, p)| p).sum();
    (states, evidence)
}

fn y() -> Tensor<2> {
    matrix([[0.2, 2.4]])
}

#[test]
fn sites_that_depend_on_each_other_are_summed_out_together() {
    let latents = at([("mu", matrix([[0.5], [-1.0], [2.0]]))]);
    let terms = three.log_joint(&latents, &y()).unwrap();
    let prior = |mu: f64| -0.5 * mu * mu - crate::HALF_LN_TWO_PI;
    let expected = [0.5, -1.0, 2.0].map(|mu| prior(mu) + states(mu).1.ln());
    assert_close(&host(terms.total()), &expected);
    assert_eq!(terms.iter().filter(|term| term.role == Role::Marginal).count(), 1);
}

#[test]
fn the_posterior_of_summed_out_sites_is_that_of_all_their_states() {
    let particles = [0.5, -1.0];
    let latents = at([("mu", matrix([[0.5], [-1.0]]))]);
    let posterior = Discrete::infer(&three, &latents, &y()).unwrap();
    let (mut chances, mut modes) = (vec![Vec::new(); 4], vec![Vec::new(); 4]);
    for mu in particles {
        let (states, evidence) = states(mu);
        let chance = |bit: usize| -> f64 {
            states.iter().filter(|(state, _)| state[bit] == 1.0).map(|(_, p)| p / evidence).sum()
        };
        let most = states.iter().max_by(|x, y| x.1.total_cmp(&y.1)).unwrap().0;
        for bit in 0..5 {
            chances[bit.min(3)].extend([1.0 - chance(bit), chance(bit)]);
            modes[bit.min(3)].push(most[bit]);
        }
    }
    for (site, (chances, modes)) in ["a", "b", "c", "own"].iter().zip(chances.iter().zip(&modes)) {
        assert_close(&host(posterior.marginals(site).unwrap()), chances);
        assert_eq!(host(posterior.mode(site).unwrap().float()), *modes, "{site}");
    }
    let error = posterior.marginals("d").unwrap_err();
    assert!(error.to_string().contains("there is no value for \"d\", only for "), "{error}");
}

/// 20,000 particles, all the same: how often each state is drawn, within 4 standard errors.
#[test]
fn joint_draws_of_summed_out_sites_have_the_probabilities_of_their_states() {
    const DRAWS: usize = 20_000;
    let mu: Tensor<2> = double().tensor(vec![0.5; DRAWS], [DRAWS, 1]);
    let posterior = Discrete::infer(&three, &at([("mu", mu)]), &y()).unwrap();
    let noise = Noise::new(3, double());
    let draw = |site: &str| host(posterior.sample(site, &noise).unwrap().float());
    let [a, b, c, own] = ["a", "b", "c", "own"].map(draw);
    let (states, evidence) = states(0.5);
    for (state, p) in states {
        let p = p / evidence;
        let drawn =
            (0..DRAWS).filter(|i| [a[*i], b[*i], c[*i], own[2 * i], own[2 * i + 1]] == state);
        let found = drawn.count() as f64 / DRAWS as f64;
        let error = (p * (1.0 - p) / DRAWS as f64).sqrt();
        assert!((found - p).abs() < 4.0 * error + 1e-9, "{state:?}: {found} for {p}");
    }
}

/// One-hot vectors and integers have values that can be told, too.
#[test]
fn one_hot_vectors_and_integers_are_enumerated() {
    fn hot(t: &mut Trace, _: &()) {
        let weights = matrix([[0.2, 0.3, 0.5]]);
        let hot: Tensor<2, Float> = t.marginalize("hot", OneHotCategorical::probs(weights));
        let mean = (hot * matrix([[0.0, 1.0, 4.0]])).sum_dim(1);
        t.observe("x", Normal::new(mean, 1.0), matrix([[1.5]]));
    }
    fn number(t: &mut Trace, _: &()) {
        let die: Tensor<2> = t.marginalize("die", elbo_dist::DiscreteUniform::new(-1, 1));
        t.observe("x", Normal::new(die, 1.0), matrix([[1.5]]));
    }
    let empty = Latents::new(double());
    let normal = |mean: f64| (-0.5 * (1.5 - mean) * (1.5_f64 - mean) - crate::HALF_LN_TWO_PI).exp();
    let of_hot = 0.2 * normal(0.0) + 0.3 * normal(1.0) + 0.5 * normal(4.0);
    assert_close(&host(hot.log_joint(&empty, &()).unwrap().total()), &[of_hot.ln()]);
    let of_die = (normal(-1.0) + normal(0.0) + normal(1.0)) / 3.0;
    assert_close(&host(number.log_joint(&empty, &()).unwrap().total()), &[of_die.ln()]);
}

fn refused(model: impl Program, text: &str) -> ModelError {
    let error = model.check(&Latents::new(double()), &()).unwrap_err();
    assert!(error.to_string().contains(text), "{error}");
    error
}

#[test]
fn what_cannot_be_summed_out_is_an_error_that_says_why() {
    fn endless(t: &mut Trace, _: &()) {
        t.marginalize("n", Poisson::<2>::new(3.0));
    }
    let error = refused(endless, "its support {0, 1, ..} cannot be told one by one");
    assert!(matches!(error, ModelError::NotEnumerable { .. }));
    fn many(t: &mut Trace, _: &()) {
        t.marginalize("z", Bernoulli::<2>::probs(0.5).iid([1, 5]));
    }
    let error = refused(many, "more than one variable for an element of its plates");
    assert!(matches!(error, ModelError::EnumeratedEvent { .. }));
    fn gathers(t: &mut Trace, _: &()) {
        let z = t.plate("rows", 3, |t| t.marginalize("z", Bernoulli::<2>::probs(0.5)));
        t.observe("sum", Normal::new(z.sum_dim(1), 1.0), matrix([[1.0]]));
    }
    let error = refused(gathers, "\"sum\" depends on the enumerated \"z\", but does not lie in");
    assert!(matches!(error, ModelError::EnumeratedReach { .. }));
    fn scaled(t: &mut Trace, _: &()) {
        let z = t.marginalize("z", Bernoulli::<2>::probs(0.5));
        t.plate("rows", Subsample { total: 10, batch: 2 }, |t| {
            t.observe("x", Normal::new(z.clone(), 1.0), matrix([[1.0, 2.0]]));
        });
    }
    let error = refused(scaled, "its scale would stand inside the logarithm of a sum");
    assert!(matches!(error, ModelError::EnumeratedScale { .. }));
    let runs = std::cell::Cell::new(0);
    let impure = |t: &mut Trace, _: &()| {
        runs.set(runs.get() + 1);
        t.marginalize(if runs.get() % 2 == 0 { "even" } else { "odd" }, Bernoulli::<2>::probs(0.5));
    };
    let error = refused(impure, "was not enumerated in the same way when the program ran before");
    assert!(matches!(error, ModelError::Impure { .. }));
}

/// `k` of each cell of 2 by 2, in a plate within a plate.
#[test]
fn a_site_in_nested_plates_is_summed_out_by_cell() {
    fn cells(t: &mut Trace, _: &()) {
        t.plate("a", 2, |t| {
            t.plate("b", 2, |t| {
                let k = t.marginalize("k", Bernoulli::<3>::probs(0.3));
                let x = double().tensor(vec![0.1, 1.2, 2.3, -0.4], [1, 2, 2]);
                t.observe("x", Normal::new(k * 2.0, 1.0), x);
            });
        });
    }
    let empty = Latents::new(double());
    let normal = |x: f64| (-0.5 * x * x - crate::HALF_LN_TWO_PI).exp();
    let cell = |x: f64| (0.7 * normal(x) + 0.3 * normal(x - 2.0)).ln();
    let expected: f64 = [0.1, 1.2, 2.3, -0.4].map(cell).iter().sum();
    assert_close(&host(cells.check(&empty, &()).unwrap().total()), &[expected]);
    assert_eq!(
        Discrete::infer(&cells, &empty, &()).unwrap().marginals("k").unwrap().dims(),
        [1, 4, 2]
    );
}

/// The difference of two elements is 0 wherever both have the same value.
#[test]
fn what_cancels_between_elements_with_equal_values_is_found() {
    fn smooth(t: &mut Trace, _: &()) {
        let z = t.plate("rows", 2, |t| t.marginalize("z", Bernoulli::<2>::probs(0.3)));
        let apart = z.clone().narrow(1, 0, 1) - z.narrow(1, 1, 1);
        t.factor("smooth", apart.square() * -3.0);
    }
    let error = refused(smooth, "\"smooth\" depends on the enumerated \"z\"");
    assert!(matches!(error, ModelError::EnumeratedReach { .. }));
    let error = Discrete::infer(&smooth, &Latents::new(double()), &()).unwrap_err();
    assert!(matches!(error, ModelError::EnumeratedReach { .. }), "{error}");
    fn masked(t: &mut Trace, _: &()) {
        let seen = crate::mask([[true]]);
        t.mask(seen, |t| t.marginalize("z", Bernoulli::<2>::probs(0.3)));
    }
    let error = refused(masked, "put the data alone under the mask");
    assert!(matches!(error, ModelError::EnumeratedMask { .. }));
}
