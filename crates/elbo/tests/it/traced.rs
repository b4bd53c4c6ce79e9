//! What is sent as events.

use std::fmt;
use std::sync::{Arc, Mutex};

use elbo::prelude::*;
use elbo::{FitConfig, Tracing};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The texts of all events, with their fields.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "elbo"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn mean(t: &mut Trace, x: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0));
    t.observe("x", Normal::new(mu, 1.0), x.clone());
}

#[test]
fn every_step_trial_and_level_and_the_end_is_an_event() {
    let place = Place::f64(&elbo::device("flex").unwrap()).unwrap();
    let (x, mut noise) = (place.tensor(vec![1.0, 2.0], [1, 2]), Noise::new(0, &place));
    let layout = Layout::discover(&mean, &x, &noise).unwrap();
    let guide = MeanField::new(&layout, &mean, &x, &mut noise).unwrap();
    let mut svi = Svi::new(Model::new(mean), guide, StickingTheLanding, noise).with_particles(16);
    let kept = Kept::default();
    let fit = || svi.fit(&x, &FitConfig::new(), &mut Tracing).unwrap();
    let info = tracing::subscriber::with_default(kept.clone(), fit);
    let events = kept.0.lock().unwrap();
    let of = |start: &str| events.iter().filter(|event| event.starts_with(start)).count() as u64;
    assert_eq!(of("DEBUG message=step step="), info.steps);
    assert_eq!(of("INFO message=trial rate="), info.trials.len() as u64);
    assert_eq!(of("INFO message=level rate="), info.levels.len() as u64);
    let end = format!("INFO message=end steps={} end=settled", info.steps);
    assert_eq!(events.last(), Some(&end));
}
