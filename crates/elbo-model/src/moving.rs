//! The parameters of a distribution, one by one: where they start, and how they are moved.

use burn::tensor::Tensor;
use elbo_dist::{Distribution, Domain, Operand, Place, Support, TensorMap, sigmoid};

use crate::Conditionals;
use crate::conditionals::Moved;
use crate::params::constrain;

/// The parameters of a distribution, if they can be moved.
pub(crate) fn note<const D: usize, P: Distribution<D>>(
    site: &str,
    distribution: &P,
    shape: [usize; D],
    place: &Place,
) -> Option<Vec<(Moved, Tensor<2>)>> {
    let parameters = distribution.parameters();
    let support = distribution.support();
    let scalar = !support.is_discrete() && distribution.event_rank() == 0;
    if parameters.is_empty() || (scalar && parameters.len() < 2) {
        return None;
    }
    let supports: Option<Vec<_>> = parameters.iter().map(|p| support_of(p.domain)).collect();
    let (events, place) = (distribution.event_rank(), place.clone());
    let mut noted = Noted { supports: supports?, shape: &shape, events, place, found: Vec::new() };
    let _ = distribution.clone().with_tensors(&mut noted);
    let found: Vec<_> = noted.found.into_iter().collect::<Option<_>>()?;
    // What is moved must be the parameters, one by one: a distribution may keep others that follow from them.
    let same = found.iter().zip(&parameters).all(|(found, p)| found.numbers == p.value.numbers());
    if !same || found.len() != parameters.len() {
        return None;
    }
    let moved = |(position, found): (usize, Start)| {
        let (site, support) = (site.to_string(), noted.supports[position]);
        (
            Moved { site, position, shape: found.shape, site_shape: shape.to_vec(), support },
            found.start,
        )
    };
    Some(found.into_iter().enumerate().map(moved).collect())
}

/// The numbers of a domain whose means lie in it too.
fn support_of(domain: Domain) -> Option<Support> {
    match domain {
        Domain::Real | Domain::LogWeight => Some(Support::Real),
        Domain::Positive => Some(Support::Positive),
        Domain::Probability => Some(Support::UnitInterval),
        _ => None,
    }
}

/// Where the parameters of a distribution start, in the order in which it shows them.
struct Noted<'a> {
    supports: Vec<Support>,
    /// That of the site.
    shape: &'a [usize],
    /// The axes of an event.
    events: usize,
    place: Place,
    found: Vec<Option<Start>>,
}

/// A parameter as the prior has it.
struct Start {
    numbers: Vec<f64>,
    shape: Vec<usize>,
    /// The mean over particles, on the real line.
    start: Tensor<2>,
}

impl Noted<'_> {
    fn note<const D: usize>(&mut self, numbers: Vec<f64>, value: Tensor<D>) {
        let support = self.supports.get(self.found.len()).copied();
        let start = support.and_then(|support| self.start(numbers, value, support));
        self.found.push(start);
    }

    fn start<const D: usize>(
        &self,
        numbers: Vec<f64>,
        value: Tensor<D>,
        support: Support,
    ) -> Option<Start> {
        if self.shape.len() != D {
            return None;
        }
        let (real, _) = support.from_real::<D>()?.inverse_and_log_det(value);
        let mean = real.mean_dim(0);
        let dims = mean.dims();
        let shape: [usize; D] = std::array::from_fn(|axis| match axis + self.events < D {
            true => dims[axis].max(self.shape[axis]),
            false => dims[axis],
        });
        let size = shape.iter().product();
        let start = mean.expand(shape).reshape([1, size]);
        let finite = start.to_data().iter::<f64>().all(f64::is_finite);
        finite.then(|| Start { numbers, shape: shape.to_vec(), start })
    }
}

impl TensorMap for Noted<'_> {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        let value = tensor.clone().inner();
        self.note(value.to_data().iter::<f64>().collect(), value);
        tensor
    }

    fn number<const D: usize>(&mut self, number: f64) -> Operand<D> {
        let value = self.place.tensor(vec![number], [1; D]);
        self.note(vec![number], value);
        Operand::Scalar(number)
    }
}

/// Moves the parameters of a site's distribution.
pub(crate) struct Towards<'a> {
    pub conditionals: &'a Conditionals,
    pub site: &'a str,
    /// The next parameter.
    pub position: usize,
}

impl Towards<'_> {
    fn moved<const D: usize>(&mut self, theta: Operand<D>) -> Operand<D> {
        let Conditionals { moved, parameters } = self.conditionals;
        let is_it = |at: &Moved| at.site == self.site && at.position == self.position;
        let at = parameters.iter().position(is_it).expect("all parameters of a site are moved");
        self.position += 1;
        let (values, Moved { shape, support, .. }) = (moved[at].val(), &parameters[at]);
        let shape: [usize; D] = std::array::from_fn(|axis| shape[axis]);
        let weight = sigmoid(values.clone().narrow(0, 0, 1)).reshape(shape);
        let own = constrain(values.narrow(0, 1, 1), shape, *support);
        let own: Tensor<D> = own.expect("a parameter's domain is an image of the real line");
        let theta = theta.on(&own);
        Operand::Tensor(own.clone() + weight * (theta - own))
    }
}

impl TensorMap for Towards<'_> {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        let theta = Operand::Tensor(tensor.clone());
        self.moved(theta).on(&tensor)
    }

    fn number<const D: usize>(&mut self, number: f64) -> Operand<D> {
        self.moved(Operand::Scalar(number))
    }
}
