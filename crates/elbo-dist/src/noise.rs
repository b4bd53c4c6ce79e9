//! Seeded, counter-based noise, drawn on the host.

use burn::tensor::{DType, Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use crate::quantile::{BLOCK, normal_quantiles};
use crate::{Place, normal_quantile};

/// A source of base noise keyed by seed, step, site and lane.
///
/// Every number is a pure function of that key, of how many tensors this key has drawn before, of
/// the particle and of the element. So draws do not depend on the device, the thread, or what
/// other sites drew; particle `i` gets the same numbers however many particles there are; and
/// double precision gives the numbers of single precision before rounding.
///
/// The generator is ChaCha with 8 rounds (Bernstein 2008): the four key words are its 256-bit key,
/// the count of tensors is its stream, and each element owns one 64-bit word of the stream.
///
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::Noise;
///
/// let noise = Noise::new(42, &Device::flex());
/// let four = noise.at_step(3).site("mu").normal([4, 2]).into_data().try_to_vec::<f32>().unwrap();
/// let two = noise.at_step(3).site("mu").normal([2, 2]).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(four[..4], two[..]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    state: NoiseState,
    place: Place,
    /// The particles after which draws repeat, if they do.
    period: Option<usize>,
}

/// Everything that a [`Noise`] is but its place: six integers, to be stored and restored.
///
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::Noise;
///
/// let mut noise = Noise::new(1, &Device::flex()).site("z");
/// noise.normal([1, 3]);
/// let mut restored = Noise::from_state(noise.state(), &Device::flex());
/// assert_eq!(restored.normal([1, 3]).into_data(), noise.normal([1, 3]).into_data());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NoiseState {
    /// The seed that the user chose.
    pub seed: u64,
    /// The optimization step.
    pub step: u64,
    /// The hash of the site's name; 0 before a site is named.
    pub site: u64,
    /// The branch reached by [`Noise::split`]; 0 for the root.
    pub lane: u64,
    /// How many tensors or branches have been drawn under this key.
    pub call: u64,
    /// The index of the first particle, for draws made in chunks.
    pub particle: u64,
}

impl Noise {
    /// The root of all noise of `seed`, drawing at `place` (a `&Device` means single precision).
    pub fn new(seed: u64, place: impl Into<Place>) -> Self {
        Self::from_state(NoiseState { seed, ..NoiseState::default() }, place)
    }

    /// The noise that [`Noise::state`] described, at a place that may be another.
    pub fn from_state(state: NoiseState, place: impl Into<Place>) -> Self {
        Self { state, place: place.into(), period: None }
    }

    /// The integers that determine every further draw.
    pub fn state(&self) -> NoiseState {
        self.state
    }

    /// Where tensors are made.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The noise of optimization step `step`.
    pub fn at_step(&self, step: u64) -> Self {
        self.keyed(NoiseState { step, ..self.state })
    }

    /// The noise of the site `name`; of a site of that name within the present one, if there is one.
    pub fn site(&self, name: &str) -> Self {
        let site = match self.state.site {
            0 => name_key(name),
            outer => mix(outer ^ name_key(name).rotate_left(1)),
        };
        self.keyed(NoiseState { site, ..self.state })
    }

    /// The noise of the particles from `first` on: the draws of a chunk equal those that the same
    /// particles get when all are drawn at once.
    pub fn from_particle(&self, first: u64) -> Self {
        Self { state: NoiseState { particle: first, ..self.state }, ..self.clone() }
    }

    /// The noise by which particle `i` draws what particle `i mod period` draws here.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::Noise;
    ///
    /// let noise = Noise::new(42, &Device::flex());
    /// let twice = noise.repeating(2).normal([4, 1]).into_data().try_to_vec::<f32>().unwrap();
    /// assert_eq!(twice[..2], twice[2..]);
    /// assert_ne!(twice[0], twice[1]);
    /// ```
    pub fn repeating(&self, period: usize) -> Self {
        Self { period: Some(period), ..self.clone() }
    }

    /// An independent branch, another one at each call.
    pub fn split(&mut self) -> Self {
        let branch = mix(self.state.lane ^ mix(self.state.call.wrapping_add(1)));
        self.state.call += 1;
        self.keyed(NoiseState { lane: branch, ..self.state })
    }

    /// Standard normal draws, `Φ⁻¹(u)` of one uniform an element.
    pub fn normal<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        self.fill(shape, normal_quantiles)
    }

    /// Uniform draws from the open interval (0, 1); never 0 and never 1, in either precision.
    pub fn uniform<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        let top = match self.place.dtype() {
            DType::F32 => 1.0 - f64::from(f32::EPSILON) / 2.0,
            _ => 1.0,
        };
        self.fill(shape, |numbers| numbers.iter_mut().for_each(|u| *u = u.min(top)))
    }

    /// Standard Gumbel draws, `-log(-log u)`: the greatest of them, each added to the logarithm of a weight, is a draw
    /// of its index by the weights.
    pub(crate) fn gumbel<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        self.uniform(shape).log().neg().log().neg()
    }

    /// Draws that need an unknown number of uniforms each: `draw` is called once an element with
    /// that element's own endless stream.
    pub fn rejection<const D: usize>(
        &mut self,
        shape: [usize; D],
        draw: impl FnMut(usize, &mut ElementNoise) -> f64,
    ) -> Tensor<D> {
        let values = self.rejection_values(&shape, draw);
        self.place.tensor(values, shape)
    }

    /// What `draw` makes of each element's own noise, on the host.
    pub(crate) fn rejection_values<T>(
        &mut self,
        shape: &[usize],
        mut draw: impl FnMut(usize, &mut ElementNoise) -> T,
    ) -> Vec<T> {
        let first = self.first_element(shape);
        let (count, times) = self.drawn(shape);
        let mut branch = self.split();
        let mut element = |i: usize| {
            branch.state.call = first + (i % count) as u64;
            draw(i, &mut ElementNoise(branch.generator(0)))
        };
        (0..count * times).map(&mut element).collect()
    }

    /// A random order of the numbers below `count`, the same in either precision (Fisher & Yates 1938).
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::Noise;
    ///
    /// let mut order = Noise::new(0, &Device::flex()).permutation(5);
    /// assert_eq!(order, [0, 4, 2, 1, 3]);
    /// order.sort_unstable();
    /// assert_eq!(order, [0, 1, 2, 3, 4]);
    /// ```
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut generator = ElementNoise(self.split().generator(0));
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, (generator.uniform() * (last + 1) as f64) as usize);
        }
        order
    }

    fn keyed(&self, state: NoiseState) -> Self {
        Self { state: NoiseState { call: 0, ..state }, ..self.clone() }
    }

    /// The elements of `shape` that are drawn, and how often they are repeated.
    fn drawn(&self, shape: &[usize]) -> (usize, usize) {
        let particles = shape.first().copied().unwrap_or(1);
        let own = self.period.filter(|period| particles % (*period).max(1) == 0);
        let own = own.unwrap_or(particles).min(particles);
        let rest: usize = shape.iter().skip(1).product();
        (own * rest, particles.checked_div(own).unwrap_or(1))
    }

    /// The index, in the unchunked draw, of this draw's first element.
    fn first_element(&self, shape: &[usize]) -> u64 {
        self.state.particle * shape.iter().skip(1).product::<usize>() as u64
    }

    fn fill<const D: usize>(
        &mut self,
        shape: [usize; D],
        change: impl Fn(&mut [f64]) + Sync,
    ) -> Tensor<D> {
        let first = self.first_element(&shape);
        let (count, times) = self.drawn(&shape);
        let data = match self.place.dtype() {
            DType::F64 => {
                let values = self.numbers(first, count, change, |value| value);
                TensorData::new(repeated(values, times), shape)
            }
            _ => {
                let values = self.numbers(first, count, change, |value| value as f32);
                TensorData::new(repeated(values, times), shape)
            }
        };
        self.state.call += 1;
        Tensor::from_data(data, (self.place.device(), self.place.dtype()))
    }

    /// What `change` makes of blocks of so many uniforms from element `first` on, by several threads where there are many: each element has
    /// its place in the stream.
    fn numbers<T: Copy + Default + Send>(
        &self,
        first: u64,
        count: usize,
        change: impl Fn(&mut [f64]) + Sync,
        round: impl Fn(f64) -> T + Sync,
    ) -> Vec<T> {
        let mut values = vec![T::default(); count];
        let fill = |(i, chunk): (usize, &mut [T])| {
            let mut generator = self.generator(first + (i * CHUNK) as u64);
            let mut uniforms = [0.0; BLOCK];
            for block in chunk.chunks_mut(BLOCK) {
                let uniforms = &mut uniforms[..block.len()];
                uniforms.iter_mut().for_each(|u| *u = open_unit(generator.next_u64()));
                change(uniforms);
                block.iter_mut().zip(uniforms).for_each(|(value, u)| *value = round(*u));
            }
        };
        if count <= 2 * CHUNK {
            fill((0, &mut values));
        } else {
            values.par_chunks_mut(CHUNK).enumerate().for_each(fill);
        }
        values
    }

    fn generator(&self, element: u64) -> ChaCha8Rng {
        let NoiseState { seed, step, site, lane, .. } = self.state;
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip([seed, step, site, lane]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(self.state.call);
        generator.set_word_pos(2 * u128::from(element));
        generator
    }
}

/// The numbers that one thread draws at a time.
const CHUNK: usize = 1 << 13;

/// `values`, so many times one after the other.
fn repeated<T: Copy>(values: Vec<T>, times: usize) -> Vec<T> {
    if times == 1 { values } else { values.repeat(times) }
}

/// The endless noise of one element, for samplers that reject.
pub struct ElementNoise(ChaCha8Rng);

impl ElementNoise {
    /// The next uniform from the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        open_unit(self.0.next_u64())
    }

    /// The next standard normal.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }
}

/// The least and the greatest number inside (0, 1) in the precision of `like`.
pub(crate) fn open_unit_ends<const D: usize>(like: &Tensor<D>) -> (f64, f64) {
    match like.dtype() {
        DType::F32 => (f64::from(f32::MIN_POSITIVE), 1.0 - f64::from(f32::EPSILON) / 2.0),
        _ => (f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0),
    }
}

/// `x`, next to an end of (0, 1) at most.
pub(crate) fn into_open_unit<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let (least, most) = open_unit_ends(&x);
    x.clamp(least, most)
}

/// `(k + ½) / 2⁵²` of the upper 52 bits: exact, symmetric about ½, and never 0 or 1.
fn open_unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// A 64-bit key of a name, the same on every machine: its FNV-1a hash (Fowler, Noll & Vo),
/// finished by a bijection that spreads its bits.
///
/// ```
/// assert_eq!(elbo_dist::name_key("mu"), 0xc7f2_7cd7_48d1_5ef6);
/// ```
pub fn name_key(name: &str) -> u64 {
    mix(name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, byte| {
        (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

/// The finalizer of SplitMix64 (Steele, Lea & Flood 2014), a bijection of 64-bit words.
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
