"""The accuracy of NumPyro's AutoMultivariateNormal and AutoIAFNormal on ten posteriors, beside that of our full-rank normal and flow.

    python accuracy.py DATA --out rows.jsonl

DATA holds `posteriordb/<name>.json`. Every fit takes the same number of steps, learning rate at the start (with the same cosine after it),
and draws a step, and Adam with its other settings by default; it is judged by 10,000 draws. Ours are made in the same run by
`cargo run --release -p posteriors`. Both systems work in double precision. NumPyro's guides start as they do by default, within 2 of 0 on
the real line; ours start at the better of Pathfinder's and Laplace's normals (`Init::BestNormal`), as in the table of all posteriors, and find
the units of the posterior by that. The time of the start is in our seconds.

The error of a fit is the larger of the largest error of a mean, in published standard deviations, and the largest relative error of
a standard deviation.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import random
from numpyro.infer import SVI, Trace_ELBO, autoguide
from numpyro.infer.util import Predictive
from numpyro.optim import Adam

jax.config.update("jax_enable_x64", True)


def flat(name, shape=()):
    return numpyro.sample(name, dist.ImproperUniform(dist.constraints.real, (), shape))


def flat_positive(name):
    return numpyro.sample(name, dist.ImproperUniform(dist.constraints.positive, (), ()))


def linear(columns, y, half_cauchy=None):
    """y ~ Normal(X beta, sigma) with a flat beta and a flat or half-Cauchy sigma."""
    x = jnp.stack([jnp.asarray(column, float) for column in columns], 1)
    y = jnp.asarray(y, float)

    def model():
        beta = flat("beta", (x.shape[1],))
        if half_cauchy is None:
            sigma = flat_positive("sigma")
        else:
            sigma = numpyro.sample("sigma", dist.HalfCauchy(half_cauchy))
        numpyro.sample("y", dist.Normal(x @ beta, sigma), obs=y)

    return model


def eight_schools(d, centered):
    sigma, y = jnp.asarray(d["sigma"], float), jnp.asarray(d["y"], float)

    def model():
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        if centered:
            theta = numpyro.sample("theta", dist.Normal(mu, tau).expand([8]).to_event(1))
        else:
            z = numpyro.sample("theta_trans", dist.Normal(0, 1).expand([8]).to_event(1))
            theta = numpyro.deterministic("theta", mu + tau * z)
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    return model


def ark(d):
    k, y = d["K"], jnp.asarray(d["y"], float)
    lags = jnp.stack([y[k - i - 1 : len(y) - i - 1] for i in range(k)], 1)

    def model():
        alpha = numpyro.sample("alpha", dist.Normal(0, 10))
        beta = numpyro.sample("beta", dist.Normal(0, 10).expand([k]).to_event(1))
        sigma = numpyro.sample("sigma", dist.HalfCauchy(2.5))
        numpyro.sample("y", dist.Normal(alpha + lags @ beta, sigma), obs=y[k:])

    return model


def garch(d):
    y, first = jnp.asarray(d["y"], float), d["sigma1"]

    def model():
        mu = flat("mu")
        alpha0 = flat_positive("alpha0")
        alpha1 = numpyro.sample("alpha1", dist.Uniform(0, 1))
        share = numpyro.sample("share", dist.Uniform(0, 1))
        beta1 = numpyro.deterministic("beta1", share * (1 - alpha1))
        numpyro.factor("jacobian", jnp.log1p(-alpha1))

        def step(square, before):
            square = alpha0 + alpha1 * (before - mu) ** 2 + beta1 * square
            return square, square

        _, squares = jax.lax.scan(step, jnp.asarray(first**2), y[:-1])
        sigma = jnp.sqrt(jnp.concatenate([jnp.array([first**2]), squares]))
        numpyro.sample("y", dist.Normal(mu, sigma), obs=y)

    return model


def blr(d):
    x, y = jnp.asarray(d["X"], float), jnp.asarray(d["y"], float)

    def model():
        beta = numpyro.sample("beta", dist.Normal(0, 10).expand([d["D"]]).to_event(1))
        sigma = numpyro.sample("sigma", dist.HalfNormal(10))
        numpyro.sample("y", dist.Normal(x @ beta, sigma), obs=y)

    return model


def nes(d):
    age = np.asarray(d["age_discrete"])
    columns = [np.ones(d["N"]), d["real_ideo"], d["race_adj"]]
    columns += [age == 2, age == 3, age == 4, d["educ1"], d["gender"], d["income"]]
    return linear(columns, d["partyid7"])


def mesquite_logva(d):
    d1, d2 = np.asarray(d["diam1"]), np.asarray(d["diam2"])
    height = np.asarray(d["canopy_height"])
    columns = [np.ones(d["N"]), np.log(d1 * d2 * height), np.log(d1 * d2), d["group"]]
    return linear(columns, np.log(d["weight"]))


def logearn_interaction(d):
    height, male = np.asarray(d["height"], float), np.asarray(d["male"], float)
    columns = [np.ones(d["N"]), height, male, height * male]
    return linear(columns, np.log(d["earn"]))


MODELS = {
    "arK-arK": ark,
    "earnings-logearn_interaction": logearn_interaction,
    "eight_schools-eight_schools_centered": lambda d: eight_schools(d, True),
    "eight_schools-eight_schools_noncentered": lambda d: eight_schools(d, False),
    "garch-garch11": garch,
    "kidiq-kidscore_momhs": lambda d: linear([np.ones(d["N"]), d["mom_hs"]], d["kid_score"], 2.5),
    "kidiq-kidscore_momiq": lambda d: linear([np.ones(d["N"]), d["mom_iq"]], d["kid_score"], 2.5),
    "mesquite-logmesquite_logva": mesquite_logva,
    "nes1980-nes": nes,
    "sblri-blr": blr,
}

GUIDES = {
    "AutoMultivariateNormal": autoguide.AutoMultivariateNormal,
    "AutoIAFNormal": autoguide.AutoIAFNormal,
}


def element(draws, name):
    """The draws of `theta[3]` or `theta`."""
    site, _, index = name.rstrip("]").partition("[")
    values = draws[site]
    return values if not index else values[:, int(index) - 1]


def cosine(arguments):
    """From the learning rate down to a hundredth of it."""

    def rate(step):
        part = 0.5 * (1 + jnp.cos(jnp.pi * step / arguments.steps))
        return arguments.learning_rate * (0.01 + 0.99 * part)

    return rate


def judge(name, guide_name, data, reference, arguments):
    model = MODELS[name](data)
    guide = GUIDES[guide_name](model)
    svi = SVI(model, guide, Adam(cosine(arguments)), Trace_ELBO(num_particles=arguments.particles))
    start = time.time()
    row = {"posterior": name, "guide": guide_name, "steps": arguments.steps}
    try:
        result = svi.run(random.PRNGKey(arguments.seed), arguments.steps, progress_bar=False)
        row["seconds"] = time.time() - start
        key = random.PRNGKey(arguments.seed + 1)
        latents = guide.sample_posterior(key, result.params, sample_shape=(10_000,))
        derived = Predictive(model, latents, batch_ndims=1)(key)
        draws = {**derived, **latents}
        errors, ratios = [], []
        for parameter, published in reference.items():
            values = np.asarray(element(draws, parameter))
            errors.append(abs(values.mean() - published["mean"]) / published["sd"])
            ratios.append(values.std(ddof=1) / published["sd"])
        row |= {"mean_error": float(np.max(errors)), "sd_ratio": [float(np.min(ratios)), float(np.max(ratios))]}
    except Exception as error:  # the table says what failed
        row["error"] = repr(error)[:200]
    return row


def ours(arguments):
    """The rows of our full-rank normal and our flow."""
    with tempfile.NamedTemporaryFile() as out:
        command = ["cargo", "run", "--release", "-p", "posteriors", "--", "--data", arguments.data]
        command += ["--only", ",".join(MODELS), "--guides", "full-rank,flow", "--out", out.name]
        command += ["--steps", arguments.steps, "--flow-steps", arguments.steps]
        command += ["--particles", arguments.particles, "--seed", arguments.seed]
        command += ["--learning-rate", arguments.learning_rate]
        command += ["--flow-learning-rate", arguments.learning_rate]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
        rows = [json.loads(line) for line in open(out.name)]
    # A part of a name may be that of another posterior.
    return [row for row in rows if row["posterior"] in MODELS]


def error(row):
    """The error of a fit; infinite if it failed."""
    if row.get("error") or None in [row["mean_error"], *row["sd_ratio"]]:
        return float("inf")
    worst = np.max([row["mean_error"]] + [abs(ratio - 1) for ratio in row["sd_ratio"]])
    return float(worst) if np.isfinite(worst) else float("inf")


def table(rows):
    """The errors of all fits, with the number of posteriors on which ours are at least as accurate."""
    columns = ["full-rank", "AutoMultivariateNormal", "flow", "AutoIAFNormal"]
    errors = {(row["posterior"], row["guide"]): error(row) for row in rows}
    lines = ["| posterior | " + " | ".join(columns) + " |", "|---" * 5 + "|"]
    for name in MODELS:
        lines.append(f"| {name} | " + " | ".join(f"{errors[name, guide]:.3f}" for guide in columns) + " |")
    best = lambda name, pair: min(errors[name, guide] for guide in pair)
    for ours_, theirs in [(columns[:1], columns[1:2]), (columns[2:3], columns[3:]), (columns[::2], columns[1::2])]:
        is_hit = lambda name: np.isfinite(best(name, ours_)) and best(name, ours_) <= best(name, theirs)
        count = sum(is_hit(name) for name in MODELS)
        lines.append(f"\n{' or '.join(ours_)} at least as accurate as {' or '.join(theirs)}: {count} of {len(MODELS)}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--learning-rate", type=float, default=0.005)
    parser.add_argument("--particles", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    rows = ours(arguments)
    for name in MODELS:
        file = json.loads((arguments.data / "posteriordb" / f"{name}.json").read_text())
        for guide in GUIDES:
            rows.append(judge(name, guide, file["data"], file["reference"], arguments))
    arguments.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(table(rows))


if __name__ == "__main__":
    main()
