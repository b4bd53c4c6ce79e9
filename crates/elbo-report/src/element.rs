//! The names of single numbers.

/// The name of one number of a site: `theta[1,2]`, or `theta` where it is the only one.
///
/// `element = ((i₁ · n₂) + i₂) · n₃ + ...`, row-major, for `name[i₁,i₂,...]`.
///
/// # Shapes
/// `shape` is that of one draw; `element` counts its numbers, the last index fastest.
///
/// # Example
/// ```
/// use elbo_report::element_name;
///
/// assert_eq!(element_name("theta", &[2, 3], 5), "theta[1,2]");
/// assert_eq!(element_name("mu", &[], 0), "mu");
/// assert_eq!(element_name("mu", &[1], 0), "mu");
/// ```
pub fn element_name(site: &str, shape: &[usize], element: usize) -> String {
    if shape.iter().product::<usize>() == 1 {
        return site.to_string();
    }
    let mut rest = element;
    let mut index: Vec<String> = Vec::with_capacity(shape.len());
    for size in shape.iter().rev() {
        index.push((rest % size).to_string());
        rest /= size;
    }
    index.reverse();
    format!("{site}[{}]", index.join(","))
}
