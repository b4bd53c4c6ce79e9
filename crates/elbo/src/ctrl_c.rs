//! Ctrl-C.

use elbo_infer::Interrupt;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// A switch that Ctrl-C sets: a fit that is given it by [`FitConfig::with_interrupt`](crate::FitConfig::with_interrupt) finishes its step,
/// writes its checkpoint and returns what there is. A second Ctrl-C ends the program, unless the switch was
/// [cleared](Interrupt::clear) for another fit.
///
/// The handlers stay for the life of the program: make one switch, and clear it between fits.
///
/// # Errors
/// If the system takes no handler.
///
/// # Example
/// ```
/// let interrupt = elbo::ctrl_c()?;
/// assert!(!interrupt.is_set());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn ctrl_c() -> Result<Interrupt, std::io::Error> {
    let interrupt = Interrupt::default();
    // In this order, so that the first one only sets the switch.
    flag::register_conditional_shutdown(SIGINT, 130, interrupt.flag())?;
    flag::register(SIGINT, interrupt.flag())?;
    Ok(interrupt)
}
