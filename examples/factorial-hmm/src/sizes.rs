//! The sizes of a model's chains.

use crate::HmmError;

/// How many chains there are, and how many states each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// `M`
    pub chains: usize,
    /// `L`
    pub states: usize,
}

impl Sizes {
    /// `M` chains of `L` states.
    pub fn new(chains: usize, states: usize) -> Self {
        Self { chains, states }
    }

    /// `M L`, the numbers that the marginals of one step take.
    pub fn width(self) -> usize {
        self.chains * self.states
    }

    /// Where the numbers of one chain lie among those of a step, `[M, L]`.
    pub fn of(self, chain: usize) -> std::ops::Range<usize> {
        chain * self.states..(chain + 1) * self.states
    }

    /// The states of all chains together, `L^M`.
    ///
    /// # Errors
    /// [`HmmError::TooManyStates`] for more than 65,536.
    ///
    /// # Example
    /// ```
    /// use factorial_hmm::Sizes;
    ///
    /// assert_eq!(Sizes::new(3, 2).joint().unwrap(), 8);
    /// assert!(Sizes::new(30, 10).joint().is_err());
    /// ```
    pub fn joint(self) -> Result<usize, HmmError> {
        let joint = u32::try_from(self.chains).ok().and_then(|m| self.states.checked_pow(m));
        let Self { chains, states } = self;
        joint.filter(|joint| *joint <= MOST_JOINT).ok_or(HmmError::TooManyStates {
            chains,
            states,
            most: MOST_JOINT,
        })
    }

    /// # Errors
    /// [`HmmError::Setting`] if there is no chain or no state.
    pub(crate) fn check(self) -> Result<(), HmmError> {
        let least = |setting, value| match value {
            0 => Err(HmmError::Setting { setting, value, expected: "at least 1" }),
            _ => Ok(()),
        };
        least("chains", self.chains)?;
        least("states", self.states)
    }
}

/// The largest `L^M` that exact inference takes on: it keeps so many numbers a step.
const MOST_JOINT: usize = 1 << 16;
