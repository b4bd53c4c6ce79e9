//! Training by stochastic steps.

use rand::seq::SliceRandom;

use crate::normal::Normals;
use crate::predict::widened;
use crate::{Chain, Features, Model, Posterior, Row, Sentence, TAGS, Weights};

/// What is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimate {
    /// Weights: the most probable ones.
    Point,
    /// Independent normal distributions of weights: those of the largest bound.
    Posterior,
}

/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is normalized.
    pub model: Model,
    /// What is sought.
    pub estimate: Estimate,
    /// The standard deviation of the prior, `w ~ N(0, prior²)`.
    pub prior: f32,
    /// Passes over the sentences.
    pub passes: usize,
    /// Sentences a step.
    pub batch: usize,
    /// The step size of Adagrad.
    pub rate: f32,
    /// Of order and noise.
    pub seed: u64,
    /// init
    pub init: f32,
    /// decay of rate over passes
    pub decay: bool,
    /// kind of each feature, groups whose prior scale is learned, per tag too
    pub groups: Vec<usize>,
    /// eb: 0 none 1 group 2 group and tag
    pub eb: usize,
    /// adam in place of adagrad
    pub adam: bool,
}

struct Slot { feature: u32, count: u32, loc: Row<f32>, var: Row<f32> }

/// Trains.
pub fn fit(
    sentences: &[Sentence],
    features: &Features,
    counts: &[u32],
    options: &Options,
    mut observer: impl FnMut(usize, f64, &Posterior),
) -> Posterior {
    let n = counts.len();
    let is_posterior = options.estimate == Estimate::Posterior;
    let mut posterior = Posterior { loc: Weights::all(0.0, n), scale: Weights::all(0.0, n) };
    let inv_s2 = options.prior.powi(-2);
    if is_posterior {
        for (row, c) in posterior.scale.features.iter_mut().zip(counts) {
            *row = [(inv_s2 + options.init * *c as f32).powf(-0.5); TAGS];
        }
        let c = features.words() as f32 / 17.0;
        posterior.scale.transitions = [[(inv_s2 + options.init * c).powf(-0.5); TAGS]; TAGS + 1];
    }
    let ng = options.groups.iter().max().map_or(0, |g| g + 1) + 1;
    let mut prior = vec![[options.prior; TAGS]; ng]; // last: transitions
    let mut sq_loc = Weights::all(0.0, n);
    let mut sq_scale = Weights::all(0.0, n);
    let (mut m_loc, mut m_scale) = if options.adam { (Weights::all(0.0, n), Weights::all(0.0, n)) } else { (Weights::all(0.0, 0), Weights::all(0.0, 0)) };
    let mut slot_of = vec![u32::MAX; n];
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let mut noise = Normals::new(options.seed);
    let total_words = features.words() as f32;
    let steps = options.passes * sentences.len().div_ceil(options.batch);
    let mut step = 0;
    for pass in 0..options.passes {
        order.shuffle(noise.generator());
        let mut sum = 0.0;
        for batch in order.chunks(options.batch) {
            step += 1;
            let rate = if options.decay { options.rate * (1.0 - (step as f32 - 1.0) / steps as f32) } else { options.rate };
            let mut slots: Vec<Slot> = Vec::new();
            let mut words_in_batch = 0;
            let mut transitions = widened(&posterior.loc.transitions);
            let mut eps_t = [[0.0_f32; TAGS]; TAGS + 1];
            if is_posterior && options.model != Model::Independent {
                for (k, (w, s)) in transitions.iter_mut().flatten().zip(posterior.scale.transitions.iter().flatten()).enumerate() {
                    let e = noise.draw();
                    eps_t[k / TAGS][k % TAGS] = e;
                    *w += f64::from(e * s);
                }
            }
            let mut g_t = [[0.0_f32; TAGS]; TAGS + 1];
            for &s in batch {
                let words: Vec<&[u32]> = features.of(s).collect();
                words_in_batch += words.len();
                let mut over: Vec<Row<f32>> = Vec::with_capacity(words.len()); // eps / sd
                let scores: Vec<Row<f64>> = words.iter().map(|w| {
                    let mut m = posterior.loc.score(w);
                    if is_posterior {
                        let v = posterior.scale.sum_of_squares(w);
                        let mut r = [0.0; TAGS];
                        for k in 0..TAGS {
                            let e = noise.draw();
                            let sd = v[k].sqrt();
                            m[k] += sd * e;
                            r[k] = e / sd;
                        }
                        over.push(r);
                    }
                    m.map(f64::from)
                }).collect();
                let l = options.model.likelihood(Chain { scores: &scores, transitions: &transitions }, &sentences[s].tags);
                sum += l.log_prob;
                for (g, d) in g_t.iter_mut().flatten().zip(l.transitions.iter().flatten()) { *g -= *d as f32; }
                for (t, w) in words.iter().enumerate() {
                    let d = l.scores[t].map(|d| -d as f32);
                    let dv: Row<f32> = if is_posterior { std::array::from_fn(|k| d[k] * over[t][k]) } else { [0.0; TAGS] };
                    for &f in *w {
                        let slot = &mut slot_of[f as usize];
                        if *slot == u32::MAX {
                            *slot = slots.len() as u32;
                            slots.push(Slot { feature: f, count: 0, loc: [0.0; TAGS], var: [0.0; TAGS] });
                        }
                        let slot = &mut slots[*slot as usize];
                        slot.count += 1;
                        for k in 0..TAGS { slot.loc[k] += d[k]; }
                        if is_posterior { for k in 0..TAGS { slot.var[k] += dv[k]; } }
                    }
                }
            }
            for slot in &slots {
                let f = slot.feature as usize;
                slot_of[f] = u32::MAX;
                let share = slot.count as f32 / counts[f] as f32;
                let pr = &prior[options.groups[f]];
                let loc = &mut posterior.loc.features[f];
                let g: Row<f32> = std::array::from_fn(|k| slot.loc[k] + share * pr[k].powi(-2) * loc[k]);
                if options.adam { adam(loc, &g, &mut sq_loc.features[f], &mut m_loc.features[f], rate, step); } else { adagrad(loc, &g, &mut sq_loc.features[f], rate); }
                if is_posterior {
                    let scale = &mut posterior.scale.features[f];
                    let g: Row<f32> = std::array::from_fn(|k| {
                        let v = scale[k] * scale[k];
                        v * slot.var[k] + share * (v * pr[k].powi(-2) - 1.0)
                    });
                    let mut log = [0.0; TAGS];
                    if options.adam { adam(&mut log, &g, &mut sq_scale.features[f], &mut m_scale.features[f], rate, step); } else { adagrad(&mut log, &g, &mut sq_scale.features[f], rate); }
                    for k in 0..TAGS { scale[k] *= log[k].exp(); }
                }
            }
            if options.model != Model::Independent {
                let share = words_in_batch as f32 / total_words;
                let pr = prior[ng - 1];
                for i in 0..=TAGS {
                    let loc = &mut posterior.loc.transitions[i];
                    let g: Row<f32> = std::array::from_fn(|k| g_t[i][k] + share * pr[k].powi(-2) * loc[k]);
                    if options.adam { adam(loc, &g, &mut sq_loc.transitions[i], &mut m_loc.transitions[i], rate, step); } else { adagrad(loc, &g, &mut sq_loc.transitions[i], rate); }
                    if is_posterior {
                        let scale = &mut posterior.scale.transitions[i];
                        let g: Row<f32> = std::array::from_fn(|k| g_t[i][k] * eps_t[i][k] * scale[k] + share * (scale[k] * scale[k] * pr[k].powi(-2) - 1.0));
                        let mut log = [0.0; TAGS];
                        if options.adam { adam(&mut log, &g, &mut sq_scale.transitions[i], &mut m_scale.transitions[i], rate, step); } else { adagrad(&mut log, &g, &mut sq_scale.transitions[i], rate); }
                        for k in 0..TAGS { scale[k] *= log[k].exp(); }
                    }
                }
            }
        }
        if options.eb > 0 && pass + 1 >= 2 {
            let mut sums = vec![[0.0_f64; TAGS]; ng]; let mut ns = vec![[0.0_f64; TAGS]; ng];
            let mut add = |g: usize, l: &Row<f32>, c: &Row<f32>| for k in 0..TAGS { sums[g][k] += (l[k] * l[k]) as f64; ns[g][k] += 1.0 - (c[k] / prior[g][k]).powi(2).min(1.0) as f64; };
            for ((l, c), g) in posterior.loc.features.iter().zip(&posterior.scale.features).zip(&options.groups) { add(*g, l, c); }
            for (l, c) in posterior.loc.transitions.iter().zip(&posterior.scale.transitions) { add(ng - 1, l, c); }
            let old = prior.clone();
            for g in 0..ng {
                let (a, b) = (sums[g].iter().sum::<f64>(), ns[g].iter().sum::<f64>());
                for k in 0..TAGS { let (a, b) = if options.eb == 2 { (sums[g][k], ns[g][k]) } else { (a, b) }; prior[g][k] = (((a + 0.01) / (b + 0.01)).sqrt() as f32).clamp(0.02, 10.0); }
            }
            let fix = |g: usize, c: &mut Row<f32>| for k in 0..TAGS { let data = (c[k].powi(-2) - old[g][k].powi(-2)).max(1e-4); c[k] = (data + prior[g][k].powi(-2)).powf(-0.5); };
            for (c, g) in posterior.scale.features.iter_mut().zip(&options.groups) { fix(*g, c); }
            for c in posterior.scale.transitions.iter_mut() { fix(ng - 1, c); }
        }
        if std::env::var("SHOW").is_ok() && pass + 1 == options.passes { eprintln!("{:?}", prior.iter().map(|r| r[7]).collect::<Vec<_>>()); }
        let mut kl = 0.0;
        { let mut add = |l: &Row<f32>, c: &Row<f32>, s: &Row<f32>| for k in 0..TAGS { let (l, c, s) = (l[k] as f64, c[k] as f64, s[k] as f64); kl += (s / c).ln() + (c * c + l * l) / (2.0 * s * s) - 0.5; };
        for ((l, c), g) in posterior.loc.features.iter().zip(&posterior.scale.features).zip(&options.groups) { add(l, c, &prior[*g]); }
        for (l, c) in posterior.loc.transitions.iter().zip(&posterior.scale.transitions) { add(l, c, &prior[ng - 1]); } }
        print!("kl {:.4} elbo {:.4} ", kl / f64::from(total_words), (sum - kl) / f64::from(total_words));
        observer(pass, sum / f64::from(total_words), &posterior);
    }
    posterior
}

fn adagrad(x: &mut Row<f32>, g: &Row<f32>, sq: &mut Row<f32>, rate: f32) {
    for k in 0..TAGS {
        sq[k] += g[k] * g[k];
        x[k] -= rate * g[k] / (sq[k].sqrt() + 1e-3);
    }
}

fn adam(x: &mut Row<f32>, g: &Row<f32>, sq: &mut Row<f32>, m: &mut Row<f32>, rate: f32, step: usize) {
    let (b1, b2) = (0.9_f32, 0.999_f32);
    let (c1, c2) = (1.0 - b1.powi(step as i32), 1.0 - b2.powi(step as i32));
    for k in 0..TAGS {
        m[k] = b1 * m[k] + (1.0 - b1) * g[k];
        sq[k] = b2 * sq[k] + (1.0 - b2) * g[k] * g[k];
        x[k] -= rate * (m[k] / c1) / ((sq[k] / c2).sqrt() + 1e-8);
    }
}
