"""Times log_prob with its gradient in torch.distributions: one JSON line a case.

`python log_prob.py`, with PyTorch; two threads, single precision, as the bench beside it.
"""

import json
import statistics
import time

import torch
from torch import distributions as D

torch.set_num_threads(2)
torch.manual_seed(0)


def cases(n):
    rows = max(n // 10, 1)
    uniform = torch.rand(n) + 0.5
    yield "Normal", (torch.randn(n), uniform), lambda p: D.Normal(*p, validate_args=False), torch.randn(n)
    yield "Bernoulli", (torch.randn(n),), lambda p: D.Bernoulli(logits=p[0], validate_args=False), (torch.rand(n) > 0.5).float()
    yield "Categorical", (torch.randn(rows, 10),), lambda p: D.Categorical(logits=p[0], validate_args=False), torch.randint(10, (rows,))
    yield "Gamma", (uniform, uniform.flip(0)), lambda p: D.Gamma(*p, validate_args=False), uniform
    yield "Dirichlet", (torch.rand(rows, 10) + 0.5,), lambda p: D.Dirichlet(p[0], validate_args=False), torch.full((rows, 10), 0.1)


def microseconds(parameters, make, value):
    leaves = [p.clone().requires_grad_() for p in parameters]

    def step():
        make(leaves).log_prob(value).sum().backward()
        for leaf in leaves:
            leaf.grad = None

    step()
    times = []
    end = time.perf_counter() + 0.7
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


for n in [100, 10_000, 1_000_000]:
    for name, parameters, make, value in cases(n):
        print(json.dumps({"name": name, "n": n, "us": microseconds(parameters, make, value)}), flush=True)
