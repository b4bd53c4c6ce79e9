//! Numbers and tensors as parameters give the same results.

use burn::tensor::Tensor;
use elbo_dist::Operand;

use crate::{double, host, row};

fn both(x: f64) -> [Operand<2>; 2] {
    [Operand::Scalar(x), Operand::Tensor(row(&double(), &[x]))]
}

fn value(operand: Operand<2>) -> f64 {
    host(operand.on(&row(&double(), &[0.0])))[0]
}

#[test]
fn arithmetic_is_the_same_on_numbers_and_tensors() {
    // 0 and 1 take the short cuts; all results are exact.
    for (x, y) in [(3.0, 0.5), (3.0, 0.0), (-2.0, 1.0), (0.0, 4.0), (1.0, -8.0)] {
        for a in both(x) {
            for b in both(y) {
                assert_eq!(value(a.clone() + &b), x + y);
                assert_eq!(value(a.clone() - &b), x - y);
                assert_eq!(value(a.clone() * &b), x * y);
                assert_eq!(value(a.clone() / &b), x / y);
            }
            assert_eq!(value(a.clone() + y), x + y);
            assert_eq!(value(a.clone() - y), x - y);
            assert_eq!(value(a.clone() * y), x * y);
            assert_eq!(value(a / y), x / y);
        }
        for b in both(y) {
            let tensor = || row(&double(), &[x]);
            assert_eq!(host(tensor() + &b), [x + y]);
            assert_eq!(host(tensor() - &b), [x - y]);
            assert_eq!(host(tensor() * &b), [x * y]);
            assert_eq!(host(tensor() / &b), [x / y]);
        }
    }
}

#[test]
fn a_number_takes_the_precision_of_the_tensor_it_meets() {
    let x: Tensor<2> = Operand::Scalar(0.1).on(&row(&double(), &[0.0]));
    assert_eq!(host(x), [0.1]);
}
