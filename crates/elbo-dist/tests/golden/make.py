"""Writes the golden files beside it: `python3 make.py`, with SciPy 1.14 and mpmath 1.3.

Every number is computed by mpmath with 60 digits, from the double nearest to each decimal, and
checked against SciPy. Each case has

    log_prob or value   at the inputs as doubles
    .._f32              at the inputs rounded to single precision, or null if one of them or the
                        result is no normal single-precision number
    size                how far rounding is amplified: the result's error is about size * epsilon
"""

import itertools
import json
import pathlib

import mpmath as mp
import numpy as np
from scipy import special, stats

mp.mp.dps = 60
HERE = pathlib.Path(__file__).parent
TINY, HUGE = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


def normal_f32(x):
    return x == 0 or TINY <= abs(x) <= HUGE


def evaluate(function, case):
    return function(**{k: [mp.mpf(x) for x in v] if isinstance(v, list) else mp.mpf(v) for k, v in case.items()})


def rounded(case):
    """The inputs in single precision, or None."""
    with np.errstate(over="ignore", under="ignore"):
        single = {k: np.float32(v).tolist() for k, v in case.items()}
    flat = np.concatenate([np.atleast_1d(v) for v in single.values()])
    flat_double = np.concatenate([np.atleast_1d(v) for v in case.values()])
    kept = all(normal_f32(x) and (x != 0 or y == 0) for x, y in zip(flat, flat_double))
    return single if kept else None


def exact(x):
    """Numbers of more than 15 digits as strings: serde_json may miss their last bit."""
    if isinstance(x, list):
        return [exact(y) for y in x]
    return x if x is None or float(f"{x:.15g}") == x else repr(x)


def write(name, cases, function, reference, out="log_prob", limit=None):
    """`function` gives the exact (result, size); `reference` is SciPy's, `limit` says what f32 can do."""
    rows = []
    for case in cases:
        value, size = evaluate(function, case)
        theirs = float(reference(*case.values()))
        assert abs(theirs - value) <= 1e-9 * (1 + abs(value) + size), (name, case, float(value), theirs)
        row = dict(case) | {out: float(value), f"{out}_f32": None, "size": float(f"{float(size):.3g}")}
        if (single := rounded(case)) and (limit is None or limit(**single)):
            value, _ = evaluate(function, single)
            if normal_f32(float(value)):
                row[f"{out}_f32"] = float(value)
        rows.append(row)
    body = ",\n".join(json.dumps({k: exact(v) for k, v in row.items()}) for row in rows)
    text = f'{{"made_by": "make.py, mpmath {mp.__version__}", "cases": [\n{body}\n]}}\n'
    (HERE / f"{name}.json").write_text(text)
    print(f"{name}: {len(rows)} cases, {sum(row[f'{out}_f32'] is not None for row in rows)} in f32")


def grid(**axes):
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


LOG_2PI = mp.log(2 * mp.pi)


def normal(loc, scale, x):
    z = (x - loc) / scale
    return -z * z / 2 - mp.log(scale) - LOG_2PI / 2, z * z / 2 + abs(mp.log(scale)) + 1


def half_normal(scale, x):
    value, size = normal(mp.mpf(0), scale, x)
    return value + mp.log(2), size


def half_cauchy(scale, x):
    z = x / scale
    return mp.log(2 / mp.pi) - mp.log(scale) - mp.log1p(z * z), abs(mp.log(scale)) + mp.log1p(z * z) + 1


def log_normal(loc, scale, x):
    log = mp.log(x)
    value, size = normal(loc, scale, log)
    # The rounding of log x reaches the result through z = (log x - loc) / scale.
    return value - log, size + abs(log) + abs(log - loc) / scale**2 * (abs(log) + abs(loc))


def gamma(concentration, rate, x):
    terms = [concentration * mp.log(rate), (concentration - 1) * mp.log(x), -rate * x, -mp.loggamma(concentration)]
    return sum(terms), sum(abs(t) for t in terms)


def exponential(rate, x):
    return mp.log(rate) - rate * x, abs(mp.log(rate)) + rate * x


def uniform(low, high, x):
    return -mp.log(high - low), abs(mp.log(high - low))


def bernoulli(logits, x):
    value = -x * mp.log1p(mp.exp(-logits)) - (1 - x) * mp.log1p(mp.exp(logits))
    return value, abs(value)


def categorical(logits, x):
    top = max(logits)
    value = logits[int(x)] - top - mp.log(sum(mp.exp(l - top) for l in logits))
    return value, abs(value)


def gamma_cases():
    cases = grid(concentration=[1e-3, 0.1, 0.5, 1.0, 2.0, 3.5, 20.0], rate=[1e-3, 1.0, 7.5], x=[1e-30, 0.02, 1.0, 9.0])
    near_mode = [dict(concentration=a, rate=b, x=a / b * f) for a in [100.0, 1e4, 1e6] for b in [0.5, 40.0] for f in [0.5, 1.0, 1.25]]
    far = [dict(concentration=3.0, rate=2.0, x=x) for x in [1e-300, 1e-37, 200.0, 1e5]]
    return cases + near_mode + far


def categorical_cases():
    logits = [[0.0, 0.0], [0.5, -1.25, 3.0], [1000.0, 1000.5, 999.0], [-1000.0, -1003.0, -1000.25], [0.0, -80.0, -300.0],
              [5.0], [1e-8, 2e-8, 3e-8], [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0], [30.0, -30.0, 0.0], [1e6, 1e6 - 2.0],
              [-0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8], [40.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]
    return [dict(logits=l, x=float(k)) for l in logits for k in range(len(l))]


def distributions():
    write("normal", grid(loc=[0.0, -3.5, 1e4], scale=[1e-3, 0.7, 1.0, 250.0], x=[0.0, 1.0, -4.2, 9.75, 1e4, -1e8, 1e-30])
          + [dict(loc=l, scale=s, x=x) for l, s, x in [(0.0, 1e-30, 0.0), (0.0, 1e30, 1e30), (0.0, 1e-200, 1e-199), (1e200, 1e199, -1e200)]],
          normal, lambda loc, scale, x: stats.norm.logpdf(x, loc, scale))
    write("half_normal", grid(scale=[1e-3, 0.7, 1.0, 5.0, 1e6], x=[0.0, 1e-30, 0.01, 0.5, 1.0, 3.0, 40.0, 1e5, 1e8, 1e-200]) + [dict(scale=1e-200, x=3e-200)],
          half_normal, lambda scale, x: stats.halfnorm.logpdf(x, 0, scale))
    write("half_cauchy", grid(scale=[1e-6, 0.3, 1.0, 5.0, 1e5], x=[0.0, 1e-30, 1e-9, 0.01, 1.0, 5.0, 80.0, 1e6, 1e12, 1e-200, 1e140]),
          half_cauchy, lambda scale, x: stats.halfcauchy.logpdf(x, 0, scale), limit=lambda scale, x: x / scale < 1e19)
    write("log_normal", grid(loc=[0.0, -2.0, 4.5], scale=[0.05, 1.0, 3.0], x=[1e-30, 1e-4, 0.5, 1.0, 90.0, 1e12])
          + grid(loc=[0.0], scale=[10.0, 50.0], x=[1e-300, 1e300, 2.0]),
          log_normal, lambda loc, scale, x: stats.norm.logpdf(np.log(x), loc, scale) - np.log(x))
    write("gamma", gamma_cases(), gamma, lambda concentration, rate, x: stats.gamma.logpdf(x, concentration, scale=1 / rate))
    write("uniform", [dict(low=l, high=h, x=l + f * (h - l)) for l, h in
          [(0.0, 1.0), (-1.0, 3.0), (0.0, 1e-20), (-1e8, 1e8), (2.0, 2.5), (-0.1, 0.2), (1e4, 1e4 + 0.25), (-1e-3, 0.0), (0.0, 1e30), (5.0, 7.0)]
          for f in [0.0, 0.125, 0.5, 0.75, 1.0]],
          uniform, lambda low, high, x: -np.log(high - low))
    write("exponential", grid(rate=[1e-8, 0.01, 0.5, 1.0, 2.5, 100.0, 1e9], x=[0.0, 1e-30, 1e-6, 0.2, 1.0, 17.0, 1e4, 1e-200, 1e200]),
          exponential, lambda rate, x: stats.expon.logpdf(x, 0, 1 / rate))
    write("bernoulli", grid(logits=[0.0, 1e-30, 1e-8, 0.3, -1.0, 2.5, -9.0, 17.0, 30.0, -30.0, 40.0, 80.0, -80.0, 300.0, -700.0], x=[0.0, 1.0])
          + grid(logits=[0.0, 0.3, -4.0, 20.0, -50.0], x=[0.25, 0.5, 0.9, 0.996]),
          bernoulli, lambda logits, x: x * special.log_expit(logits) + (1 - x) * special.log_expit(-logits))
    write("categorical", categorical_cases(), categorical, lambda logits, x: special.log_softmax(logits)[int(x)])


SIGNED = sorted(s * x for s in [1.0, -1.0] for x in [0.0, 1e-30, 1e-16, 1e-8, 1e-4, 0.01, 0.1, 0.5, 0.9, 1.5, 3.0, 7.0, 15.0, 18.0, 37.0, 60.0, 86.0, 100.0, 700.0])
POSITIVE = sorted({1e-300, 1e-30, 1e-8, 1e-3, 0.03, 0.25, 0.5, 0.75, 0.999, 1.0, 1.001, 1.3, 1.461632144968, 1.8, 1.999, 2.0, 2.001, 2.5, 3.0, 4.4, 5.0,
                   6.5, 7.0, 7.999, 8.0, 8.001, 9.5, 12.0, 20.0, 33.3, 100.0, 171.5, 1e3, 1e4, 1e6, 1e10, 1e20, 1e30, 1e300})


def ndtri(p):
    x = mp.mpf(float(special.ndtri(float(p))))
    for _ in range(6):
        tail = mp.ncdf(-abs(x)) - min(p, 1 - p)
        x += mp.sign(x) * tail / mp.npdf(x)
    return x


def functions():
    plain = lambda f: lambda x: ((value := f(x)), abs(value))
    write("softplus", [dict(x=x) for x in SIGNED], plain(lambda x: mp.log1p(mp.exp(x))), lambda x: np.logaddexp(0, x), out="value")
    write("log_sigmoid", [dict(x=x) for x in SIGNED], plain(lambda x: -mp.log1p(mp.exp(-x))), special.log_expit, out="value")
    log1p_at = [s * x for s in [1.0, -1.0] for x in [0.0, 1e-300, 1e-30, 1e-20, 1e-10, 1e-7, 3e-7, 1e-4, 0.003, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.99, 0.999]]
    log1p_at += [-0.9999, -0.999999, -1 + 2.0**-20, -1 + 2.0**-24, -1 + 2.0**-50, 1.0, 1.5, 4.0, 100.0, 1e8, 1e16, 1e30, 1e300]
    write("log1p", [dict(x=x) for x in log1p_at], plain(mp.log1p), np.log1p, out="value")
    write("lgamma", [dict(x=x) for x in POSITIVE], plain(mp.loggamma), special.gammaln, out="value")
    write("digamma", [dict(x=x) for x in POSITIVE], plain(lambda x: mp.digamma(x)), special.digamma, out="value")
    rows = [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1000.0, 1000.0, 1000.5], [-1000.0, -1001.0, -999.0], [0.0, -40.0, -80.0], [88.0, 89.0, 90.0], [-1e30, 0.0, 1e30],
            [-110.0, -120.0, -130.0], [0.1, 0.2, 0.3], [-1.0986122886681098, -1.5, -2.0], [1e-9, -1e-9, 0.0], [700.0, 710.0, 705.0]]
    write("logsumexp", [dict(x=x) for x in rows], lambda x: ((v := max(x) + mp.log(sum(mp.exp(y - max(x)) for y in x))), abs(max(x)) + abs(v)), lambda x: special.logsumexp(x), out="value")
    low = [1e-300, 1e-200, 1e-100, 1e-50, 1e-30, 1.3887943864964021e-11, 1e-20, 1e-16, 1e-12, 1e-11, 1e-9, 1e-6, 1e-4, 0.001, 0.01, 0.02425, 0.0749, 0.075, 0.0751, 0.1, 0.2, 0.25, 0.3, 0.4, 0.45, 0.499, 0.4999999999, 0.5]
    high = [0.5000001, 0.55, 0.6, 0.75, 0.9, 0.924, 0.925, 0.926, 0.95, 0.975, 0.99, 0.999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1 - 1e-15, 1 - 1e-16]
    write("normal_quantile", [dict(p=p) for p in low + high], lambda p: ((mp.mpf(0), mp.mpf(0)) if p == 0.5 else ((v := ndtri(p)), abs(v))), special.ndtri, out="value", limit=lambda p: False)


if __name__ == "__main__":
    distributions()
    functions()
