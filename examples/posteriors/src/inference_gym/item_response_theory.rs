//! Students who answer questions (Rasch 1960).
//!
//! `correct_k ~ Bernoulli(σ(m + a_{student(k)} - b_{question(k)}))`, `m ~ N(0.75, 1)`, `a_i ~ N(0, 1)`,
//! `b_j ~ N(0, 1)`.

use elbo::prelude::*;

use crate::{DataError, Fields, index};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The number of students.
    pub students: usize,
    /// The number of questions.
    pub questions: usize,
    /// The student who answers, from 0 on, `[N]`.
    pub student: Tensor<1, Int>,
    /// The question, from 0 on, `[N]`.
    pub question: Tensor<1, Int>,
    /// 1 for the right answer, 0 for a wrong one, `[1, N]`.
    pub correct: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let (students, questions) = (json.count("num_students")?, json.count("num_questions")?);
    Ok(Data {
        students,
        questions,
        student: index(&json.indices("student_id", students)?, place),
        question: index(&json.indices("question_id", questions)?, place),
        correct: json.row("correct", place)?,
    })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let mean = t.sample("mean_student_ability", Normal::new(0.75, 1.0)); // [S, 1]
    let ability = t.plate("students", d.students, |t| {
        t.sample("centered_student_ability", Normal::new(0.0, 1.0)) // [S, 400]
    });
    let difficulty = t.plate("questions", d.questions, |t| {
        t.sample("question_difficulty", Normal::new(0.0, 1.0)) // [S, 100]
    });
    let ability = (ability + mean).select(1, d.student.clone()); // [S, N]
    let difficulty = difficulty.select(1, d.question.clone()); // [S, N]
    t.observe("correct", Bernoulli::logits(ability - difficulty), d.correct.clone());
}
