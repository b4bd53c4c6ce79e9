//! All posteriors, by name.

use std::path::{Path, PathBuf};

use elbo::{Place, Trace};

use crate::inference_gym as gym;
use crate::{DataError, Fields, Published, Reference, posteriordb as db};

/// Where a posterior lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, that of its file.
    pub name: &'static str,
    /// The folder of its file.
    pub folder: &'static str,
}

impl Entry {
    /// The file, in the folder of data sets.
    pub fn file(&self, directory: &Path) -> PathBuf {
        directory.join(self.folder).join(format!("{}.json", self.name))
    }
}

macro_rules! posteriors {
    ($($folder:literal: $($name:literal => $group:ident :: $file:ident :: $model:ident,)*;)*) => {
        const ALL: &[Entry] = &[$($(Entry { name: $name, folder: $folder },)*)*];
        const NAMES: &[&str] = &[$($($name,)*)*];

        /// Reads the posterior `name` from `directory`, which holds `posteriordb` and `inference_gym`.
        ///
        /// # Errors
        /// [`DataError::Unknown`], and what is wrong with the file.
        pub fn read(name: &str, directory: &Path, place: &Place) -> Result<Published, DataError> {
            let file = find(name)?.file(directory);
            let json = Fields::read(&file)?;
            let (fields, references) = (json.object("data")?, Reference::all(&json)?);
            match name {
                $($($name => {
                    let data = $group::$file::data(&fields, place)?;
                    let program = move |t: &mut Trace| $group::$file::$model(t, &data);
                    Ok(Published::new($name, references, program))
                })*)*
                _ => Err(unknown(name)),
            }
        }
    };
}

posteriors! {
    "posteriordb":
    "arK-arK" => db::ark::model,
    "arma-arma11" => db::arma11::model,
    "earnings-earn_height" => db::earn_height::model,
    "earnings-logearn_height" => db::logearn_height::model,
    "earnings-logearn_height_male" => db::logearn_height_male::model,
    "earnings-logearn_interaction" => db::logearn_interaction::model,
    "eight_schools-eight_schools_centered" => db::eight_schools_centered::model,
    "eight_schools-eight_schools_noncentered" => db::eight_schools_noncentered::model,
    "garch-garch11" => db::garch11::model,
    "gp_pois_regr-gp_pois_regr" => db::gp_pois_regr::model,
    "hmm_example-hmm_example" => db::hmm_example::model,
    "hudson_lynx_hare-lotka_volterra" => db::lotka_volterra::model,
    "kidiq-kidscore_interaction" => db::kidscore_interaction::model,
    "kidiq-kidscore_momhs" => db::kidscore_momhs::model,
    "kidiq-kidscore_momiq" => db::kidscore_momiq::model,
    "kidiq_with_mom_work-kidscore_interaction_c" => db::kidscore_interaction_c::model,
    "kidiq_with_mom_work-kidscore_interaction_z" => db::kidscore_interaction_z::model,
    "kilpisjarvi_mod-kilpisjarvi" => db::kilpisjarvi::model,
    "low_dim_gauss_mix-low_dim_gauss_mix" => db::low_dim_gauss_mix::model,
    "mesquite-logmesquite" => db::logmesquite::model,
    "mesquite-logmesquite_logva" => db::logmesquite_logva::model,
    "mesquite-logmesquite_logvolume" => db::logmesquite_logvolume::model,
    "mesquite-mesquite" => db::mesquite::model,
    "nes1972-nes" => db::nes::model,
    "nes1980-nes" => db::nes::model,
    "nes1984-nes" => db::nes::model,
    "nes1996-nes" => db::nes::model,
    "sblri-blr" => db::blr::model,
    ;
    "inference_gym":
    "brownian_motion_missing_middle_observations" => gym::brownian_motion::model,
    "convection_lorenz_bridge" => gym::convection_lorenz_bridge::model,
    "german_credit_numeric_logistic_regression" => gym::german_credit::model,
    "radon_contextual_effects_minnesota" => gym::radon_contextual_effects::model,
    "radon_contextual_effects_minnesota_halfnormal" => gym::radon_contextual_effects::half_normal,
    "stochastic_volatility_sp500" => gym::stochastic_volatility::model,
    "stochastic_volatility_sp500_small" => gym::stochastic_volatility::model,
    "synthetic_item_response_theory" => gym::item_response_theory::model,
    ;
}

/// All posteriors.
pub fn all() -> Vec<Entry> {
    ALL.to_vec()
}

/// The names of all posteriors.
pub fn names() -> &'static [&'static str] {
    NAMES
}

fn find(name: &str) -> Result<Entry, DataError> {
    ALL.iter().find(|entry| entry.name == name).copied().ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> DataError {
    DataError::Unknown { name: name.to_string(), known: NAMES.join(", ") }
}
