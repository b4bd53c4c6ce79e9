//! Posteriors of [posteriordb](https://github.com/stan-dev/posteriordb) (BSD 3-clause), as their Stan
//! programs state them.

pub mod ark;
pub mod arma11;
pub mod blr;
pub mod earn_height;
pub mod eight_schools_centered;
pub mod eight_schools_noncentered;
pub mod garch11;
pub mod gp_pois_regr;
mod hares_and_lynxes;
pub mod hmm_example;
pub mod kidscore_interaction;
pub mod kidscore_interaction_c;
pub mod kidscore_interaction_z;
pub mod kidscore_momhs;
pub mod kidscore_momiq;
pub mod kilpisjarvi;
pub mod logearn_height;
pub mod logearn_height_male;
pub mod logearn_interaction;
pub mod logmesquite;
pub mod logmesquite_logva;
pub mod logmesquite_logvolume;
pub mod lotka_volterra;
pub mod low_dim_gauss_mix;
pub mod mesquite;
pub mod nes;
