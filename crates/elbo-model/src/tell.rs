//! What a program tells its trace.

use burn::tensor::{Bool, Tensor};
use elbo_dist::{Distribution, Support};

use crate::checks::check_size;
use crate::mask::Mask;
use crate::{Estimator, Plate, PlateSize, Subsample, Trace};

/// How a program asks for a draw.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Asked {
    /// As a latent, maybe with an estimator.
    Sampled(Option<Estimator>),
    /// To be summed out where it is scored.
    Marginal,
}

impl Trace {
    /// A latent site: its value, drawn or given.
    ///
    /// # Shapes
    /// `[S, ..]`, or `[1, ..]` where all particles share it. Inside a plate of `N` elements, an
    /// axis of size 1 is expanded to `N` independent draws.
    pub fn sample<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
    ) -> Tensor<D, P::Kind> {
        self.latent(name, distribution, Asked::Sampled(None))
    }

    /// A latent site whose gradient is to be estimated by `estimator` where a guide draws it; a plan may say
    /// otherwise. Elsewhere, as [`Trace::sample`].
    ///
    /// # Shapes
    /// As [`Trace::sample`]; `[S K, ..]` if it enumerates `K` values.
    pub fn sample_with<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
        estimator: Estimator,
    ) -> Tensor<D, P::Kind> {
        self.latent(name, distribution, Asked::Sampled(Some(estimator)))
    }

    /// A discrete site that is summed out of the density, exactly: its values are told one after the other on axis 0,
    /// and what depends on them is folded by a log-sum-exp, for each element of its plates on its own. It is no
    /// latent, so a guide does not draw it. A run that draws from the prior draws it like any other.
    ///
    /// `log Σ_k p(z = k) p(x | z = k)`
    ///
    /// The program runs twice where it scores: the first run finds out how many copies of the particles there are to be.
    /// A site outside the plates of this one must not depend on it, which the runs that check find out
    /// ([`LogJoint::check`](crate::LogJoint::check): the first step, and whenever a bound is estimated).
    ///
    /// # Shapes
    /// `[S K, ..]` for `K` values where the run scores, else `[S, ..]`. Latents have then `S K` particles too, but for those
    /// that all particles share, which keep the size 1 on axis 0.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Bernoulli, Normal, Place};
    /// use elbo_model::{Latents, LogJoint, Trace};
    ///
    /// fn two_bumps(t: &mut Trace, x: &Tensor<2>) {
    ///     let n = x.dims()[1];
    ///     t.plate("rows", n, |t| {
    ///         let side = t.marginalize("side", Bernoulli::<2>::probs(0.5)); // [2, N]
    ///         t.observe("x", Normal::new(side * 4.0 - 2.0, 1.0), x.clone());
    ///     });
    /// }
    ///
    /// let device = Device::flex();
    /// let x = Tensor::from_floats([[0.0, 1.0]], &device);
    /// let terms = two_bumps.log_joint(&Latents::new(Place::f32(&device)), &x).unwrap();
    /// // log N(0; 2, 1), and log ½ (N(1; 2, 1) + N(1; -2, 1)).
    /// let by_hand = [-2.918_938_5, -2.093_935_9];
    /// let found: f32 = terms.total().into_scalar();
    /// assert!((found - (by_hand[0] + by_hand[1])).abs() < 1e-5);
    /// ```
    pub fn marginalize<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
    ) -> Tensor<D, P::Kind> {
        self.latent(name, distribution, Asked::Marginal)
    }

    fn latent<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
        asked: Asked,
    ) -> Tensor<D, P::Kind> {
        let value = self.attempt(|t| t.try_sample(name, &distribution, asked));
        value.unwrap_or_else(|| self.placeholder(&distribution))
    }

    /// An observed site; returns the data (those that the run is [conditioned](Trace::condition) on, if it is), or a draw where the run
    /// simulates data.
    ///
    /// # Shapes
    /// The value's axes after axis 0 equal the distribution's, or the distribution's are 1.
    pub fn observe<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
        value: Tensor<D, P::Kind>,
    ) -> Tensor<D, P::Kind> {
        let other = self.attempt(|t| t.conditioned_value(name)).flatten();
        let value = other.unwrap_or(value);
        let drawn = self.attempt(|t| t.try_observe(name, &distribution, value.clone()));
        drawn.flatten().unwrap_or(value)
    }

    /// A log-factor, added to the log-joint density.
    ///
    /// # Shapes
    /// `[S, plates.., ..]`, or 1 on axis 0; the axes after those of the plates are summed.
    pub fn factor<const D: usize>(&mut self, name: &str, log_factor: Tensor<D>) {
        self.attempt(|t| t.try_factor(name, log_factor));
    }

    /// A value computed from others, to be kept under `name`.
    ///
    /// # Shapes
    /// `[S, ..]`, or `[1, ..]` where all particles share it.
    pub fn deterministic<const D: usize>(&mut self, name: &str, value: Tensor<D>) -> Tensor<D> {
        self.attempt(|t| t.try_deterministic(name, &value)).flatten().unwrap_or(value)
    }

    /// A parameter on `support` that is optimized, not inferred, and starts at `initial`.
    ///
    /// # Shapes
    /// That of `initial`, with 1 on axis 0.
    pub fn param<const D: usize>(
        &mut self,
        name: &str,
        initial: Tensor<D>,
        support: Support,
    ) -> Tensor<D> {
        let value = self.attempt(|t| t.try_param(name, initial.clone(), support));
        value.unwrap_or(initial)
    }

    /// Runs `body` inside a plate of independent elements, on the axis after those of the plates
    /// around it; `size` is a number, or a [`Subsample`] when only a batch is at hand.
    pub fn plate<R>(
        &mut self,
        name: &str,
        size: impl Into<PlateSize>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let PlateSize(Subsample { total, batch }) = size.into();
        let plate = Plate { name: name.into(), axis: self.plates.len() + 1, total, batch };
        self.attempt(|_| check_size(&plate));
        self.plates.push(plate);
        let result = body(self);
        self.plates.pop();
        result
    }

    /// Runs `body` with the log-probability of every site set to 0 where `mask` is false. The data
    /// that it hides may be anything, NaN too: they reach neither the density nor its gradient.
    ///
    /// # Shapes
    /// `mask` has the rank of the sites in `body` and broadcasts to them.
    pub fn mask<const D: usize, R>(
        &mut self,
        mask: Tensor<D, Bool>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        self.masks.push(Mask::new(mask));
        let result = body(self);
        self.masks.pop();
        result
    }
}
