//! What is refused of vectors, matrices, series and combinators, and what the error says.

use burn::tensor::{Bool, Device, Tensor};
use elbo_dist::{
    Affine, AutoRegressive, Categorical, Cdf, Censored, DiscreteUniform, DistError, Distribution,
    Exponential, Flat, GaussianRandomWalk, HiddenMarkov, Interval, Inverse, LinearGaussian,
    LinearGaussianStateSpace, LkjCholesky, LowRankMultivariateNormal, LowerCholesky, Masked,
    Mixture, MultivariateNormal, MultivariateStudentT, Noise, Normal, Permutation, Poisson,
    Support, Transformed, Truncated, VonMises, Wishart,
};
use elbo_testkit::assert_close;

use crate::event_densities::{X, matrix};
use crate::{double, host, identity, row};

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let two = || identity(2);
    let indefinite = matrix(&[1.0, 2.0, 2.0, 1.0], 2);
    let normal = MultivariateNormal::<2, 3>::covariance_matrix(0.0, indefinite);
    assert_eq!(
        normal.shape().unwrap_err(),
        DistError::NotPositiveDefinite { index: vec![0], size: 2 }
    );
    assert!(host(normal.log_prob(row(&double(), &X)))[0].is_nan());
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let wide = || matrix(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2);
    let normal = MultivariateNormal::<2, 3>::scale_tril(0.0, wide());
    says(normal.shape().unwrap_err(), "scale_tril has shape [1, 2, 3], but must have as many rows");
    let three = row(&double(), &[0.0; 3]);
    let normal = MultivariateNormal::scale_tril(three.clone(), two());
    says(normal.shape().unwrap_err(), "the shapes loc [1, 3], scale_tril [1, 2, 2] do not");
    let normal = MultivariateNormal::<2, 3>::scale_tril(0.0, matrix(&[1.0, 0.0, 0.0, -1.0], 2));
    says(normal.check().unwrap_err(), "scale_tril is -1 at [0, 1, 1], but must be part of");
    let student = MultivariateStudentT::new(three, 0.0, identity(3));
    says(student.shape().unwrap_err(), "df has shape [1, 3], but one number holds for a whole");
    let wishart = Wishart::<3>::new(1.0, two());
    says(
        wishart.check().unwrap_err(),
        "1 degrees of freedom are too few for 2 by 2 matrices; give more than 1",
    );
    let walk = GaussianRandomWalk::new(row(&double(), &[1.0, 1.0]), 3);
    says(
        walk.shape().unwrap_err(),
        "[1, 2] is to be that of 3 steps; give at least one step, and parameters for one or for",
    );
    let mask = Tensor::<2, Bool>::from_data([[true, false]], &Device::flex());
    let masked = Masked::new(Normal::new(row(&double(), &[0.0; 3]), 1.0), mask);
    says(masked.shape().unwrap_err(), "a mask of shape [1, 2] does not fit values of shape [1, 3]");
    let halves = Transformed::new(Exponential::<2>::new(1.0), Affine::new(0.0, 0.5));
    says(
        halves.shape().unwrap_err(),
        "its transform maps real, but the base's values are non-negative",
    );
    assert_eq!(halves.onto(Support::NonNegative).shape().unwrap(), [1, 1]);
    let flat = Flat::new(Support::Real);
    let drawn = Distribution::<2>::sample(&flat, 1, &mut Noise::new(0, double()));
    says(drawn.unwrap_err(), "Flat is not normalized to a probability, so it cannot be drawn from");
    let iid = Distribution::<2>::iid(flat, [1, 3]).sample(1, &mut Noise::new(0, double()));
    says(iid.unwrap_err(), "give the site a proper prior");
    let swapped = Truncated::new(Normal::<2>::new(0.0, 1.0), 2.0, 1.0);
    says(swapped.shape().unwrap_err(), "there is no interval from 2 to 1");
    let swapped = Censored::new(Normal::<2>::new(0.0, 1.0), 2.0, 1.0);
    says(swapped.check().unwrap_err(), "there is no interval from 2 to 1");
    let space = LinearGaussianStateSpace::new(
        LinearGaussian::new(two(), two()),
        LinearGaussian::new(identity(3), identity(3)),
        2,
    );
    says(space.shape().unwrap_err(), "transition [1, 2, 2]");
    let states = Categorical::logits(row(&double(), &[0.0; 3]));
    let seen = Normal::<3>::new(0.0, 1.0);
    let chain = HiddenMarkov::new(states, Categorical::logits(two()), seen, 2);
    says(chain.shape().unwrap_err(), "initial [1, 3], transition [1, 2, 2]");
}

/// What a combinator is of is checked: numbers where it needs numbers, and the axes of an event are nobody's.
#[test]
fn combinators_ask_what_their_base_is() {
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let weights = || Categorical::logits(row(&double(), &[0.0, 0.0]));
    let vectors = MultivariateNormal::<2, 3>::scale_tril(0.0, identity(2));
    says(Mixture::new(weights(), vectors).shape().unwrap_err(), "MultivariateNormal has events");
    let vectors = MultivariateNormal::<3, 4>::scale_tril(0.0, identity(2).reshape([1, 1, 2, 2]));
    let chain = HiddenMarkov::new(weights(), Categorical::logits(identity(2)), vectors, 2);
    says(chain.shape().unwrap_err(), "it is made of distributions of numbers");
    let mixture = || Mixture::new(weights(), Normal::new(row(&double(), &[-1.0, 2.0]), 0.5));
    let censored = Censored::new(mixture(), f64::NEG_INFINITY, row(&double(), &[1.0]));
    assert_eq!((censored.shape().unwrap(), censored.event_rank()), ([1, 1], 1));
    let at_end = host(censored.log_prob(row(&double(), &[1.0])));
    let sf = host(mixture().sf(row(&double(), &[1.0])));
    assert_close(&at_end, &[sf[0].ln()], 1e-13, 0.0);
    let many = Censored::new(mixture(), f64::NEG_INFINITY, row(&double(), &[1.0, 2.0]));
    says(many.shape().unwrap_err(), "low [1, 1], high [1, 2]");
    let none = AutoRegressive::new(row(&double(), &[0.5]), 1.0, 0);
    says(none.shape().unwrap_err(), "give at least one step");
}

#[test]
fn sizes_ranks_and_numbers_that_make_no_sense_are_refused() {
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let place = double();
    let none = || place.tensor::<3>(vec![], [1, 0, 0]);
    let empty = MultivariateNormal::<2, 3>::covariance_matrix(0.0, none());
    says(empty.shape().unwrap_err(), "as many rows as columns, one or more");
    says(Wishart::new(3.0, none()).shape().unwrap_err(), "as many rows as columns, one or more");
    let flat = LkjCholesky::<2>::new(2, 1.0).sample(2, &mut Noise::new(0, &place));
    says(flat.unwrap_err(), "give tensors of rank 3 or more, not 2");
    let wide = LowRankMultivariateNormal::new(row(&place, &[0.0; 3]), matrix(&[1.0; 2], 1), 1.0);
    says(wide.shape().unwrap_err(), "the sizes of loc [1, 3], cov_factor [1, 1, 2]");
    let normals = |count: usize| Normal::new(row(&place, &vec![0.0; count]), 1.0);
    let order = Permutation::new(vec![2, 0, 1]).unwrap();
    let permuted = Transformed::new(normals(4), order);
    says(permuted.shape().unwrap_err(), "does not map events of shape [1, 4]");
    let rows = Normal::new(place.zeros::<3>([1, 1, 4]), 1.0);
    let factor = Transformed::new(rows, LowerCholesky);
    says(factor.shape().unwrap_err(), "does not map events of shape [1, 1, 4]");
    let nowhere = Transformed::new(normals(1), Affine::new(0.0, 0.0));
    says(nowhere.shape().unwrap_err(), "its scale not 0");
    let coin = Transformed::new(elbo_dist::Bernoulli::<2>::logits(0.0), Affine::new(0.0, 2.0));
    says(coin.onto(Support::Real).shape().unwrap_err(), "maps continuous values");
    let beyond = Truncated::new(Exponential::<2>::new(1.0), -5.0, -2.0);
    says(beyond.shape().unwrap_err(), "there is no interval from 0 to -2");
    let beyond = Censored::new(Exponential::<2>::new(1.0), -5.0, -2.0);
    says(beyond.shape().unwrap_err(), "there is no interval from -5 to -2");
    let half = Censored::new(Poisson::<2>::new(3.0), 0.0, 2.5);
    says(half.check().unwrap_err(), "there is no interval from 0 to 2.5");
    // What is given for a unit interval is one.
    let unit =
        Transformed::new(elbo_dist::Beta::<2>::new(2.0, 3.0), Inverse(Interval::new(0.0, 1.0)));
    assert_eq!(unit.shape().unwrap(), [1, 1]);
    // π in single precision is a direction.
    assert!(VonMises::<2>::new(0.0, 1.0).support().contains(f64::from(std::f32::consts::PI)));
    assert!(!Support::Interval { low: 0.0, high: 1.0 }.contains(1.0 + 1e-9));
}

#[test]
fn bases_that_do_not_fit_their_combinator_are_refused() {
    let says = |error: DistError, text: &str| {
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    };
    let inflated = |low| elbo_dist::ZeroInflated::<_, 2>::probs(0.5, DiscreteUniform::new(low, 6));
    says(
        inflated(1).shape().unwrap_err(),
        "counts from 0 on, but DiscreteUniform has the support {1..=6}",
    );
    assert!(inflated(0).shape().is_ok());
    let waits = elbo_dist::ZeroInflated::<_, 2>::probs(0.5, Exponential::new(1.0));
    says(waits.shape().unwrap_err(), "but Exponential has the support non-negative");
    let one = Categorical::logits(row(&double(), &[0.0]));
    let three = Normal::new(row(&double(), &[0.0, 1.0, 2.0]), 1.0);
    says(Mixture::new(one, three).shape().unwrap_err(), "the sizes of loc [1, 3]");
    let two = || Categorical::logits(double().zeros::<3>([1, 1, 2]));
    let parts = Normal::new(double().zeros::<3>([1, 1, 2]), 1.0).iid([1, 5, 1]);
    assert_eq!(Mixture::new(two(), parts).shape().unwrap(), [1, 5, 1]);
}
