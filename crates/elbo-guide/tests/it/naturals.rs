//! Natural parameters of the exponential families.

use elbo_dist::{
    Bernoulli, Beta, Categorical, Dirichlet, Distribution, Exponential, Gamma, InverseGamma,
    LogNormal, MultivariateNormal, Noise, Normal, StudentT, digamma_scalar,
};
use elbo_guide::{ExponentialFamily, Guide};
use elbo_model::{Layout, LogJoint, Plan, Trace};
use elbo_testkit::assert_close;

use crate::{discover, f64_on_flex, numbers};

fn families(t: &mut Trace, _: &()) {
    t.sample("normal", Normal::<2>::new(0.0, 1.0).iid([1, 2]));
    t.sample("log_normal", LogNormal::<2>::new(0.0, 1.0));
    t.sample("gamma", Gamma::<2>::new(2.0, 1.0));
    t.sample("inverse_gamma", InverseGamma::<2>::new(3.0, 1.0));
    t.sample("beta", Beta::<2>::new(2.0, 3.0));
    t.sample("dirichlet", Dirichlet::new(t.place().tensor::<2>(vec![1.0, 2.0, 0.5], [1, 3])));
    t.sample("on", Bernoulli::<2>::probs(0.3));
    let probs = t.place().tensor::<2>(vec![0.2, 0.3, 0.5], [1, 3]);
    t.sample("kind", Categorical::probs(probs));
    let factor = t.place().tensor::<3>(vec![1.0, 0.0, 0.5, 2.0], [1, 2, 2]);
    t.sample("vector", MultivariateNormal::<2, 3>::scale_tril(0.0, factor));
}

fn guide() -> ExponentialFamily {
    let (layout, _) = discover(&families, &f64_on_flex());
    ExponentialFamily::of_prior(&layout).unwrap()
}

/// Natural parameters of each continuous site, and the means of its statistics.
fn cases() -> Vec<(&'static str, Vec<f64>, Vec<f64>)> {
    let psi = digamma_scalar;
    // N(0.5, 0.2²) and N(-3, 2²); log z ~ N(0.3, 0.5²); Gamma(0.7, 2); 1 / Gamma(4, 3); Beta(2.5, 0.6); Dirichlet(0.3, 4, 1.5).
    vec![
        ("normal", vec![12.5, -0.75, -12.5, -0.125], vec![0.5, -3.0, 0.25 + 0.04, 9.0 + 4.0]),
        ("log_normal", vec![0.2, -2.0], vec![0.3, 0.09 + 0.25]),
        ("gamma", vec![-0.3, -2.0], vec![psi(0.7) - 2.0_f64.ln(), 0.35]),
        ("inverse_gamma", vec![-5.0, -3.0], vec![3.0_f64.ln() - psi(4.0), 4.0 / 3.0]),
        ("beta", vec![1.5, -0.4], vec![psi(2.5) - psi(3.1), psi(0.6) - psi(3.1)]),
        ("dirichlet", vec![-0.7, 3.0, 0.5], [0.3, 4.0, 1.5].map(|a| psi(a) - psi(5.8)).to_vec()),
        // The covariance [[1, ½], [½, 2]], whose inverse is [[8, -2], [-2, 4]] / 7, about (1, -1).
        (
            "vector",
            vec![10.0 / 7.0, -6.0 / 7.0, -4.0 / 7.0, 1.0 / 7.0, 1.0 / 7.0, -2.0 / 7.0],
            vec![1.0, -1.0, 2.0, -0.5, -0.5, 3.0],
        ),
    ]
}

fn with_cases() -> ExponentialFamily {
    let set = |guide: ExponentialFamily, (site, eta, _): &(&str, Vec<f64>, Vec<f64>)| {
        guide.with_natural(site, eta).unwrap()
    };
    cases().iter().fold(guide(), set)
}

/// The statistics of the numbers of a site at a point.
fn statistics(site: &str, z: &[f64]) -> Vec<f64> {
    let each = |first: fn(f64) -> f64, second: fn(f64) -> f64| {
        z.iter().map(|z| first(*z)).chain(z.iter().map(|z| second(*z))).collect()
    };
    match site {
        "normal" => each(|z| z, |z| z * z),
        "log_normal" => each(f64::ln, |z| z.ln() * z.ln()),
        "gamma" => each(f64::ln, |z| z),
        "inverse_gamma" => each(f64::ln, f64::recip),
        "beta" => each(f64::ln, |z| (1.0 - z).ln()),
        "dirichlet" => z.iter().map(|z| z.ln()).collect(),
        _ => vec![z[0], z[1], z[0] * z[0], z[0] * z[1], z[0] * z[1], z[1] * z[1]],
    }
}

#[test]
fn nodes_have_the_means_of_the_statistics_also_of_products_of_three() {
    let guide = with_cases();
    // Nine numbers have signs of their own.
    assert_eq!(guide.numbers().unwrap(), 9);
    let nodes = guide.nodes(32, &mut Noise::new(0, f64_on_flex())).unwrap();
    let rows = |site: &str| -> Vec<Vec<f64>> {
        let (_, values) = nodes.values().find(|(name, _)| *name == site).unwrap();
        values.chunks(values.len() / 32).map(|z| statistics(site, z)).collect()
    };
    let all: Vec<_> = cases().into_iter().map(|(site, _, means)| (rows(site), means)).collect();
    for ((site, _, _), (rows, means)) in cases().iter().zip(&all) {
        for (i, mean) in means.iter().enumerate() {
            let found = rows.iter().map(|row| row[i]).sum::<f64>() / 32.0;
            assert!((found - mean).abs() < 1e-11, "{site} {i}: {found} {mean}");
        }
    }
    for (a, b, c) in [(0, 2, 4), (1, 3, 5), (2, 4, 6)] {
        let product = |s: usize| all[a].0[s][1] * all[b].0[s][0] * all[c].0[s][1];
        let found = (0..32).map(product).sum::<f64>() / 32.0;
        let exact = all[a].1[1] * all[b].1[0] * all[c].1[1];
        assert!((found - exact).abs() < 1e-10 * exact.abs().max(1.0), "{found} {exact}");
    }
}

/// With more numbers than columns, products of two still have the right mean over steps: that of z₁ z₂ is m₁ m₂ = -1.5, and at one step it is off by
/// s₁ s₂ = 0.4 at most, with either sign.
#[test]
fn nodes_of_many_numbers_have_no_bias() {
    let guide = with_cases();
    let noise = Noise::new(0, f64_on_flex());
    let product = |step: u64| {
        let nodes = guide.nodes(4, &mut noise.at_step(step)).unwrap();
        let (_, z) = nodes.values().next().unwrap();
        (0..4).map(|s| z[2 * s] * z[2 * s + 1]).sum::<f64>() / 4.0
    };
    let products: Vec<f64> = (0..400).map(product).collect();
    let mean = products.iter().sum::<f64>() / 400.0;
    // A share of 1/2 of pairs is in one column: a standard error of at most 0.4 / √400 = 0.02.
    assert!((mean + 1.5).abs() < 0.06, "{mean}");
    assert!(products.iter().any(|x| (x + 1.5).abs() > 0.3), "pairs are never in one column");
}

#[test]
fn natural_parameters_come_back() {
    let guide = with_cases();
    for (site, eta, _) in cases() {
        assert_close(&guide.natural(site).unwrap(), &eta, 1e-12, 1e-12);
        let half = guide.natural(site).unwrap();
        let (moved, shortened) = guide.clone().blended(site, &vec![0.0; half.len()], 0.25).unwrap();
        let expected: Vec<f64> = eta.iter().map(|eta| 0.75 * eta).collect();
        assert_eq!(shortened, 0, "{site}");
        assert_close(&moved.natural(site).unwrap(), &expected, 1e-11, 1e-12);
    }
}

/// `f = c · t` has the slopes `c · dt/dz` at the nodes, and the mean `c · E[t]`, whose gradient by `E[t]` is `c`.
#[test]
fn coefficients_come_from_slopes_and_from_gradients_of_parameters() {
    let guide = with_cases();
    let nodes = guide.nodes(32, &mut Noise::new(0, f64_on_flex())).unwrap();
    for (site, eta, _) in cases() {
        let mut c: Vec<f64> = (0..eta.len()).map(|i| 0.7 - 0.4 * i as f64).collect();
        if site == "vector" {
            c[4] = c[3]; // a matrix is symmetric
        }
        let (_, values) = nodes.values().find(|(name, _)| *name == site).unwrap();
        let n = values.len() / 32;
        let f = |z: &[f64]| statistics(site, z).iter().zip(&c).map(|(t, c)| t * c).sum::<f64>();
        let slope = |z: &[f64], i: usize| {
            let step = if site == "vector" { 1e-6 } else { 1e-6 * z[i].abs() };
            let at = |by: f64| {
                let mut moved = z.to_vec();
                moved[i] += by;
                f(&moved)
            };
            (at(step) - at(-step)) / (2.0 * step)
        };
        let slopes: Vec<f64> = values
            .chunks(n)
            .flat_map(|z| (0..n).map(move |i| (z, i)))
            .map(|(z, i)| slope(z, i))
            .collect();
        assert_close(&nodes.optimum(site, &slopes).unwrap(), &c, 1e-6, 1e-6);
        let gradient = by_parameters(&guide, site, &c);
        assert_close(&guide.natural_gradient(site, &gradient).unwrap(), &c, 1e-6, 1e-6);
    }
}

/// The gradient of `c · E[t]` by the parameters, from differences: the mean is one over nodes.
fn by_parameters(guide: &ExponentialFamily, site: &str, c: &[f64]) -> Vec<f64> {
    let kept = numbers(guide.parameters(site).unwrap().inner());
    let at = |i: usize, by: f64| {
        let mut kept = kept.clone();
        kept[i] += by;
        let guide = guide.clone().with_parameters(site, kept).unwrap();
        let nodes = guide.nodes(32, &mut Noise::new(0, f64_on_flex())).unwrap();
        let (_, values) = nodes.values().find(|(name, _)| *name == site).unwrap();
        let f = |z: &[f64]| statistics(site, z).iter().zip(c).map(|(t, c)| t * c).sum::<f64>();
        values.chunks(values.len() / 32).map(f).sum::<f64>() / 32.0
    };
    let above = |i: usize| site == "vector" && i == 3; // of the factor, which is read from its diagonal down
    let slope = |i: usize| if above(i) { 0.0 } else { (at(i, 1e-5) - at(i, -1e-5)) / 2e-5 };
    (0..kept.len()).map(slope).collect()
}

/// `Σ p_k h_k` has the natural gradient `h`, up to a constant.
#[test]
fn the_natural_gradient_of_a_discrete_site_is_what_each_value_is_worth() {
    let guide = guide().with_natural("kind", &[1.0, -2.0, 0.5]).unwrap();
    let weights = [1.0_f64, -2.0, 0.5].map(f64::exp);
    let p = weights.map(|w| w / weights.iter().sum::<f64>());
    let h = [3.0, -1.0, 2.0];
    let mean: f64 = p.iter().zip(h).map(|(p, h)| p * h).sum();
    let gradient: Vec<f64> = p.iter().zip(h).map(|(p, h)| p * (h - mean)).collect();
    let found = guide.natural_gradient("kind", &gradient).unwrap();
    assert_close(&[found[0] - found[1], found[2] - found[1]], &[4.0, 3.0], 1e-12, 0.0);
    // Of a yes with the chance p = σ(0.8) that is worth 3 more: g = 3 p (1 - p).
    let guide = guide.with_natural("on", &[0.8]).unwrap();
    let p = 1.0 / (1.0 + (-0.8_f64).exp());
    let found = guide.natural_gradient("on", &[3.0 * p * (1.0 - p)]).unwrap();
    assert_close(&found, &[3.0], 1e-12, 0.0);
}

/// `-E[log q]` at nodes, where `log q` is affine in the statistics, is the entropy.
#[test]
fn the_entropy_is_that_of_the_density_at_nodes() {
    let guide = with_cases().only(|site| !["on", "kind"].contains(&&*site.name)).unwrap();
    let place = f64_on_flex();
    let nodes = guide.nodes(32, &mut Noise::new(0, &place)).unwrap();
    let mut latents = elbo_model::Latents::new(place.clone());
    for (site, z) in nodes.values() {
        latents.insert(site, place.tensor::<2>(z.to_vec(), [32, z.len() / 32]));
    }
    let program = guide.program().clone();
    let log_q = numbers(program.log_joint(&latents, &()).unwrap().total());
    let mean = log_q.iter().sum::<f64>() / 32.0;
    assert!((guide.entropy().unwrap() + mean).abs() < 1e-9, "{mean}");
}

#[test]
fn a_normal_site_takes_all_its_covariances() {
    let guide = with_cases().with_full_rank("normal").unwrap();
    // The same normal, now as a vector: Λ m and -Λ / 2.
    let eta = guide.natural("normal").unwrap();
    assert_close(&eta, &[12.5, -0.75, -12.5, 0.0, 0.0, -0.125], 1e-12, 1e-12);
    let draw = guide.draw(&(), 3, &Plan::default(), &mut Noise::new(0, f64_on_flex())).unwrap();
    families.check(&draw.latents, &()).unwrap();
}

#[test]
fn what_natural_parameters_refuse_is_named() {
    let guide = guide();
    let said = |error: elbo_guide::GuideError| error.to_string();
    assert_eq!(
        said(guide.natural("rate").unwrap_err()),
        "there are no natural parameters of \"rate\", only of \"normal\", \"log_normal\", \"gamma\", \
         \"inverse_gamma\", \"beta\", \"dirichlet\", \"on\", \"kind\", \"vector\"; check the name"
    );
    assert!(
        said(guide.clone().with_natural("gamma", &[0.0]).unwrap_err())
            .starts_with("\"gamma\" takes 2 values, but 1 were given")
    );
    for (site, values) in [
        ("gamma", vec![-1.5, -1.0]),
        ("gamma", vec![1.0, f64::NAN]),
        ("beta", vec![0.0, -1.0]),
        ("dirichlet", vec![0.0, f64::INFINITY, 0.0]),
        ("kind", vec![0.0, f64::NAN, 0.0]),
        ("on", vec![f64::NAN]),
        ("vector", vec![0.0, 0.0, 1.0, 0.0, 0.0, -1.0]),
    ] {
        let error = said(guide.clone().with_natural(site, &values).unwrap_err());
        assert!(error.starts_with(&format!("no density of {site:?} has the")), "{error}");
    }
    assert!(
        said(guide.clone().with_full_rank("gamma").unwrap_err())
            .starts_with("\"gamma\" of shape [1, 1] is no normal vector outside plates")
    );
    let noise = &mut Noise::new(0, f64_on_flex());
    for points in [0, 1, 6] {
        assert!(said(guide.nodes(points, noise).unwrap_err()).contains("a power of two"));
    }
    let nodes = guide.nodes(2, noise).unwrap();
    assert!(said(nodes.optimum("on", &[]).unwrap_err()).starts_with("there are no natural"));
    assert!(said(nodes.optimum("gamma", &[1.0]).unwrap_err()).starts_with("\"gamma\" takes 2"));
    let (layout, noise) = discover(
        &|t: &mut Trace, _: &()| {
            t.sample("wait", Exponential::<2>::new(1.0));
        },
        &f64_on_flex(),
    );
    let error = ExponentialFamily::of_prior(&layout).unwrap().natural("wait").unwrap_err();
    assert!(said(error).starts_with("\"wait\" has the distribution Exponential, for which there"));
    let heavy = |t: &mut Trace, _: &()| {
        t.sample("z", StudentT::<2>::new(3.0, 0.0, 1.0));
    };
    let layout = Layout::discover(&heavy, &(), &noise).unwrap();
    assert!(said(ExponentialFamily::of_prior(&layout).unwrap_err()).contains("(of one vector"));
}

/// A step from Gamma(3, 1) towards η = (-9, -1) would leave the family beyond 3/11 of it, and is halved twice.
#[test]
fn a_step_out_of_the_family_is_halved() {
    let guide = guide().with_natural("gamma", &[2.0, -1.0]).unwrap();
    let (moved, shortened) = guide.clone().blended("gamma", &[-9.0, -1.0], 1.0).unwrap();
    assert_eq!(shortened, 1);
    assert_close(&moved.natural("gamma").unwrap(), &[-0.75, -1.0], 1e-12, 0.0);
    assert!(guide.blended("gamma", &[f64::NAN, -1.0], 1.0).is_err());
}
