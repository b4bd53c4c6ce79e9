//! Every error: the program that provokes it and its whole text.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    Bernoulli, Categorical, Distribution, Exponential, Gamma, HalfNormal, LogNormal, Normal,
    Support, Uniform,
};
use elbo_model::{
    Condition, Latents, Layout, LogTerms, Model, ModelError, Program, Role, Site, Subsample, Term,
    Trace,
};

use crate::*;

/// The error of scoring `program` at `latents`.
#[track_caller]
fn scoring(program: impl Fn(&mut Trace, &()), latents: &Latents) -> String {
    program.log_joint(latents, &()).unwrap_err().to_string()
}

/// The error of scoring `program`, which has no latents, in single precision.
#[track_caller]
fn observing(program: impl Fn(&mut Trace, &())) -> String {
    scoring(program, &at_place::<2>(single(), []))
}

/// The error of drawing from `program` and of inspecting it.
#[track_caller]
fn discovering(program: impl Program) -> String {
    Layout::discover(&program, &(), &noise()).unwrap_err().to_string()
}

fn normal() -> Normal<2> {
    Normal::new(0.0, 1.0)
}

#[test]
fn two_sites_of_one_name() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let x = t.sample("x", normal());
        t.deterministic("x", x);
    });
    assert_eq!(
        error,
        "two sites are named \"x\"; give every sample, observe, factor, deterministic and param its own name"
    );
}

#[test]
fn every_kind_of_site_takes_a_name() {
    let kinds: [fn(&mut Trace); 5] = [
        |t| drop(t.sample("x", normal())),
        |t| drop(t.observe("x", normal(), single_matrix([[0.0]]))),
        |t| t.factor("x", single_matrix([[0.0]])),
        |t| drop(t.deterministic("x", single_matrix([[0.0]]))),
        |t| drop(t.param("x", single_matrix([[0.0]]), Support::Real)),
    ];
    for first in kinds {
        for second in kinds {
            let mut t = Trace::prior(1, noise()).simulate();
            first(&mut t);
            second(&mut t);
            let error = t.finish().unwrap_err();
            assert_eq!(error, ModelError::DuplicateSite { site: "x".into() });
        }
    }
}

#[test]
fn a_latent_without_a_value() {
    let latents = at([("mu", matrix([[0.0]])), ("nu", matrix([[0.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("tau", normal());
        },
        &latents,
    );
    assert_eq!(
        error,
        "the program samples \"tau\", but the guide draws only \"mu\", \"nu\"; add the site to the guide, or condition the program on a value"
    );
    let error = latents.constant().get::<2>("tau").unwrap_err().to_string();
    assert!(error.contains("samples \"tau\""));
}

#[test]
fn a_value_without_a_latent() {
    let latents = at([("mu", matrix([[0.0]])), ("tua", matrix([[1.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("mu", normal());
            t.deterministic("twice", matrix([[0.0]]));
        },
        &latents,
    );
    assert_eq!(
        error,
        "a value is given for \"tua\", but the program samples only \"mu\"; correct the name, or remove it from the guide (or the condition) that gives it"
    );
    let error = scoring(|t, _| t.factor("f", matrix([[0.0]])), &at([("mu", matrix([[0.0]]))]));
    assert!(error.contains("samples only nothing;"), "{error}");
}

/// A guide may not propose what the program observes, computes or optimizes.
#[test]
fn a_value_for_a_site_that_is_no_latent() {
    let latents = at([("y", matrix([[0.0]]))]);
    let sites: [fn(&mut Trace, &()); 3] = [
        |t, _| drop(t.observe("y", normal(), matrix([[0.0]]))),
        |t, _| drop(t.deterministic("y", matrix([[0.0]]))),
        |t, _| t.factor("y", matrix([[0.0]])),
    ];
    for program in sites {
        let error = program.log_joint(&latents, &()).unwrap_err();
        let sampled = elbo_model::Names(vec![]);
        assert_eq!(error, ModelError::UnknownSite { site: "y".into(), sampled });
    }
}

#[test]
fn a_value_of_another_rank() {
    let latents = at([("mu", double().zeros([1, 1, 1]))]);
    let error = scoring(
        |t, _| {
            t.sample("mu", normal());
        },
        &latents,
    );
    assert_eq!(
        error,
        "\"mu\" is a rank-2 Float, but its value is a rank-3 Float; every tensor of a site keeps the site's rank and kind"
    );
    assert!(
        latents.get::<2>("mu").unwrap_err().to_string().starts_with("\"mu\" is a rank-2 Float")
    );
}

#[test]
fn a_value_of_another_kind() {
    let mut latents = Latents::new(double());
    latents.insert("mu", int_matrix([[0]]));
    let error = scoring(
        |t, _| {
            t.sample("mu", normal());
        },
        &latents,
    );
    assert_eq!(
        error,
        "\"mu\" is a rank-2 Float, but its value is a rank-2 Int; every tensor of a site keeps the site's rank and kind"
    );
    let latents = at_place(single(), [("k", single_matrix([[0.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("k", Categorical::logits(single_matrix([[0.0, 0.0]])));
        },
        &latents,
    );
    assert!(
        error.starts_with("\"k\" is a rank-2 Int, but its value is a rank-2 Float;"),
        "{error}"
    );
    assert!(latents.get_int::<2>("k").is_err());
}

#[test]
fn data_of_another_shape() {
    let error = observing(|t, _| {
        let loc = single_matrix([[0.0, 0.0, 0.0]]);
        t.observe("y", Normal::new(loc, 1.0), single_matrix([[1.0, 2.0]]));
    });
    assert_eq!(
        error,
        "\"y\" (Normal) has shape [1, 3], but its value has shape [1, 2]; axis 0 is the particle axis (1 or S), the others must agree, or be 1 in the distribution"
    );
}

/// The data are not one number for all elements: they may be larger than their distribution, but
/// not smaller.
#[test]
fn data_smaller_than_their_distribution() {
    let error = observing(|t, _| {
        t.observe("y", normal().iid([1, 3]), single_matrix([[1.0]]));
    });
    assert!(error.contains("has shape [1, 3], but its value has shape [1, 1];"), "{error}");
}

#[test]
fn a_latent_of_another_shape() {
    let latents = at_place(single(), [("w", single_matrix([[1.0, 2.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("w", Exponential::new(1.0).iid([1, 3]));
        },
        &latents,
    );
    assert!(
        error.starts_with("\"w\" (Exponential) has shape [1, 3], but its value has shape [1, 2];")
    );
    let error = scoring(
        |t, _| {
            t.sample("w", normal());
        },
        &latents,
    );
    assert!(error.starts_with("\"w\" (Normal) has shape [1, 1], but its value has shape [1, 2];"));
}

/// Three particles, but two rows of data, of a factor, of a derived value, of a latent.
#[test]
fn an_axis_zero_that_is_neither_one_nor_the_particles() {
    let latents = at_place(single(), [("x", single_matrix([[0.0], [1.0], [2.0]]))]);
    let two = || single_matrix([[0.0], [1.0]]);
    let sites: [(&str, &str, fn(&mut Trace, Tensor<2>)); 4] = [
        ("Normal", "[1, 1]", |t, two| drop(t.observe("y", normal(), two))),
        ("Normal", "[2, 1]", |t, two| {
            drop(t.observe("y", Normal::new(two, 1.0), single_matrix([[0.0]])))
        }),
        ("factor", "[3, 1]", |t, two| t.factor("y", two)),
        ("deterministic", "[3, 1]", |t, two| drop(t.deterministic("y", two))),
    ];
    for (what, expected, site) in sites {
        let found = if expected == "[2, 1]" { "[1, 1]" } else { "[2, 1]" };
        let error = scoring(
            |t, _| {
                t.sample("x", normal());
                site(t, two());
            },
            &latents,
        );
        let start =
            format!("\"y\" ({what}) has shape {expected}, but its value has shape {found};");
        assert!(error.starts_with(&start), "{error}");
    }
    let mut uneven = latents.clone();
    uneven.insert("z", two());
    let error = scoring(
        |t, _| {
            t.sample("x", normal());
            t.sample("z", normal());
        },
        &uneven,
    );
    assert!(error.starts_with("\"z\" (Normal) has shape [1, 1], but its value has shape [2, 1];"));
}

#[test]
fn a_site_without_elements() {
    let error = observing(|t, _| {
        t.observe("y", normal(), single().zeros([1, 0]));
    });
    assert_eq!(
        error,
        "\"y\" has shape [1, 0], which holds no element; leave the site out of the program, or correct the data"
    );
}

#[test]
fn data_outside_the_support() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.observe("wait", Gamma::new(2.0, 1.0), single_matrix([[1.0, -3.0]]));
    });
    assert_eq!(
        error,
        "\"wait\" (Gamma): the observed value -3 at [0, 1] lies outside the support positive; correct the data, mask the element, or choose another distribution"
    );
}

#[test]
fn data_that_are_nan_or_infinite_lie_outside_every_support() {
    for (value, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let error = discovering(move |t: &mut Trace, _: &()| {
            t.observe("y", normal(), single_matrix([[0.0, value]]));
        });
        let start = format!("\"y\" (Normal): the observed value {text} at [0, 1] lies outside");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn each_support_refuses_data_of_its_own() {
    fn refused(error: String, value: &str, support: &str) {
        let part =
            format!("the observed value {value} at [0, 0] lies outside the support {support};");
        assert!(error.contains(&part), "{error}");
    }
    let observed = |distribution: fn() -> Box<dyn Fn(&mut Trace, Tensor<2>)>, value: f64| {
        discovering(move |t: &mut Trace, _: &()| distribution()(t, single_matrix([[value]])))
    };
    let half = || -> Box<dyn Fn(&mut Trace, Tensor<2>)> {
        Box::new(|t, x| drop(t.observe("x", HalfNormal::new(1.0), x)))
    };
    refused(observed(half, -0.5), "-0.5", "non-negative");
    let coin = || -> Box<dyn Fn(&mut Trace, Tensor<2>)> {
        Box::new(|t, x| drop(t.observe("x", Bernoulli::logits(0.0), x)))
    };
    refused(observed(coin, 0.5), "0.5", "{0, 1}");
    let soft = || -> Box<dyn Fn(&mut Trace, Tensor<2>)> {
        Box::new(|t, x| drop(t.observe("x", Bernoulli::logits(0.0).soft_targets(), x)))
    };
    refused(observed(soft, 1.5), "1.5", "[0, 1]");
    let category = discovering(|t: &mut Trace, _: &()| {
        let logits = single_matrix([[0.0, 0.0]]);
        t.observe("x", Categorical::logits(logits), int_matrix([[2]]));
    });
    refused(category, "2", "{0..2}");
}

#[test]
fn a_guide_on_another_support() {
    let mut guide = Trace::prior(1, noise());
    guide.sample("tau", normal());
    let draws = guide.finish().unwrap().values;
    let error = scoring(
        |t, _| {
            t.sample("tau", LogNormal::<2>::new(0.0, 1.0));
        },
        &draws,
    );
    assert_eq!(
        error,
        "\"tau\" has support positive in the program, but the guide draws it with support real; choose a guide distribution on positive"
    );
}

/// A guide on a smaller set is no error: (0, 1) lies inside the positive numbers.
#[test]
fn a_guide_on_a_part_of_the_support_is_none() {
    let mut guide = Trace::prior(1, noise());
    let part: Tensor<2> = guide.sample("tau", Uniform::new(0.25, 0.75));
    assert_eq!(part.dims(), [1, 1]);
    let draws = guide.finish().unwrap().values;
    let model = |t: &mut Trace, _: &()| drop(t.sample("tau", HalfNormal::<2>::new(1.0)));
    assert!(model.log_joint(&draws, &()).is_ok());
}

#[test]
fn a_site_of_another_size_than_its_plate() {
    let error = observing(|t, _| {
        t.plate("rows", 3, |t| t.observe("y", normal(), single_matrix([[0.0, 0.0]])));
    });
    assert_eq!(
        error,
        "\"y\" has shape [1, 2], but plate \"rows\" has 3 elements on axis 1; make the sizes equal, or correct the plate's size"
    );
    let error = discovering(|t: &mut Trace, _: &()| {
        t.plate("rows", 3, |t| t.sample("z", normal().iid([1, 2])));
    });
    assert!(error.starts_with("\"z\" has shape [1, 2], but plate \"rows\" has 3"), "{error}");
    let error = observing(|t, _| {
        t.plate("rows", 3, |t| t.factor("f", single_matrix([[0.0]])));
    });
    assert!(error.starts_with("\"f\" has shape [1, 1], but plate \"rows\" has 3"), "{error}");
}

/// The categories fill axis 1, on which the plate lies: the draw could not hold the plate.
#[test]
fn a_plate_on_the_axis_of_an_event() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let logits = single_matrix([[0.0, 0.0, 0.0]]);
        t.plate("rows", 4, |t| t.sample("k", Categorical::logits(logits)));
    });
    assert_eq!(
        error,
        "\"k\" has shape [15, 1], but plate \"rows\" has 4 elements on axis 1; make the sizes equal, or correct the plate's size"
    );
}

#[test]
fn a_site_without_an_axis_for_its_plate() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.plate("outer", 2, |t| {
            t.plate("inner", 3, |t| t.sample("z", normal().iid([1, 2])));
        });
    });
    assert_eq!(
        error,
        "\"z\" has rank 2, but plate \"inner\" lies on axis 2; give the site rank 3 or more (axis 0 is the particle axis)"
    );
}

#[test]
fn a_plate_that_is_empty_or_larger_than_its_total() {
    let error = observing(|t, _| t.plate("rows", 0, |_| ()));
    assert_eq!(
        error,
        "plate \"rows\" holds 0 of 0 elements; a batch has at least 1 and at most total elements"
    );
    let error = observing(|t, _| t.plate("rows", Subsample { total: 2, batch: 3 }, |_| ()));
    assert_eq!(
        error,
        "plate \"rows\" holds 3 of 2 elements; a batch has at least 1 and at most total elements"
    );
}

#[test]
fn a_mask_of_another_shape() {
    let error = observing(|t, _| {
        t.mask(mask([[true, false]]), |t| {
            t.observe("y", normal(), single_matrix([[0.0, 0.0, 0.0]]));
        });
    });
    assert_eq!(
        error,
        "\"y\" has shape [1, 3], but the mask over it has shape [1, 2]; a mask has the rank of the sites under it, and sizes equal to theirs or 1"
    );
    let error = observing(|t, _| {
        t.mask(mask([[true]]).reshape([1, 1, 1]), |t| t.factor("f", single_matrix([[0.0]])));
    });
    assert!(error.contains("\"f\" has shape [1, 1], but the mask over it has shape [1, 1, 1];"));
    let latents = at_place(single(), [("x", single_matrix([[0.0], [0.0], [0.0]]))]);
    let error = scoring(
        |t, _| {
            t.mask(mask([[true], [true]]), |t| t.sample("x", normal()));
        },
        &latents,
    );
    assert!(error.contains("\"x\" has shape [3, 1], but the mask over it has shape [2, 1];"));
}

#[test]
fn data_of_another_precision() {
    let error = observing(|t, _| {
        t.observe("y", normal(), matrix([[0.0]]));
    });
    assert_eq!(
        error,
        "\"y\": value is F64 on Device<Flex(Cpu)>, but the program runs on F32 on Device<Flex(Cpu)>; move it with to_device or cast"
    );
}

#[test]
fn a_parameter_of_another_precision() {
    let error = observing(|t, _| {
        t.observe("y", Normal::new(0.0, matrix([[1.0]])), single_matrix([[0.0]]));
    });
    assert!(error.starts_with("\"y\": scale is F64 on"), "{error}");
    let error = discovering(|t: &mut Trace, _: &()| {
        t.sample("z", Normal::new(matrix([[1.0]]), 1.0));
    });
    assert!(error.starts_with("\"z\": loc is F64 on"), "{error}");
}

/// Values, factors, starts of parameters and masks are checked as data are.
#[test]
fn whatever_lies_elsewhere_is_refused() {
    let given = at_place(single(), [("x", matrix([[0.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("x", normal());
        },
        &given,
    );
    assert!(error.starts_with("\"x\": value is F64 on"), "{error}");
    let error = observing(|t, _| t.factor("f", matrix([[0.0]])));
    assert!(error.starts_with("\"f\": log-factor is F64 on"), "{error}");
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("p", matrix([[0.0]]), Support::Real);
    });
    assert!(error.starts_with("\"p\": initial value is F64 on"), "{error}");
    let elsewhere = || Tensor::<2, Bool>::from_data([[true]], &ndarray());
    let error = observing(|t, _| t.mask(elsewhere(), |t| t.factor("f", single_matrix([[0.0]]))));
    assert!(error.starts_with("\"f\": mask is Bool"), "{error}");
}

#[test]
fn data_on_another_device() {
    let error = observing(|t, _| {
        t.observe("y", normal(), Tensor::from_floats([[0.0]], &ndarray()));
    });
    assert_eq!(
        error,
        "\"y\": value is F32 on Device<NdArray(Cpu)>, but the program runs on F32 on Device<Flex(Cpu)>; move it with to_device or cast"
    );
    let error = observing(|t, _| {
        let category = Tensor::<2, Int>::from_ints([[0]], &ndarray());
        t.observe("k", Categorical::logits(single_matrix([[0.0, 0.0]])), category);
    });
    assert!(error.starts_with("\"k\": value is I64 on Device<NdArray(Cpu)>,"), "{error}");
}

#[test]
fn a_parameter_that_nothing_trains() {
    fn noise_level(t: &mut Trace, _: &()) {
        let scale = t.param("scale", single_matrix([[1.0]]), Support::Positive);
        t.observe("y", Normal::new(0.0, scale), single_matrix([[0.0]]));
    }
    let text = "\"scale\" is a param, but the program carries no values for it; wrap the program in Model::new(..).with_params(&layout)";
    assert_eq!(observing(noise_level), text);
    assert_eq!(observing(|t, b| Model::new(noise_level).run(t, b)), text);
}

/// A guide that is a program draws from its own distributions: a parameter that nothing trains
/// would keep its start in silence.
#[test]
fn a_parameter_of_a_guide_that_nothing_trains() {
    let mut t = Trace::prior(1, noise());
    t.param("loc", single_matrix([[1.0]]), Support::Real);
    assert_eq!(t.finish().unwrap_err(), ModelError::MissingParam { param: "loc".into() });
}

/// Parameters trained for one program do not fit another.
#[test]
fn a_parameter_that_another_program_declared() {
    let first = |t: &mut Trace, _: &()| drop(t.param("a", single_matrix([[1.0]]), Support::Real));
    let layout = Layout::discover(&first, &(), &noise()).unwrap();
    let other = |t: &mut Trace, _: &()| drop(t.param("b", single_matrix([[1.0]]), Support::Real));
    let error = discovering(Model::new(other).with_params(&layout));
    assert!(error.starts_with("\"b\" is a param, but"), "{error}");
    let wider = |t: &mut Trace, _: &()| {
        drop(t.param("a", single_matrix([[1.0, 2.0]]), Support::Real));
    };
    let error = discovering(Model::new(wider).with_params(&layout));
    assert!(error.starts_with("\"a\" (param) has shape [1, 1], but its value has shape [1, 2];"));
}

#[test]
fn a_parameter_with_particles() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("a", single_matrix([[1.0], [2.0]]), Support::Real);
    });
    assert!(error.starts_with("\"a\" (param) has shape [1, 1], but its value has shape [2, 1];"));
}

#[test]
fn a_discrete_parameter() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("coin", single_matrix([[1.0]]), Support::Boolean);
    });
    assert_eq!(
        error,
        "\"coin\" is a param on {0, 1}, which has no map from the real line to be optimized along; give it a continuous support"
    );
}

#[test]
fn a_parameter_that_starts_outside_its_support() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("scale", single_matrix([[1.0, -2.0]]), Support::Positive);
    });
    assert_eq!(
        error,
        "\"scale\" starts at -2 at [0, 1], which is not inside its support positive; start it inside"
    );
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("p", single_matrix([[1.0]]), Support::UnitInterval);
    });
    assert!(error.starts_with("\"p\" starts at 1 at [0, 0], which is not inside"), "{error}");
}

/// log N(∞; 0, 1) = -∞ at the second row and third column of the second site.
#[test]
fn a_density_that_is_not_finite() {
    let mut terms = LogTerms::default();
    let fine = matrix([[0.0, 1.0]]);
    terms.push(Term::new("fine", Role::Latent, vec![], fine));
    let worst = double().tensor::<3>(vec![0.0, 0.0, 0.0, 0.0, f64::NEG_INFINITY, 0.0], [1, 2, 3]);
    terms.push(Term::new("worst", Role::Factor, vec![], worst));
    assert_eq!(
        terms.check_finite().unwrap_err().to_string(),
        "the log-density of \"worst\" is -inf at [0, 1, 1]; check the parameters and values that reach it there"
    );
}

#[test]
fn a_finite_density_passes_the_check_and_nan_does_not() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::new(0.0, 1.0));
        t.observe("y", Normal::new(0.0, x), matrix([[1.0, 1.0]]));
    }
    assert!(score(&model, &at([("x", matrix([[1.0], [2.0]]))]), &()).check_finite().is_ok());
    let error = score(&model, &at([("x", matrix([[1.0], [-2.0]]))]), &()).check_finite();
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("the log-density of \"y\" is NaN at [1, 0];"), "{error}");
}

#[test]
fn parameters_that_do_not_broadcast() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let (loc, scale) = (single_matrix([[0.0, 0.0]]), single_matrix([[1.0, 1.0, 1.0]]));
        t.sample("x", Normal::new(loc, scale));
    });
    assert_eq!(
        error,
        "\"x\": Normal: the shapes loc [1, 2], scale [1, 3] do not broadcast; every axis must have one size or 1 (unsqueeze the smaller one so that axis 0 stays the particle axis)"
    );
}

#[test]
fn parameters_with_another_number_of_particles() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.sample("x", Normal::new(single_matrix([[0.0], [0.0]]), 1.0));
    });
    assert_eq!(
        error,
        "\"x\": Normal: 15 particles were asked for, but axis 0 of its parameters has size 2; it must be 1 or 15"
    );
}

#[test]
fn prior_draws_of_a_layout_by_hand() {
    let layout = Layout::by_hand(&Device::flex(), [Site::latent("x", [1, 1], Support::Real)]);
    assert_eq!(
        layout.prior_draws().unwrap_err().to_string(),
        "this layout was written by hand and holds no prior draws; start from Init::Uniform or Init::Value"
    );
}

/// Three faults; the first is reported, whatever follows.
#[test]
fn the_first_error_is_the_one_returned() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let x = t.sample("x", Normal::new(single_matrix([[0.0], [0.0]]), 1.0));
        t.sample("x", Normal::new(x, matrix([[1.0]])));
        t.plate("rows", 0, |t| t.factor("f", matrix([[1.0]])));
    });
    assert!(error.starts_with("\"x\": Normal: 15 particles were asked for"), "{error}");
}

#[test]
fn a_condition_on_a_site_that_the_program_does_not_sample() {
    fn walk(t: &mut Trace, _: &()) {
        let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
        t.sample("second", Normal::new(first, 1.0));
        t.observe("third", Normal::<2>::new(0.0, 1.0), single_matrix([[0.0]]));
    }
    let on = |name: &'static str| {
        let mut seen = at_place(single(), [("first", single_matrix([[0.5]]))]);
        seen.insert(name, single_matrix([[0.5]]));
        discovering(Condition::new(walk, seen))
    };
    let rest = "but the program samples only \"first\", \"second\"; correct the name, or remove it from the guide (or the condition) that gives it";
    assert_eq!(on("secnod"), format!("a value is given for \"secnod\", {rest}"));
    assert_eq!(on("third"), format!("a value is given for \"third\", {rest}"));
}
