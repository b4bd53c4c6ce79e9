"""The time of a step in NumPyro, Pyro and PyTorch, on the workloads of `benches/src`.

    python steps.py                      every workload, in every system that has it
    python steps.py radon/S1             one workload, in every system that has it
    python steps.py radon/S1 numpyro     in one of them, in this process

Each line of the output is a JSON object: system, workload, microseconds a step (the best of three runs of many), seconds of the first step
(with all that is traced and compiled for it), and megabytes of memory at most. Every workload has a process of its own. `numpyro-loop` is one
compiled step that Python calls again and again; `numpyro-scan` is the whole loop compiled.

Single precision, on the CPU. What the data say does not change the time of a step: they are noise.
"""

import json
import resource
import subprocess
import sys
import time

try:
    import numpy as np
except ImportError as error:
    sys.exit(f"NumPyro, Pyro and PyTorch are SKIPPED: {error}; install benches/peers/requirements.txt")

NOISE = np.random.default_rng(0)
Y = np.array([28, 8, -3, 7, -1, 1, 18, 12], "f4")
SIGMA = np.array([15, 10, 16, 11, 9, 11, 10, 18], "f4")


def noise(*shape):
    return NOISE.standard_normal(shape).astype("f4")


def bits(share, *shape):
    return (NOISE.random(shape) < share).astype("f4")


def say(system, workload, first, runs, steps):
    """Prints what the first step took, and the best of `runs`, each so many seconds for `steps` steps."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = {"system": system, "workload": workload, "us_per_step": min(runs) / steps * 1e6}
    print(json.dumps({**row, "first_step_s": first, "peak_mb": peak}), flush=True)


def tell(system, workload, step, steps):
    """Times `step`, the first one and then runs of many."""
    first = run(step, 1)
    say(system, workload, first, [run(step, steps) for _ in range(3)], steps)


def run(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        last = step()
    getattr(last, "block_until_ready", lambda: None)()
    return time.perf_counter() - start


# NumPyro


def numpyro(workload):
    import jax
    import jax.numpy as jnp
    import numpyro.distributions as dist
    from jax import random
    from numpyro import factor, param, plate, sample
    from numpyro.infer import SVI, Trace_ELBO
    from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal
    from numpyro.optim import Adam

    family, size, *_ = workload.split("/") + [""]
    particles = int(workload.rsplit("S", 1)[1]) if "/S" in workload else 1
    rate, scale, guide, steps = 1e-2, 0.1, None, 2000

    if family == "eight_schools":

        def model():
            mu, tau = sample("mu", dist.Normal(0, 5)), sample("tau", dist.HalfCauchy(5))
            z = sample("z", dist.Normal(0, 1).expand([8]).to_event(1))
            sample("y", dist.Normal(mu + tau * z, SIGMA).to_event(1), obs=Y)

    elif family == "logistic":
        n, p = map(int, size.split("x"))
        x, y = noise(n, p), bits(0.5, n)
        steps = 400 if n > 5000 else 2000

        def model():
            b = sample("b", dist.Normal(0, 1).expand([p]).to_event(1))
            sample("y", dist.Bernoulli(logits=x @ b).to_event(1), obs=y)

    elif family == "radon":
        county, floor, radon = NOISE.integers(0, 85, 919), bits(0.3, 919), noise(919)

        def model():
            mu_a, mu_b = (sample(name, dist.Normal(0, 1)) for name in ("mu_a", "mu_b"))
            sd_a, sd_b, sd_y = (sample(name, dist.HalfNormal(1)) for name in ("sd_a", "sd_b", "sd_y"))
            with plate("county", 85):
                a, b = (sample(name, dist.Normal(0, 1)) for name in ("a", "b"))
            line = (mu_a + sd_a * a)[county] + (mu_b + sd_b * b)[county] * floor
            sample("y", dist.Normal(line, sd_y).to_event(1), obs=radon)

    elif family == "gmm":
        points = (noise(5, 1, 2) * 4 + noise(5, 200, 2)).reshape(1000, 2)

        def model():
            w = sample("w", dist.Dirichlet(jnp.ones(5)))
            with plate("components", 5):
                loc = sample("loc", dist.Normal(0, 10).expand([2]).to_event(1))
                width = sample("scale", dist.LogNormal(0, 1))
            parts = dist.Normal(loc, width[:, None]).to_event(1)
            sample("x", dist.MixtureSameFamily(dist.Categorical(probs=w), parts), obs=points)

    elif family == "vae":
        rate, steps, pixels = 1e-3, 100, bits(0.2, 128, 784)

        def layer(i, o, key):
            return random.normal(random.PRNGKey(key), (i, o)) / np.sqrt(i), jnp.zeros(o)

        def apply(layer, x):
            return x @ layer[0] + layer[1]

        def model():
            hidden, logits = param("decoder", (layer(20, 400, 0), layer(400, 784, 1)))
            with plate("images", 128):
                z = sample("z", dist.Normal(0, 1).expand([20]).to_event(1))
                shown = apply(logits, jax.nn.softplus(apply(hidden, z)))
                sample("x", dist.Bernoulli(logits=shown).to_event(1), obs=pixels)

        def guide():
            hidden, loc, log_scale = param(
                "encoder", (layer(784, 400, 2), layer(400, 20, 3), layer(400, 20, 4))
            )
            h = jax.nn.softplus(apply(hidden, pixels))
            with plate("images", 128):
                sample("z", dist.Normal(apply(loc, h), jnp.exp(apply(log_scale, h))).to_event(1))

    elif family == "bnn":
        rate, scale, steps = 1e-3, 0.01, 40
        pixels, labels = bits(0.2, 128, 784), NOISE.integers(0, 10, 128)

        def model():
            h = pixels
            for k, (i, o) in enumerate([(784, 400), (400, 400), (400, 10)]):
                w = sample(f"w{k}", dist.Normal(0, 0.1).expand([i, o]).to_event(2))
                h = h @ w + sample(f"b{k}", dist.Normal(0, 0.1).expand([o]).to_event(1))
                h = jax.nn.relu(h) if k < 2 else h
            with plate("rows", 60000, subsample_size=128):
                sample("y", dist.Categorical(logits=h), obs=labels)

    elif family == "full_rank":
        a = noise(100, 100) / 10
        precision = a @ a.T + np.eye(100, dtype="f4")

        def model():
            z = sample("z", dist.ImproperUniform(dist.constraints.real_vector, (), (100,)))
            factor("density", -0.5 * z @ precision @ z)

        guide = AutoMultivariateNormal(model)

    guide = guide or AutoNormal(model, init_scale=scale)
    svi = SVI(model, guide, Adam(rate), Trace_ELBO(num_particles=particles))
    state = svi.init(random.PRNGKey(0))
    update = jax.jit(svi.update)
    held = {"state": state}

    def step():
        held["state"], loss = update(held["state"])
        return loss

    tell("numpyro-loop", workload, step, max(20, steps // 10))
    many = jax.jit(lambda s: jax.lax.scan(lambda s, _: svi.update(s), s, None, length=steps))
    first, *runs = [run(lambda: many(state)[1], 1) for _ in range(4)]
    say("numpyro-scan", workload, first, runs, steps)


# Pyro


def pyro(workload):
    import pyro.distributions as dist
    import torch
    from pyro import plate, sample
    from pyro.infer import SVI, Trace_ELBO
    from pyro.infer.autoguide import AutoNormal
    from pyro.optim import Adam

    if workload.startswith("eight_schools"):
        y, sigma = torch.tensor(Y), torch.tensor(SIGMA)

        def model():
            mu, tau = sample("mu", dist.Normal(0.0, 5.0)), sample("tau", dist.HalfCauchy(5.0))
            with plate("schools", 8):
                z = sample("z", dist.Normal(0.0, 1.0))
                sample("y", dist.Normal(mu + tau * z, sigma), obs=y)

    else:
        x, y = torch.tensor(noise(1000, 25)), torch.tensor(bits(0.5, 1000))

        def model():
            b = sample("b", dist.Normal(0.0, 1.0).expand([25]).to_event(1))
            with plate("rows", 1000):
                sample("y", dist.Bernoulli(logits=x @ b), obs=y)

    svi = SVI(model, AutoNormal(model), Adam({"lr": 1e-2}), Trace_ELBO())
    tell("pyro", workload, svi.step, 100)


# PyTorch


def torch(workload):
    import torch
    from torch.nn import Linear
    from torch.nn import functional as F

    def cross_entropy(logits, x):
        return F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)

    if workload.startswith("vae"):
        hidden, loc, log_scale, code, logits = layers = [
            Linear(*size) for size in ((784, 400), (400, 20), (400, 20), (20, 400), (400, 784))
        ]
        x, parameters = torch.tensor(bits(0.2, 128, 784)), [p for layer in layers for p in layer.parameters()]

        def loss():
            h = F.softplus(hidden(x))
            mu, omega = loc(h), log_scale(h)
            z = mu + omega.exp() * torch.randn_like(mu)
            kl = -0.5 * (1 + 2 * omega - mu**2 - (2 * omega).exp()).sum()
            return cross_entropy(logits(F.softplus(code(z))), x).sum() + kl

    elif workload.startswith("bnn"):
        sizes = ((784, 400), (400, 400), (400, 10))
        locs = [(torch.randn(i + 1, o) * 0.05).requires_grad_() for i, o in sizes]
        log_scales = [torch.full((i + 1, o), -4.6, requires_grad=True) for i, o in sizes]
        x, y = torch.tensor(bits(0.2, 128, 784)), torch.tensor(NOISE.integers(0, 10, 128))
        parameters = locs + log_scales

        def loss():
            h, kl = x, 0.0
            for k, (mu, omega) in enumerate(zip(locs, log_scales)):
                sd = omega.exp()
                w = mu + sd * torch.randn_like(mu)
                kl = kl + ((sd**2 + mu**2) / 0.02 - 0.5 - omega + np.log(0.1)).sum()
                h = h @ w[:-1] + w[-1]
                h = F.relu(h) if k < 2 else h
            return F.cross_entropy(h, y, reduction="sum") * (60000 / 128) + kl

    else:  # score
        bits_of, pixels_of, prior = Linear(784, 200), Linear(200, 784), torch.zeros(200, requires_grad=True)
        x = torch.tensor(bits(0.2, 100, 784))
        parameters = [*bits_of.parameters(), *pixels_of.parameters(), prior]

        def loss():
            logits = bits_of(x).expand(5, -1, -1)
            z = torch.bernoulli(torch.sigmoid(logits))
            log_q = -cross_entropy(logits, z)
            log_p = -cross_entropy(prior.expand_as(z), z) - cross_entropy(pixels_of(z), x)
            cost = (log_p - log_q).detach()
            score = (cost - cost.mean(0)) * (5 / 4)
            return -(score * log_q + log_p).sum(-1).mean()

    adam = torch.optim.Adam(parameters, 1e-3)

    def step():
        adam.zero_grad()
        value = loss()
        value.backward()
        adam.step()
        return float(value.detach())

    tell("torch", workload, step, 30)


LOGISTIC = ["logistic/100x8/S1", "logistic/1000x25/S1", "logistic/1000x25/S10", "logistic/10000x50/S10"]
NETWORKS = ["vae/784-400-20/B128", "bnn/784-400-400-10/B128"]
SYSTEMS = {
    "numpyro": (
        numpyro,
        ["eight_schools/S1", "eight_schools/S10", *LOGISTIC, "radon/S1", "gmm/K5xN1000/S1", *NETWORKS, "full_rank/d100/S8"],
    ),
    "pyro": (pyro, ["eight_schools/S1", "logistic/1000x25/S1"]),
    "torch": (torch, [*NETWORKS, "score/sbn200/B100/S5"]),
}

if __name__ == "__main__":
    wanted, *system = sys.argv[1:] or [None]
    if system:
        try:
            SYSTEMS[system[0]][0](wanted)
        except ImportError as error:
            print(f"{wanted} in {system[0]} is SKIPPED: {error}", file=sys.stderr)
    else:
        for name, (_, workloads) in SYSTEMS.items():
            for workload in workloads:
                if wanted in (None, workload):
                    subprocess.run([sys.executable, __file__, workload, name], check=False)
