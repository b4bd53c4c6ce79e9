//! The gradients that draws carry.

use burn::tensor::{Device, Float, Tensor};
use elbo_dist::{
    AutoRegressive, Beta, ContinuousBernoulli, Distribution, Exp, Exponential, Gamma,
    GaussianRandomWalk, HalfCauchy, HalfNormal, LinearGaussian, LinearGaussianStateSpace,
    LkjCholesky, LogNormal, LogitNormal, LowRankMultivariateNormal, MatrixNormal, Moments,
    MultivariateNormal, MultivariateStudentT, Noise, Normal, RelaxedBernoulli,
    RelaxedOneHotCategorical, Transformed, Truncated, TruncatedNormal, VonMises, Wishart,
    WishartCholesky,
};
use elbo_testkit::{assert_gradient, autodiff_gradient};

use crate::event_draws::factor;
use crate::{double, host, row, single};

/// The mean of `f` of 40 batches of draws has the gradient of `exact`, within 4 standard errors.
#[track_caller]
fn unbiased<const D: usize, const E: usize, P: Distribution<E, Kind = Float>>(
    at: &[f64],
    shape: [usize; D],
    make: impl Fn(Tensor<D>) -> P,
    f: impl Fn(Tensor<E>) -> Tensor<1>,
    exact: impl Fn(&[f64]) -> f64,
) {
    const BATCHES: u64 = 40;
    let batch = |seed: u64| {
        autodiff_gradient(&Device::flex(), shape, at, |p| {
            f(make(p).sample(2000, &mut Noise::new(seed, double())).unwrap())
        })
    };
    let gradients: Vec<Vec<f64>> = (0..BATCHES).map(batch).collect();
    for i in 0..at.len() {
        let moved = |h: f64| {
            let mut at = at.to_vec();
            at[i] += h;
            exact(&at)
        };
        let h = 1e-5 * (1.0 + at[i].abs());
        let exact = (moved(h) - moved(-h)) / (2.0 * h);
        let n = BATCHES as f64;
        let mean = gradients.iter().map(|g| g[i]).sum::<f64>() / n;
        let spread = gradients.iter().map(|g| (g[i] - mean).powi(2)).sum::<f64>();
        let error = (spread / (n - 1.0) / n).sqrt();
        assert!((mean - exact).abs() <= 4.0 * error + 1e-8, "{i}: {mean} ± {error}, not {exact}");
    }
}

/// The sum of the means and that of the second moments.
#[track_caller]
fn follows_its_moments<P: Moments<E> + Distribution<E, Kind = Float>, const E: usize>(
    at: &[f64],
    make: impl Fn(Tensor<2>) -> P,
) {
    for power in [1, 2] {
        let exact = |at: &[f64]| {
            let p = make(row(&double(), at));
            let like = double().zeros(p.shape().unwrap());
            let mean = like.clone() + p.mean().on(&like);
            let second = mean.clone().square() + p.variance().on(&like);
            host(if power == 1 { mean.sum() } else { second.sum() })[0]
        };
        let moment = |x: Tensor<E>| {
            let weight = 1.0 / x.dims()[0] as f64;
            x.powi_scalar(power).sum() * weight
        };
        unbiased(at, [1, at.len()], &make, moment, exact);
    }
}

#[test]
fn draws_carry_unbiased_pathwise_gradients_of_their_moments() {
    fn part(p: &Tensor<2>, k: usize) -> Tensor<2> {
        p.clone().narrow(1, k, 1)
    }
    let pair = |p: &Tensor<2>| p.clone().narrow(1, 0, 2);
    let square = |p: &Tensor<2>| p.clone().narrow(1, 0, 4).reshape([1, 2, 2]);
    let l = [1.3, 0.4, -0.6, 0.9];
    follows_its_moments(&[0.3, 2.0], |p| Normal::new(part(&p, 0), part(&p, 1)));
    follows_its_moments(&[2.0], |p| HalfNormal::new(part(&p, 0)));
    follows_its_moments(&[0.3, 0.4], |p| LogNormal::new(part(&p, 0), part(&p, 1)));
    follows_its_moments(&[2.0], |p| Exponential::new(part(&p, 0)));
    for loc in [-3.0, 0.4, 9.0] {
        follows_its_moments(&[loc, 1.3], |p| {
            TruncatedNormal::new(part(&p, 0), part(&p, 1), 1.0, 4.0)
        });
    }
    for logits in [-30.0, -1.0, 0.0, 1e-6, 4.0] {
        follows_its_moments(&[logits], |p| ContinuousBernoulli::logits(part(&p, 0)));
    }
    follows_its_moments(&l, |p| MultivariateNormal::scale_tril(pair(&p), square(&p)));
    follows_its_moments(&[0.8, -0.3, 0.5, 1.5], |p| {
        let w = pair(&p).reshape([1, 2, 1]);
        LowRankMultivariateNormal::new(pair(&p), w, p.narrow(1, 2, 2))
    });
    for df in [6.0, 40.0] {
        follows_its_moments(&[1.3, 0.4, -0.6, 0.9, df], |p| {
            MultivariateStudentT::new(part(&p, 4), pair(&p), square(&p))
        });
    }
    follows_its_moments(&l, |p| MatrixNormal::new(0.2, square(&p), square(&p)));
    follows_its_moments(&[0.7], |p| GaussianRandomWalk::new(p, 4));
    follows_its_moments(&[0.8, -0.5, 1.5, 0.3], |p| {
        AutoRegressive::new(pair(&p), part(&p, 2), 5).with_intercept(part(&p, 3))
    });
    follows_its_moments(&l, |p| {
        let map = LinearGaussian::new(square(&p), square(&p));
        LinearGaussianStateSpace::new(map.clone(), map, 3).with_initial(0.5, square(&p))
    });
    for df in [1.3, 5.0, 300.0] {
        follows_its_moments(&[1.3, 0.4, -0.6, 0.9, df], |p| {
            Wishart::new(part(&p, 4).reshape([1, 1, 1]), square(&p))
        });
    }
}

/// `I₁(κ)/I₀(κ)` by its continued fraction.
fn mean_cosine(k: f64) -> f64 {
    (1..400).rev().fold(0.0, |ratio, n| 1.0 / (2.0 * f64::from(n) / k + ratio))
}

#[test]
fn draws_of_angles_carry_unbiased_pathwise_gradients() {
    for k in [0.01, 0.7, 5.0, 90.0, 120.0, 1e4] {
        let make = |p: Tensor<2>| VonMises::new(p.clone().narrow(1, 0, 1), p.narrow(1, 1, 1));
        unbiased(&[0.4, k], [1, 2], make, |x| x.cos().mean(), |p| mean_cosine(p[1]) * p[0].cos());
        unbiased(&[0.4, k], [1, 2], make, |x| x.sin().mean(), |p| mean_cosine(p[1]) * p[0].sin());
    }
}

#[test]
fn draws_of_matrices_carry_unbiased_pathwise_gradients() {
    // The square of a correlation has the mean 1 / (2 η + n - 1).
    for (size, concentration) in [(2, 0.5), (4, 1.5)] {
        let corner = move |l: Tensor<3>| {
            let last = l.clone().narrow(1, size - 1, 1);
            (l.narrow(1, 0, 1) * last).sum_dim(2).square().mean()
        };
        let mean = |p: &[f64]| 1.0 / (2.0 * p[0] + size as f64 - 1.0);
        unbiased(&[concentration], [1, 1, 1], |c| LkjCholesky::new(size, c), corner, mean);
        let inner = move |l: Tensor<3>| {
            let (a, b) = (l.clone().narrow(1, size - 1, 1), l.narrow(1, size - 2, 1));
            (a * b).sum_dim(2).square().mean()
        };
        unbiased(&[concentration], [1, 1, 1], |c| LkjCholesky::new(size, c), inner, mean);
    }
    // tr X has the mean ν tr V, and (tr X)² / ν that of ν (tr V)² + 2 tr V².
    let scale = || factor(2, &double());
    let trace = |x: Tensor<3>| {
        let eye = crate::identity(2);
        (x * eye).sum_dim(1).sum_dim(2)
    };
    let v = host(scale().matmul(scale().swap_dims(1, 2)));
    let (t, square) = (v[0] + v[3], v.iter().map(|x| x * x).sum::<f64>());
    for df in [1.3, 4.0, 300.0] {
        let make = |df: Tensor<3>| Wishart::new(df, scale());
        unbiased(&[df], [1, 1, 1], make, |x| trace(x).mean(), |p| p[0] * t);
        let second = |p: &[f64]| (p[0] * t).powi(2) + 2.0 * p[0] * square;
        unbiased(&[df], [1, 1, 1], make, |x| trace(x).square().mean(), second);
    }
}

/// The first moment of a truncated exponential on `[0, c]` is `1/β - c / (e^(βc) - 1)`.
#[test]
fn truncated_draws_carry_unbiased_pathwise_gradients() {
    let make = |rate: Tensor<2>| Truncated::new(Exponential::new(rate), 0.0, 2.0);
    let mean = |p: &[f64]| 1.0 / p[0] - 2.0 / (2.0 * p[0]).exp_m1();
    unbiased(&[0.8], [1, 1], make, |x: Tensor<2>| x.mean(), mean);
    // Γ(1, β) is the same.
    let make = |rate: Tensor<2>| Truncated::new(Gamma::new(1.0, rate), 0.0, 2.0);
    unbiased(&[0.8], [1, 1], make, |x: Tensor<2>| x.mean(), mean);
}

/// Most of `Γ(0.01, 1)` underflows: those draws are next to 0 and have no slope.
#[test]
fn truncated_draws_of_a_tiny_shape_stay_inside_with_a_gradient() {
    for place in [single(), double()] {
        let gradient = |base: fn(Tensor<2>) -> Tensor<2>| {
            let a = place.tensor::<2>(vec![0.01], [1, 1]).autodiff().require_grad();
            let x = base(a.clone());
            assert!(host(x.clone().inner()).iter().all(|x| *x > 0.0 && *x < 1.0));
            let grads = x.log().mean().backward();
            host(a.grad(&grads).unwrap())[0]
        };
        let of_gamma = gradient(|a| {
            let noise = &mut Noise::new(2, elbo_dist::Place::of(&a).unwrap());
            Truncated::new(Gamma::new(a, 1.0), 0.0, 0.9).sample(2000, noise).unwrap()
        });
        let of_beta = gradient(|a| {
            let noise = &mut Noise::new(2, elbo_dist::Place::of(&a).unwrap());
            Truncated::new(Beta::new(a, 1.0), 0.0, 0.9).sample(2000, noise).unwrap()
        });
        // log x is about log u / a, whose slope is -log u / a², where x does not underflow: between 0 and 1 / a².
        for slope in [of_gamma, of_beta] {
            assert!(slope > 100.0 && slope < 1e4, "{slope}");
        }
    }
}

/// With fixed noise a draw is a smooth function of the parameters.
#[test]
fn linear_draws_have_the_gradients_of_their_paths() {
    let noise = Noise::new(3, double());
    fn sum<const D: usize>(p: impl Distribution<D, Kind = Float>, noise: &Noise) -> Tensor<1> {
        p.sample(2, &mut noise.clone()).unwrap().square().sum()
    }
    let at = [1.3, 0.4, -0.6, 0.9];
    let check = |f: &dyn Fn(Tensor<3>) -> Tensor<1>| {
        assert_gradient(&Device::flex(), [1, 2, 2], &at, f);
    };
    let vector = |l: &Tensor<3>| l.clone().reshape([1, 4]).narrow(1, 0, 2);
    check(&|l| sum(MultivariateNormal::scale_tril(vector(&l), l), &noise));
    check(&|l| {
        let a = l.clone().matmul(l.swap_dims(1, 2));
        sum(
            MultivariateNormal::<2, 3>::covariance_matrix(0.3, a.clone() + a.swap_dims(1, 2)),
            &noise,
        )
    });
    check(&|l| sum(MultivariateStudentT::new(4.0, vector(&l), l), &noise));
    check(&|l| sum(LowRankMultivariateNormal::new(vector(&l), l.clone(), vector(&l)), &noise));
    check(&|l| sum(MatrixNormal::new(0.2, l.clone(), l), &noise));
    check(&|l| sum(GaussianRandomWalk::new(vector(&l), 2), &noise));
    check(&|l| sum(AutoRegressive::new(vector(&l), 1.5, 5).with_intercept(0.3), &noise));
    check(&|l| sum(WishartCholesky::new(3.5, l), &noise));
    check(&|l| sum(RelaxedOneHotCategorical::logits(0.7, vector(&l)), &noise));
    check(&|l| {
        let map = LinearGaussian::new(l.clone(), l.clone());
        sum(LinearGaussianStateSpace::new(map.clone(), map, 3).with_initial(0.5, l), &noise)
    });
    check(&|l| {
        let made = Transformed::new(Normal::new(vector(&l), 0.3), Exp);
        sum::<2>(made, &noise)
    });
    let one = |l: &Tensor<3>| vector(l).narrow(1, 1, 1);
    check(&|l| sum(RelaxedOneHotCategorical::logits(one(&l).exp(), vector(&l)), &noise));
    check(&|l| sum(RelaxedBernoulli::logits(one(&l).exp(), vector(&l)), &noise));
    check(&|l| sum(LogitNormal::new(vector(&l), one(&l).exp()), &noise));
    check(&|l| sum(elbo_dist::Cauchy::new(vector(&l), one(&l).exp()), &noise));
    check(&|l| sum(HalfCauchy::new(vector(&l)), &noise));
    check(&|l| sum(Truncated::new(Gamma::new(vector(&l), 1.3), 0.1, 2.0), &noise));
    check(&|l| sum(Truncated::new(Beta::new(1.3, vector(&l)), 0.1, 0.8), &noise));
}
