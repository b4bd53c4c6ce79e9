//! Log-probabilities of vectors, matrices and series, and of combinators, against numbers computed with 60
//! digits.

use burn::tensor::{Bool, Float, Int, Tensor, TensorData};
use elbo_dist::{
    AutoRegressive, Categorical, Censored, Delta, DiscreteUniform, Distribution, Flat, Gamma,
    GaussianRandomWalk, HiddenMarkov, LinearGaussian, LinearGaussianStateSpace, LkjCholesky,
    LowRankMultivariateNormal, Masked, MatrixNormal, Mixture, MultivariateNormal,
    MultivariateStudentT, Normal, OneHotCategorical, OrderedLogistic, Place, Poisson,
    RelaxedOneHotCategorical, Softplus, Support, Transformed, Truncated, VonMises, Wishart,
    WishartCholesky, ZeroInflated,
};
use elbo_testkit::assert_close;

use crate::{assert_close_in_units, double, host, read_golden, single};

/// A case: a place, and the numbers of each column.
type Case<'a> = (&'a Place, &'a [Vec<f64>]);

/// In units of what a rounding error of the arguments and of each summand does to the result, which the files
/// have in `size`: the worst errors are 1.3e-15 (von Mises) and 2.1e-7 (a random walk), one and two epsilons of
/// single precision.
const DOUBLE: f64 = 1e-14;
const SINGLE: f64 = 1e-6;

/// In both precisions.
#[track_caller]
fn check(name: &str, columns: &[&str], log_prob: impl Fn(Case) -> f64) {
    for (place, column, tolerance) in
        [(double(), "log_prob", DOUBLE), (single(), "log_prob_f32", SINGLE)]
    {
        let golden = read_golden(name).with(column);
        assert!(golden.count() >= 50, "{name} has {} cases", golden.count());
        let columns: Vec<_> = columns.iter().map(|name| golden.rows(name)).collect();
        let actual: Vec<f64> = (0..golden.count())
            .map(|i| {
                let case: Vec<_> = columns.iter().map(|rows| rows[i].clone()).collect();
                log_prob((&place, &case))
            })
            .collect();
        let units: Vec<f64> = golden.column("size").iter().map(|size| size.max(1.0)).collect();
        let expected = golden.column(column);
        assert_close_in_units(&actual, &expected, &units, tolerance);
    }
}

/// Numbers as a vector `[1, n]`.
fn vector(place: &Place, values: &[f64]) -> Tensor<2> {
    place.tensor(values.to_vec(), [1, values.len()])
}

/// Numbers as a matrix `[1, rows, ..]`.
fn matrix(place: &Place, values: &[f64], rows: usize) -> Tensor<3> {
    place.tensor(values.to_vec(), [1, rows, values.len() / rows])
}

/// Numbers as a square matrix `[1, n, n]`.
fn square(place: &Place, values: &[f64]) -> Tensor<3> {
    matrix(place, values, values.len().isqrt())
}

fn of_vector(place: &Place, p: impl Distribution<2, Kind = Float>, x: &[f64]) -> f64 {
    host(p.log_prob(vector(place, x)))[0]
}

fn of_matrix(p: impl Distribution<3, Kind = Float>, x: Tensor<3>) -> f64 {
    host(p.log_prob(x))[0]
}

#[test]
fn densities_of_angles_are_as_exact_as_their_summands() {
    check("von_mises", &["loc", "concentration", "x"], |(place, case)| {
        let [loc, concentration] = [&case[0], &case[1]].map(|x| vector(place, x));
        of_vector(place, VonMises::new(loc, concentration), &case[2])
    });
    check("von_mises", &["loc", "concentration", "x"], |(place, case)| {
        let number = |x: &[f64]| host(vector(place, x))[0];
        of_vector(place, VonMises::new(number(&case[0]), number(&case[1])), &case[2])
    });
}

#[test]
fn densities_of_normal_vectors_are_as_exact_as_their_summands() {
    check("multivariate_normal", &["loc", "scale_tril", "x"], |(place, case)| {
        let (loc, scale) = (vector(place, &case[0]), square(place, &case[1]));
        of_vector(place, MultivariateNormal::scale_tril(loc, scale), &case[2])
    });
    check("multivariate_student_t", &["df", "loc", "scale_tril", "x"], |(place, case)| {
        let (df, loc) = (vector(place, &case[0]), vector(place, &case[1]));
        let scale = square(place, &case[2]);
        of_vector(place, MultivariateStudentT::new(df, loc, scale), &case[3])
    });
    let columns = ["loc", "cov_factor", "cov_diag", "x"];
    check("low_rank_multivariate_normal", &columns, |(place, case)| {
        let (loc, diagonal) = (vector(place, &case[0]), vector(place, &case[2]));
        let factor = matrix(place, &case[1], case[0].len());
        of_vector(place, LowRankMultivariateNormal::new(loc, factor, diagonal), &case[3])
    });
}

#[test]
fn densities_of_matrices_are_as_exact_as_their_summands() {
    let columns = ["scale_tril_row", "scale_tril_column", "loc", "x"];
    check("matrix_normal", &columns, |(place, case)| {
        let (rows, columns) = (square(place, &case[0]), square(place, &case[1]));
        let n = rows.dims()[1];
        let normal = MatrixNormal::new(matrix(place, &case[2], n), rows, columns);
        of_matrix(normal, matrix(place, &case[3], n))
    });
    check("lkj_cholesky", &["concentration", "x"], |(place, case)| {
        let x = square(place, &case[1]);
        let concentration = matrix(place, &case[0], 1);
        of_matrix(LkjCholesky::new(x.dims()[1], concentration), x)
    });
    check("wishart", &["df", "scale_tril", "x"], |(place, case)| {
        let (df, scale) = (matrix(place, &case[0], 1), square(place, &case[1]));
        of_matrix(Wishart::new(df, scale), square(place, &case[2]))
    });
    check("wishart_cholesky", &["df", "scale_tril", "x"], |(place, case)| {
        let (df, scale) = (matrix(place, &case[0], 1), square(place, &case[1]));
        of_matrix(WishartCholesky::new(df, scale), square(place, &case[2]))
    });
}

#[test]
fn densities_of_series_are_as_exact_as_their_summands() {
    check("gaussian_random_walk", &["scale", "x"], |(place, case)| {
        let walk = GaussianRandomWalk::new(vector(place, &case[0]), case[1].len());
        of_vector(place, walk, &case[1])
    });
    let columns = ["coefficients", "intercept", "scale", "x"];
    check("auto_regressive", &columns, |(place, case)| {
        let [phi, intercept, scale] = [0, 1, 2].map(|k| vector(place, &case[k]));
        let series = AutoRegressive::new(phi, scale, case[3].len()).with_intercept(intercept);
        of_vector(place, series, &case[3])
    });
    check("hidden_markov", &["initial", "transition", "loc", "scale", "x"], |(place, case)| {
        let initial = Categorical::logits(vector(place, &case[0]));
        let moves = Categorical::logits(square(place, &case[1]));
        let seen = Normal::new(matrix(place, &case[2], 1), matrix(place, &case[3], 1));
        of_vector(place, HiddenMarkov::new(initial, moves, seen, case[4].len()), &case[4])
    });
    let columns = [
        "transition",
        "transition_scale",
        "observation",
        "observation_scale",
        "initial_mean",
        "initial_scale",
        "x",
    ];
    check("linear_gaussian_state_space", &columns, |(place, case)| {
        let n = case[4].len();
        let seen = case[2].len() / n;
        let transition = LinearGaussian::new(square(place, &case[0]), square(place, &case[1]));
        let observation =
            LinearGaussian::new(matrix(place, &case[2], seen), square(place, &case[3]));
        let x = matrix(place, &case[6], case[6].len() / seen);
        let space = LinearGaussianStateSpace::new(transition, observation, x.dims()[1]);
        let mean = matrix(place, &case[4], 1);
        of_matrix(space.with_initial(mean, square(place, &case[5])), x)
    });
}

#[test]
fn densities_of_relaxations_and_combinators_are_as_exact_as_their_summands() {
    let columns = ["temperature", "logits", "x"];
    check("relaxed_one_hot_categorical", &columns, |(place, case)| {
        let (temperature, logits) = (vector(place, &case[0]), vector(place, &case[1]));
        of_vector(place, RelaxedOneHotCategorical::logits(temperature, logits), &case[2])
    });
    let columns = ["concentration", "rate", "low", "high", "x"];
    check("truncated_gamma", &columns, |(place, case)| {
        let [concentration, rate] = [0, 1].map(|k| vector(place, &case[k]));
        let [low, high] = [2, 3].map(|k| host(vector(place, &case[k]))[0]);
        let high = if high > 1e29 { f64::INFINITY } else { high };
        of_vector(place, Truncated::new(Gamma::new(concentration, rate), low, high), &case[4])
    });
    check("censored_normal", &["loc", "scale", "low", "high", "x"], |(place, case)| {
        let [loc, scale, low, high] = [0, 1, 2, 3].map(|k| vector(place, &case[k]));
        of_vector(place, Censored::new(Normal::new(loc, scale), low, high), &case[4])
    });
}

#[test]
fn densities_made_of_others_are_as_exact_as_their_summands() {
    check("mixture", &["logits", "loc", "scale", "x"], |(place, case)| {
        let [logits, loc, scale] = [0, 1, 2].map(|k| vector(place, &case[k]));
        of_vector(
            place,
            Mixture::new(Categorical::logits(logits), Normal::new(loc, scale)),
            &case[3],
        )
    });
    check("zero_inflated", &["gate_logits", "rate", "x"], |(place, case)| {
        let [gate, rate] = [0, 1].map(|k| vector(place, &case[k]));
        of_vector(place, ZeroInflated::logits(gate, Poisson::new(rate)), &case[2])
    });
    check("transformed", &["loc", "scale", "x"], |(place, case)| {
        let [loc, scale] = [0, 1].map(|k| vector(place, &case[k]));
        of_vector(place, Transformed::new(Normal::new(loc, scale), Softplus), &case[2])
    });
    check("ordered_logistic", &["predictor", "cutpoints", "x"], |(place, case)| {
        let [predictor, cuts] = [0, 1].map(|k| vector(place, &case[k]));
        let category = Tensor::<2, Int>::full([1, 1], case[2][0] as i64, place.device());
        host(OrderedLogistic::new(predictor, cuts).log_prob(category))[0]
    });
    check("categorical", &["logits", "x"], |(place, case)| {
        let mut hot = vec![0.0; case[0].len()];
        hot[case[1][0] as usize] = 1.0;
        of_vector(place, OneHotCategorical::logits(vector(place, &case[0])), &hot)
    });
}

/// Densities that need no file: of what has the same mass everywhere, at one point, or none of its own.
#[test]
fn densities_without_a_formula_are_what_they_say() {
    for place in [single(), double()] {
        let tolerance = if place == single() { 2e-7 } else { 1e-15 };
        for (low, count) in [(-3, 1), (0, 2), (-7, 15), (1, 1000), (-500, 1_000_000)] {
            let die = DiscreteUniform::new(low, low + count - 1);
            let x: Vec<f64> = (0..50).map(|k| f64::from(low) + f64::from(count * k / 50)).collect();
            let log_prob = host(Distribution::<2>::log_prob(&die, vector(&place, &x)));
            assert_close(&log_prob, &[-f64::from(count).ln(); 50], tolerance, 0.0);
        }
        let x: Vec<f64> = (0..60).map(|k| 0.25 * f64::from(k - 30)).collect();
        let at = host(Delta::new(1.5).log_prob(vector(&place, &x)));
        let expected = x.iter().map(|x| if *x == 1.5 { 0.0 } else { f64::NEG_INFINITY });
        assert_eq!(at, expected.collect::<Vec<_>>());
        let flat = Flat::new(Support::Real);
        assert_eq!(host(Distribution::<2>::log_prob(&flat, vector(&place, &x))), [0.0; 60]);
        let seen: Vec<bool> = (0..60).map(|k| k % 3 != 0).collect();
        let mask =
            Tensor::<2, Bool>::from_data(TensorData::new(seen.clone(), [1, 60]), place.device());
        let normal = Normal::new(0.3, 0.7);
        let all = host(normal.log_prob(vector(&place, &x)));
        let masked = host(Masked::new(normal, mask).log_prob(vector(&place, &x)));
        let expected = all.into_iter().zip(seen).map(|(log, seen)| if seen { log } else { 0.0 });
        assert_eq!(masked, expected.collect::<Vec<_>>());
    }
}
