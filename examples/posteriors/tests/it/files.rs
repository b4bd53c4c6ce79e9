//! What is wrong with a file is said by name.

use std::path::Path;

use burn::tensor::Device;
use elbo::Place;
use posteriors::{DataError, Fields, all, names, read};

fn fields(text: &str) -> Fields {
    Fields::parse(Path::new("a.json"), text).unwrap()
}

fn message<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
    result.unwrap_err().to_string()
}

fn refusal(name: &str, directory: &Path) -> String {
    message(read(name, directory, &Place::f32(&Device::flex())))
}

#[test]
fn there_are_36_posteriors_of_different_names() {
    let mut sorted = names().to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 36);
    assert!(all().iter().map(|entry| entry.name).eq(names().iter().copied()));
}

#[test]
fn a_posterior_without_a_program_is_refused_with_those_that_have_one() {
    let message = refusal("nes", Path::new("."));
    assert!(message.starts_with("there is no posterior \"nes\"; there are arK-arK, "), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = refusal("sblri-blr", Path::new("nowhere"));
    let expected = "nowhere/posteriordb/sblri-blr.json cannot be read; give the folder that holds \
                    posteriordb and inference_gym";
    assert_eq!(message, expected);
}

#[test]
fn a_text_that_is_no_object_is_refused() {
    assert_eq!(message(Fields::parse(Path::new("a.json"), "[1")), "a.json holds no JSON object");
    assert_eq!(message(Fields::parse(Path::new("a.json"), "[1]")), "a.json holds no JSON object");
}

#[test]
fn a_missing_field_is_named_with_the_objects_around_it() {
    let fields = fields(r#"{"reference": {"mu": {"mean": 1.0}}}"#);
    let mu = fields.object("reference").unwrap().object("mu").unwrap();
    let expected = r#"a.json: "reference.mu.sd" should be a number, but is absent"#;
    assert_eq!(message(mu.number("sd")), expected);
}

#[test]
fn what_a_field_holds_in_place_of_what_it_should_is_said() {
    let fields = fields(r#"{"N": -1, "x": [1, null], "y": [null, "x"], "z": [1, 2], "a": {}}"#);
    assert_eq!(message(fields.count("N")), r#"a.json: "N" should be a count, but is -1"#);
    let expected = r#"a.json: "x" should be a list of numbers, but is a list with null at 1"#;
    assert_eq!(message(fields.numbers("x")), expected);
    let expected =
        r#"a.json: "y" should be a list of numbers and nulls, but is a list with "x" at 1"#;
    assert_eq!(message(fields.seen("y")), expected);
    let expected = r#"a.json: "z" should be indices below 2, but is a list of 2"#;
    assert_eq!(message(fields.indices("z", 2)), expected);
    let expected = r#"a.json: "a" should be rows of 2 numbers, but is an object of 0 fields"#;
    assert_eq!(message(fields.rows("a", 2)), expected);
}

#[test]
fn columns_are_as_long_as_the_first() {
    let fields = fields(r#"{"y": [1, 2], "x": [1, 2, 3]}"#);
    let expected = r#"a.json: "x" should be a list of 2 numbers, but is a list of 3"#;
    assert_eq!(message(fields.columns(["y", "x"])), expected);
}

#[test]
fn nulls_are_left_out() {
    let (at, y) = fields(r#"{"y": [null, 1.5, null, -2]}"#).seen("y").unwrap();
    assert_eq!((at, y), (vec![1, 3], vec![1.5, -2.0]));
}
