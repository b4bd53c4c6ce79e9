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
import math
import pathlib

import mpmath as mp
import numpy as np
from scipy import signal, special, stats

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
    return x if x is None or isinstance(x, str) or float(f"{x:.15g}") == x else repr(x)


def write(name, cases, function, reference, out="log_prob", limit=None):
    """`function` gives the exact (result, size); `reference` is SciPy's, `limit` says what f32 can do."""
    rows = []
    for case in cases:
        value, size = evaluate(function, case)
        theirs = float(reference(*case.values()))
        # Where SciPy over- or underflows there is nothing to compare with.
        assert not np.isfinite(theirs) or abs(theirs - value) <= 1e-9 * (1 + abs(value) + size), (name, case, float(value), theirs)
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
              [-0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8], [12.0, 3.5, -200.0], [40.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]
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
    write("sigmoid", [dict(x=x) for x in SIGNED], plain(lambda x: 1 / (1 + mp.exp(-x))), special.expit, out="value")
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


def special_functions():
    plain = lambda f: lambda **at: ((value := f(*at.values())), abs(value))
    one = lambda name, at, f, reference, **options: write(name, [dict(x=x) for x in at], plain(f), reference, out="value", **options)
    mirrored = lambda at: sorted({s * x for s in [1.0, -1.0] for x in at})
    near = [0.0, 1e-30, 1e-10, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.75, 0.9, 0.999, 1.0, 1.001, 1.25, 1.5, 2.0, 2.7, 3.5, 4.0, 5.0, 5.5, 6.0, 7.0, 9.0, 12.0, 20.0, 26.0]
    one("erf", mirrored(near), mp.erf, special.erf)
    one("erfc", mirrored(near), mp.erfc, special.erfc)
    inner = [0.0, 1e-30, 1e-10, 1e-5, 0.001, 0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.849, 0.85, 0.851, 0.9, 0.95, 0.99, 0.995, 0.999, 1 - 1e-4, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1 - 1e-15]
    one("erfinv", mirrored(inner), lambda x: mp.erfinv(x), special.erfinv)
    one("ndtr", mirrored(near) + [-30.0, -37.0, -13.0, -14.5], mp.ncdf, special.ndtr)
    one("log_ndtr", mirrored(near) + [-1e3, -1e4, -1e8, 30.0, 37.0, -37.0, -100.0], lambda x: mp.log(mp.ncdf(x)) if x < 5 else mp.log1p(-mp.ncdf(-x)), special.log_ndtr)
    tails = [1e-300, 1e-100, 1e-30, 1e-20, 1.3887943864964021e-11, 1e-9, 1e-6, 1e-4, 0.001, 0.01, 0.07, 0.0749, 0.075, 0.0751, 0.1, 0.2, 0.3, 0.4, 0.49, 0.4999, 0.5]
    one("ndtri", sorted(tails + [0.50001, 0.55, 0.6, 0.75, 0.9, 0.924, 0.925, 0.926, 0.95, 0.975, 0.99, 0.999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1 - 1e-15]), lambda x: mp.mpf(0) if x == 0.5 else ndtri(x), special.ndtri, limit=lambda x: 0 < x < 1)
    small = [0.0, 1e-300, 1e-30, 1e-16, 1e-10, 1e-7, 1e-5, 0.001, 0.03, 0.2, 0.4, 0.6931, 0.7, 0.99, 1.0, 1.01, 2.0, 5.0, 15.0, 37.0, 60.0, 86.0]
    one("expm1", mirrored(small) + [-700.0, 700.0], mp.expm1, np.expm1)
    one("log1mexp", [-x for x in small if x > 0] + [-700.0, -103.0], lambda x: mp.log1p(-mp.exp(x)) if x < -1 else mp.log(-mp.expm1(x)), lambda x: np.log(-np.expm1(x)) if x > -0.6 else np.log1p(-np.exp(x)))
    pairs = [(0.0, 0.0), (1.0, -2.0), (-3.0, 7.5), (1000.0, 999.0), (-1000.0, -1001.5), (88.0, 88.5), (0.0, -40.0), (-50.0, 0.3), (1e30, 0.0), (-0.7, -0.68)]
    write("logaddexp", [dict(x=x, y=y) for x, y in pairs], lambda x, y: ((v := max(x, y) + mp.log1p(mp.exp(-abs(x - y)))), abs(max(x, y)) + abs(v)), np.logaddexp, out="value")
    products = [(x, y) for x in [0.0, 1e-30, 0.3, 1.0, 7.0, 1e8, -2.0] for y in [0.0, 1e-30, 1e-8, 0.5, 0.999, 3.0, 1e10] if x == 0 or y > 0]
    write("xlogy", [dict(x=x, y=y) for x, y in products], plain(lambda x, y: x * mp.log(y) if x != 0 else mp.mpf(0)), special.xlogy, out="value")
    products = [(x, y) for x in [0.0, 1e-30, 0.3, 1.0, 7.0, 1e8, -2.0] for y in [-1.0, -0.999, -1e-8, 1e-30, 0.5, 3.0, 1e10] if x == 0 or y > -1]
    write("xlog1py", [dict(x=x, y=y) for x, y in products], plain(lambda x, y: x * mp.log1p(y) if x != 0 else mp.mpf(0)), special.xlog1py, out="value")
    one("trigamma", [x for x in POSITIVE if 1e-30 <= x <= 1e30], lambda x: mp.psi(1, x), lambda x: special.polygamma(1, x))
    shapes = [1e-30, 1e-3, 0.1, 0.5, 1.0, 2.5, 7.9, 8.0, 20.0, 1e3, 1e6, 1e10]
    log_beta = lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y)
    write("lbeta", grid(x=shapes, y=shapes), plain(log_beta), special.betaln, out="value")
    ways = [(n, k) for n in [1.0, 2.0, 5.0, 10.0, 52.0, 1000.0, 1e6] for k in [0.0, 1.0, 2.0, 5.0, 7.5, 26.0, 500.0, 1e5] if k <= n]
    write("log_binomial", [dict(x=n, y=k) for n, k in ways], plain(lambda x, y: -mp.log(x + 1) - log_beta(x - y + 1, y + 1)), lambda x, y: -np.log(x + 1) - special.betaln(x - y + 1, y + 1), out="value")
    gammas = [dict(a=a, x=a * f) for a in [0.01, 0.1, 0.5, 1.0, 2.5, 9.9, 10.0, 30.0, 100.0, 1e3, 1e4] for f in [1e-3, 0.1, 0.5, 0.9, 0.99, 1.0, 1.01, 1.1, 2.0, 5.0]]
    gammas += [dict(a=0.01, x=x) for x in [1e-200, 1e-30, 1.0, 50.0]] + [dict(a=2.0, x=0.0)]
    write("gammainc", gammas, plain(lambda a, x: mp.gammainc(a, 0, x, regularized=True)), special.gammainc, out="value")
    write("gammaincc", gammas, plain(lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True)), special.gammaincc, out="value")
    betas = [dict(a=a, b=b, x=x) for a in [0.01, 0.5, 1.0, 3.5, 20.0, 300.0] for b in [0.02, 0.5, 2.0, 12.0, 500.0] for x in [1e-20, 1e-3, 0.04, 0.25, 0.5, 0.8, 0.97]]
    write("betainc", betas, plain(lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True)), special.betainc, out="value")
    bessel = mirrored([0.0, 1e-30, 1e-5, 0.1, 0.5, 1.0, 2.0, 3.3, 5.0, 7.0, 7.99, 8.0, 8.01, 9.0, 12.0, 20.0, 50.0, 100.0, 700.0, 1e4, 1e8, 1e30])
    asymptotic = lambda x, mu: sum((-1) ** k * mp.fprod(mu - (2 * j + 1) ** 2 for j in range(k)) / (mp.factorial(k) * (8 * x) ** k) for k in range(12)) / mp.sqrt(2 * mp.pi * x)
    scaled = lambda nu: lambda x: (asymptotic(abs(x), 4 * nu) * (mp.sign(x) if nu else 1)) if abs(x) > 5e3 else mp.exp(-abs(x)) * mp.besseli(nu, x)
    one("i0e", bessel, scaled(0), special.i0e)
    one("i1e", bessel, scaled(1), special.i1e)


def log1m(x):
    return mp.log1p(-x)


def lbeta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def terms(*summands):
    return sum(summands), sum(abs(s) for s in summands)


def cauchy(loc, scale, x):
    z = (x - loc) / scale
    return terms(-mp.log(mp.pi), -mp.log(scale), -mp.log1p(z * z))


def laplace(loc, scale, x):
    return terms(-abs(x - loc) / scale, -mp.log(2 * scale))


def logistic(loc, scale, x):
    z = (x - loc) / scale
    return terms(-mp.log1p(mp.exp(-abs(z))) * 2 - abs(z), -mp.log(scale))


def gumbel(loc, scale, x):
    z = (x - loc) / scale
    value, size = terms(-z, -mp.exp(-z), -mp.log(scale))
    return value, size + abs(z) * mp.exp(-z)


def weibull(scale, concentration, x):
    w = concentration * mp.log(x / scale)
    value, size = terms(mp.log(concentration), w, -mp.log(x), -mp.exp(w))
    return value, size + (abs(w) + concentration * (abs(mp.log(x)) + abs(mp.log(scale)))) * (1 + mp.exp(w))


def pareto(alpha, x):
    value, size = terms(mp.log(alpha), alpha * mp.log(2), -(alpha + 1) * mp.log(x))
    return value, alpha * (mp.log(x / 2) + 1) + abs(mp.log(x)) + 1


def kumaraswamy(a, b, x):
    rest = mp.log(-mp.expm1(a * mp.log(x)))
    value, size = terms(mp.log(a), mp.log(b), (a - 1) * mp.log(x), (b - 1) * rest)
    # The rounding of a log x reaches log(1 - xᵃ) by its slope.
    return value, size + abs(b - 1) * abs(a * mp.log(x)) / abs(mp.expm1(-a * mp.log(x)))


def student_t(df, loc, scale, x):
    z = (x - loc) / scale
    return terms(-(df + 1) / 2 * mp.log1p(z * z / df), -mp.log(scale), -mp.log(df) / 2, -lbeta(mp.mpf(1) / 2, df / 2))


def half_student_t(df, scale, x):
    value, size = student_t(df, mp.mpf(0), scale, x)
    return value + mp.log(2), size


def kernel_size(value, *others):
    return abs(value) + sum(abs(o) for o in others) + 1


def inverse_gamma(concentration, scale, x):
    value = sum([concentration * mp.log(scale), -(concentration + 1) * mp.log(x), -scale / x, -mp.loggamma(concentration)])
    # The rounding of y = scale / x moves the kernel by y - concentration.
    return value, kernel_size(value, mp.log(x), scale / x - concentration, mp.log(scale / x))


def gamma_kernel(concentration, rate, x):
    value, _ = gamma(concentration, rate, x)
    return value, kernel_size(value, mp.log(x), rate * x - concentration, mp.log(rate * x))


def beta(a, b, x):
    return terms((a - 1) * mp.log(x), (b - 1) * log1m(x), -lbeta(a, b))


def logit_normal(loc, scale, x):
    logit = mp.log(x) - log1m(x)
    value, size = normal(loc, scale, logit)
    return value - mp.log(x) - log1m(x), size + abs(mp.log(x)) + abs(log1m(x)) + abs(logit - loc) / scale**2 * (abs(mp.log(x)) + abs(log1m(x)) + abs(loc))


def skew_normal(loc, scale, skewness, x):
    z = (x - loc) / scale
    value, size = normal(loc, scale, x)
    tail = mp.log(mp.ncdf(skewness * z)) if skewness * z < 5 else log1m(mp.ncdf(-skewness * z))
    return value + mp.log(2) + tail, size + abs(tail) + (skewness * z) ** 2 + 1


def asymmetric_laplace(loc, scale, asymmetry, x):
    z = (x - loc) / scale
    side = -z * asymmetry if z >= 0 else z / asymmetry
    return terms(side, -mp.log(scale), -mp.log(asymmetry + 1 / asymmetry))


def chi2(df, x):
    return gamma_kernel(df / 2, mp.mpf(1) / 2, x)


def truncated_normal(loc, scale, x, low=1, high=4):
    a, b = (low - loc) / scale, (high - loc) / scale
    mass = mp.ncdf(b) - mp.ncdf(a) if a + b < 0 else mp.ncdf(-a) - mp.ncdf(-b)
    value, size = normal(loc, scale, x)
    nearer = min(abs(a), abs(b)) if a * b > 0 else mp.mpf(0)
    # log1mexp of two nearly equal logarithms, each rounded.
    return value - mp.log(mass), size + abs(mp.log(mass)) + nearer**2 + (nearer**2 + 1) / abs(mp.expm1(-abs(b - a) * (nearer + abs(b - a) / 2)))


def poisson(rate, x):
    value = x * mp.log(rate) - rate - mp.loggamma(x + 1)
    return value, kernel_size(value, mp.log(rate), rate - x)


def binomial(total_count, logits, x):
    ways = -mp.log(total_count + 1) - lbeta(total_count - x + 1, x + 1)
    return terms(ways, -mp.log(total_count + 1), -x * mp.log1p(mp.exp(-logits)), -(total_count - x) * mp.log1p(mp.exp(logits)))[0] + mp.log(total_count + 1), \
        terms(ways, x * mp.log1p(mp.exp(-logits)), (total_count - x) * mp.log1p(mp.exp(logits)), 2 * mp.log(total_count + 1))[1]


def geometric(logits, x):
    return terms(-x * mp.log1p(mp.exp(logits)), -mp.log1p(mp.exp(-logits)))


def negative_binomial(total_count, logits, x):
    return terms(-lbeta(x + 1, total_count), -mp.log(x + total_count), -x * mp.log1p(mp.exp(-logits)), -total_count * mp.log1p(mp.exp(logits)))


def beta_binomial(total_count, a, b, x):
    return terms(-mp.log(total_count + 1), -lbeta(total_count - x + 1, x + 1), lbeta(x + a, total_count - x + b), -lbeta(a, b))


def more_distributions():
    real = grid(loc=[0.0, -3.5, 1e4], scale=[1e-3, 0.7, 250.0], x=[0.0, 1.0, -4.2, 9.75, 1e4, -1e6])
    write("cauchy", real, cauchy, lambda loc, scale, x: stats.cauchy.logpdf(x, loc, scale), limit=lambda loc, scale, x: abs(x - loc) / scale < 1e18)
    write("laplace", real, laplace, lambda loc, scale, x: stats.laplace.logpdf(x, loc, scale))
    write("logistic", real, logistic, lambda loc, scale, x: stats.logistic.logpdf(x, loc, scale))
    near = grid(loc=[0.0, -3.5, 20.0], scale=[0.3, 0.7, 250.0], x=[0.0, 1.0, -4.2, 9.75, 60.0, 1e3])
    near = [c for c in near if (c["x"] - c["loc"]) / c["scale"] > -60]
    write("gumbel", near + grid(loc=[1.0], scale=[2.0], x=[-100.0, -20.0, -5.0, 1.0, 400.0]), gumbel, lambda loc, scale, x: stats.gumbel_r.logpdf(x, loc, scale))
    waits = [c for c in grid(scale=[1e-3, 0.7, 1.0, 250.0], concentration=[0.05, 0.5, 1.0, 2.5, 30.0], x=[1e-20, 1e-3, 0.5, 1.0, 9.0, 300.0]) if -400 < c["concentration"] * np.log(c["x"] / c["scale"]) < 6]
    write("weibull", waits, weibull, lambda scale, concentration, x: stats.weibull_min.logpdf(x, concentration, 0, scale))
    write("pareto", grid(alpha=[1e-3, 0.1, 0.5, 1.0, 3.5, 20.0, 400.0], x=[2.0, 2.001, 2.5, 9.0, 1e3, 1e8, 1e30, 1e200]), pareto, lambda alpha, x: stats.pareto.logpdf(x, alpha, 0, 2.0))
    units = [1e-30, 1e-8, 1e-3, 0.04, 0.3, 0.5, 0.75, 0.97, 0.9999]
    write("kumaraswamy", grid(a=[0.05, 0.7, 1.0, 3.0, 40.0], b=[0.1, 1.0, 2.5, 60.0], x=units), kumaraswamy,
          lambda a, b, x: np.log(a) + np.log(b) + (a - 1) * np.log(x) + (b - 1) * np.log(-np.expm1(a * np.log(x))))
    write("student_t", grid(df=[0.1, 1.0, 4.0, 30.0, 1e4, 1e8], loc=[0.0, -3.5], scale=[0.7, 250.0], x=[0.0, 1.0, -40.0, 1e6]), student_t, lambda df, loc, scale, x: stats.t.logpdf(x, df, loc, scale))
    write("half_student_t", grid(df=[0.1, 1.0, 4.0, 30.0, 1e4, 1e8], scale=[0.7, 5.0], x=[0.0, 1e-20, 1.0, 40.0, 1e6]), half_student_t, lambda df, scale, x: stats.t.logpdf(x, df, 0, scale) + np.log(2))
    write("inverse_gamma", grid(concentration=[0.01, 0.5, 2.0, 7.9, 8.1, 100.0, 1e4], scale=[1e-3, 1.0, 40.0], x=[1e-3, 0.5, 1.0, 30.0]), inverse_gamma, lambda concentration, scale, x: stats.invgamma.logpdf(x, concentration, 0, scale))
    write("gamma", gamma_cases(), gamma_kernel, lambda concentration, rate, x: stats.gamma.logpdf(x, concentration, scale=1 / rate))
    write("chi2", grid(df=[0.02, 0.5, 1.0, 2.0, 15.9, 16.1, 300.0, 1e5], x=[1e-20, 1e-3, 0.5, 2.0, 16.0, 300.0, 1e5]), chi2, lambda df, x: stats.chi2.logpdf(x, df))
    write("beta", grid(a=[0.01, 0.7, 1.0, 3.0, 40.0, 1e3], b=[0.1, 1.0, 2.5, 60.0], x=units), beta, lambda a, b, x: (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - special.betaln(a, b))
    write("logit_normal", grid(loc=[0.0, -2.0, 4.5], scale=[0.05, 1.0, 3.0], x=units), logit_normal,
          lambda loc, scale, x: stats.norm.logpdf(special.logit(x), loc, scale) - np.log(x) - np.log1p(-x))
    write("skew_normal", grid(loc=[0.0, -3.5], scale=[0.7, 25.0], skewness=[0.0, 0.5, -3.0, 40.0], x=[0.0, 1.0, -4.2, 9.75]), skew_normal,
          lambda loc, scale, skewness, x: np.log(2) + stats.norm.logpdf(x, loc, scale) + special.log_ndtr(skewness * (x - loc) / scale))
    write("asymmetric_laplace", grid(loc=[0.0, -3.5], scale=[0.7, 250.0], asymmetry=[0.1, 1.0, 3.0], x=[0.0, 1.0, -4.2, 9.75, 1e4]), asymmetric_laplace,
          lambda loc, scale, asymmetry, x: stats.laplace_asymmetric.logpdf(x, asymmetry, loc, scale))
    write("truncated_normal", grid(loc=[0.0, 2.5, -5.0, 9.0, 30.0], scale=[0.5, 2.0, 100.0], x=[1.0, 1.5, 2.5, 4.0]), truncated_normal,
          lambda loc, scale, x: stats.truncnorm.logpdf(x, (1 - loc) / scale, (4 - loc) / scale, loc, scale), limit=lambda loc, scale, x: True)
    counts = [0.0, 1.0, 2.0, 7.0, 8.0, 30.0, 1000.0]
    write("poisson", grid(rate=[1e-8, 0.1, 1.0, 6.5, 30.0, 1000.0, 1e6], x=counts + [1e6]), poisson, lambda rate, x: stats.poisson.logpmf(x, rate))
    trials = [(n, l, k) for n in [1.0, 5.0, 40.0, 1000.0] for l in [-20.0, -1.5, 0.0, 0.3, 6.0] for k in [0.0, 1.0, 3.0, 5.0, 20.0, 40.0, 500.0, 1000.0] if k <= n]
    write("binomial", [dict(total_count=n, logits=l, x=k) for n, l, k in trials], binomial,
          lambda total_count, logits, x: -np.log(total_count + 1) - special.betaln(total_count - x + 1, x + 1) + x * special.log_expit(logits) + (total_count - x) * special.log_expit(-logits))
    write("geometric", grid(logits=[-30.0, -8.0, -1.5, 0.0, 0.3, 6.0, 20.0, 60.0], x=counts + [1e6]), geometric, lambda logits, x: x * special.log_expit(-logits) + special.log_expit(logits))
    write("negative_binomial", grid(total_count=[0.01, 0.5, 4.0, 100.0], logits=[-20.0, -1.5, 0.3, 6.0], x=counts), negative_binomial,
          lambda total_count, logits, x: -special.betaln(x + 1, total_count) - np.log(x + total_count) + x * special.log_expit(logits) + total_count * special.log_expit(-logits))
    trials = [(n, a, b, k) for n in [1.0, 5.0, 100.0] for a in [0.1, 1.0, 30.0] for b in [0.5, 4.0] for k in [0.0, 1.0, 4.0, 50.0, 100.0] if k <= n]
    write("beta_binomial", [dict(total_count=n, a=a, b=b, x=k) for n, a, b, k in trials], beta_binomial,
          lambda total_count, a, b, x: -np.log(total_count + 1) - special.betaln(total_count - x + 1, x + 1) + special.betaln(x + a, total_count - x + b) - special.betaln(a, b))


def moments():
    """Means, variances and entropies by SciPy; by quadrature with 30 digits where it has no closed form."""
    families = {
        "normal": [((0.3, 2.0), stats.norm(0.3, 2.0))],
        "half_normal": [((2.0,), stats.halfnorm(0, 2.0))],
        "log_normal": [((0.3, 0.8), stats.lognorm(0.8, 0, np.exp(0.3)))],
        "exponential": [((2.5,), stats.expon(0, 1 / 2.5))],
        "gamma": [((a, 2.5), stats.gamma(a, 0, 1 / 2.5)) for a in [0.3, 1.0, 20.0]],
        "chi2": [((3.0,), stats.chi2(3.0))],
        "inverse_gamma": [((3.5, 2.0), stats.invgamma(3.5, 0, 2.0))],
        "beta": [((a, b), stats.beta(a, b)) for a, b in [(0.5, 0.7), (2.0, 3.0), (40.0, 3.0)]],
        "kumaraswamy": [],
        "laplace": [((0.3, 2.0), stats.laplace(0.3, 2.0))],
        "logistic": [((0.3, 2.0), stats.logistic(0.3, 2.0))],
        "gumbel": [((0.3, 2.0), stats.gumbel_r(0.3, 2.0))],
        "weibull": [((2.0, k), stats.weibull_min(k, 0, 2.0)) for k in [0.7, 3.0]],
        "pareto": [((3.5,), stats.pareto(3.5, 0, 2.0))],
        "student_t": [((5.0, 0.3, 2.0), stats.t(5.0, 0.3, 2.0))],
        "skew_normal": [((0.3, 2.0, -3.0), stats.skewnorm(-3.0, 0.3, 2.0))],
        "asymmetric_laplace": [((0.3, 2.0, 1.7), stats.laplace_asymmetric(1.7, 0.3, 2.0))],
        "truncated_normal": [((m, s), stats.truncnorm((1 - m) / s, (4 - m) / s, m, s)) for m, s in [(0.3, 2.0), (9.0, 1.5), (2.0, 0.1), (-7.0, 2.0)]],
        "poisson": [((6.5,), stats.poisson(6.5))],
        "binomial": [((7.0, 0.4), stats.binom(7, 1 / (1 + np.exp(-0.4))))],
        "geometric": [((-0.8,), stats.geom(1 / (1 + np.exp(0.8)), -1))],
        "negative_binomial": [((3.5, -0.8), stats.nbinom(3.5, 1 / (1 + np.exp(-0.8))))],
        "beta_binomial": [((7.0, 2.0, 3.0), stats.betabinom(7, 2.0, 3.0))],
    }
    rows = []
    for name, cases in families.items():
        for parameters, frozen in cases:
            mean, variance = map(float, frozen.stats(moments="mv"))
            rows.append({"name": name, "parameters": list(parameters), "mean": mean, "variance": variance, "entropy": float(frozen.entropy())})
    for name, parameters, low, high, density in [
        *[("continuous_bernoulli", (l,), 0, 1, lambda x, l=l: mp.exp(l * x) * l / mp.expm1(l)) for l in [0.3, -1.9, 2.1, -40.0]],
        ("kumaraswamy", (2.0, 3.0), 0, 1, lambda x: 6 * x * (1 - x**2) ** 2),
        ("half_student_t", (5.0, 2.0), 0, mp.inf, lambda x: 2 * mp.exp(student_t(mp.mpf(5), mp.mpf(0), mp.mpf(2), x)[0])),
    ]:
        with mp.workdps(30):
            mean, square = (mp.quad(lambda x: x**n * density(x), [low, 1, high] if high > 1 else [low, high]) for n in (1, 2))
            inner = [1e-30, 0.5, 1 - mp.mpf(10) ** -25] if high == 1 else [0, 1, high]
            entropy = -mp.quad(lambda x: density(x) * mp.log(density(x)), inner)
        rows.append({"name": name, "parameters": list(parameters), "mean": float(mean), "variance": float(square - mean**2), "entropy": float(entropy)})
    body = ",\n".join(json.dumps({k: exact(v) for k, v in row.items()}) for row in rows)
    (HERE / "moments.json").write_text(f'{{"made_by": "make.py, SciPy and mpmath {mp.__version__}", "cases": [\n{body}\n]}}\n')
    print(f"moments: {len(rows)} cases")


def vectors():
    """Densities of vectors; SciPy has all of them."""
    parts = [([1.0, 2.0, 3.0], [0.2, 0.3, 0.5]), ([0.1, 0.1], [1e-6, 1 - 1e-6]), ([5.0], [1.0]), ([100.0, 200.0, 50.0], [0.3, 0.55, 0.15]),
             ([1e4, 1e4], [0.5, 0.5]), ([0.5, 1.0, 1.0, 30.0], [1e-9, 0.25, 0.25, 0.499999999])]
    shapes = [a for a, _ in parts]
    cases = [dict(concentration=a, x=list(x)) for a in shapes for x in [np.random.default_rng(k).dirichlet(np.maximum(a, 0.3)) for k in range(9)] if min(x) > 1e-30]
    log_beta = lambda a: sum(mp.loggamma(v) for v in a) - mp.loggamma(sum(a))

    def dirichlet(concentration, x):
        return terms(*[(a - 1) * mp.log(v) for a, v in zip(concentration, x)], -log_beta(concentration), *[mp.loggamma(a) * 0 for a in concentration])[0], \
            terms(*[(a - 1) * mp.log(v) for a, v in zip(concentration, x)], *[mp.loggamma(a) for a in concentration], mp.loggamma(sum(concentration)))[1]

    write("dirichlet", [dict(concentration=a, x=x) for a, x in parts] + cases, dirichlet,
          lambda concentration, x: sum((a - 1) * np.log(v) for a, v in zip(concentration, x)) - sum(special.gammaln(concentration)) + special.gammaln(sum(concentration)))
    counts = [[1.0, 2.0, 0.0], [0.0, 0.0, 7.0], [10.0, 20.0, 30.0], [300.0, 1.0, 2.0], [0.0, 1.0, 0.0], [4.0, 4.0, 4.0]]
    weights = [[0.0, 0.0, 0.0], [0.5, -1.25, 3.0], [-30.0, 0.0, 1.0], [1000.0, 1000.5, 999.0], [5.0, 5.0, -60.0], [0.1, 0.2, 0.3], [-8.0, -9.0, 4.0], [2.0, 2.0, 2.0], [1e-8, 0.0, 3.0]]

    def multinomial(logits, x):
        top = max(logits)
        norm = top + mp.log(sum(mp.exp(l - top) for l in logits))
        return terms(mp.loggamma(sum(x) + 1), *[v * (l - norm) for l, v in zip(logits, x)], *[-mp.loggamma(v + 1) for v in x])

    write("multinomial", [dict(logits=l, x=x) for l in weights for x in counts], multinomial,
          lambda logits, x: special.gammaln(sum(x) + 1) - sum(special.gammaln(np.array(x) + 1)) + sum(np.array(x) * special.log_softmax(logits)))

    def dirichlet_multinomial(concentration, x):
        after = [a + v for a, v in zip(concentration, x)]
        return terms(mp.loggamma(sum(x) + 1), *[-mp.loggamma(v + 1) for v in x], *[mp.loggamma(a) for a in after], -mp.loggamma(sum(after)), *[-mp.loggamma(a) for a in concentration], mp.loggamma(sum(concentration)))

    three = [[1.0, 2.0, 3.0], [0.1, 0.1, 0.2], [100.0, 200.0, 50.0], [1.0, 1.0, 1.0], [0.5, 1.0, 30.0], [1e-3, 5.0, 1e3], [7.0, 7.0, 7.0], [2.5, 0.7, 0.2], [1e4, 1.0, 1.0]]
    write("dirichlet_multinomial", [dict(concentration=a, x=x) for a in three for x in counts], dirichlet_multinomial,
          lambda concentration, x: float(stats.dirichlet_multinomial.logpmf(np.array(x, int), concentration, int(sum(x)))))


def relaxations():
    def continuous_bernoulli(logits, x):
        norm = mp.log(mp.expm1(logits) / logits) if logits != 0 else mp.mpf(0)
        return terms(x * logits, -norm)

    def relaxed_bernoulli(temperature, logits, x):
        y = temperature * (mp.log(x) - log1m(x)) - logits
        value, size = terms(mp.log(temperature), -mp.log1p(mp.exp(y)), -mp.log1p(mp.exp(-y)), -mp.log(x), -log1m(x))
        return value, size + temperature * (abs(mp.log(x)) + abs(log1m(x))) + abs(logits)

    units = [0.0, 1e-8, 0.04, 0.3, 0.5, 0.97, 1.0]
    write("continuous_bernoulli", grid(logits=[-700.0, -30.0, -3.0, -0.11, -0.09, -1e-6, 0.0, 1e-12, 0.05, 0.1, 2.0, 80.0], x=units), continuous_bernoulli,
          lambda logits, x: x * logits - (np.log(np.expm1(logits) / logits) if 0 < abs(logits) < 600 else (0 if logits == 0 else np.log(-1 / logits))))
    units = [1e-30, 1e-8, 0.04, 0.3, 0.5, 0.97, 0.9999]
    write("relaxed_bernoulli", grid(temperature=[0.05, 0.7, 1.0, 10.0], logits=[-8.0, 0.0, 2.5], x=units), relaxed_bernoulli,
          lambda temperature, logits, x: np.log(temperature) + stats.logistic.logpdf(temperature * special.logit(x) - logits) - np.log(x) - np.log1p(-x))


def square(entries):
    """The matrix whose rows one list holds, as doubles or as mpmath's numbers."""
    return np.array(entries).reshape(math.isqrt(len(entries)), -1)


def cholesky(a):
    """Reads the lower triangle."""
    return np.array(mp.cholesky(mp.matrix(a.tolist())).tolist()).reshape(a.shape)


def solve_lower(factor, b):
    z = np.zeros(b.shape, object)
    for i in range(len(b)):
        z[i] = (b[i] - sum(factor[i, j] * z[j] for j in range(i))) / factor[i, i]
    return z


def inverses(factor):
    """L⁻¹ and (L Lᵀ)⁻¹."""
    inverse = solve_lower(factor, np.eye(len(factor), dtype=object))
    return inverse, inverse.T @ inverse


def squared_distance(loc, factor, x):
    """|L⁻¹(x - μ)|², and how far rounding moves half of it: that of x and μ, and of each step of the substitution."""
    z = solve_lower(factor, x - loc)
    return z @ z, z @ z / 2 + abs(z) @ abs(inverses(factor)[0]) @ (abs(x) + abs(loc) + abs(factor) @ abs(z))


def multivariate_normal(loc, scale_tril, x):
    factor = square(scale_tril)
    distance, reach = squared_distance(np.array(loc), factor, np.array(x))
    value, size = terms(*[-mp.log(v) for v in factor.diagonal()], -len(x) * LOG_2PI / 2)
    return value - distance / 2, size + reach


def short(values, digits=4):
    """Decimals that keep the files small."""
    return [float(f"{v:.{digits}g}") for v in np.ravel(values)]


def factors(seed, sizes=(1, 2, 3, 5)):
    """Lower factors: plain, small, large, with rows of unlike scales, and nearly singular."""
    rng = np.random.default_rng(seed)
    for n, (scale, spread, last) in itertools.product(sizes, [(1, 0, 1), (1e-3, 0, 1), (1e3, 0, 1), (1, 3, 1), (1, 0, 3e-3)]):
        rows = scale * 10.0 ** rng.uniform(-spread, spread, n)
        factor = np.tril(rng.normal(size=(n, n)), -1) + np.diag(rng.uniform(0.5, 2, n) * last ** (np.arange(n) == n - 1))
        yield rng, rows, square(short(rows[:, None] * factor))


def vectors_with_matrices():
    def multivariate_student_t(df, loc, scale_tril, x):
        factor, n = square(scale_tril), len(x)
        distance, reach = squared_distance(np.array(loc), factor, np.array(x))
        value, size = terms(mp.loggamma((df + n) / 2), -mp.loggamma(df / 2), -n * mp.log(df * mp.pi) / 2, *[-mp.log(v) for v in factor.diagonal()], -(df + n) / 2 * mp.log1p(distance / df))
        return value, size + n + (df + n) / (df + distance) * reach

    def student(df, loc, scale_tril, x):
        n, q = len(x), np.sum(np.linalg.solve(square(scale_tril), np.subtract(x, loc)) ** 2)
        return special.gammaln((df + n) / 2) - special.gammaln(df / 2) - n / 2 * np.log(df * np.pi) - np.log(square(scale_tril).diagonal()).sum() - (df + n) / 2 * np.log1p(q / df)

    def located(seed, *stretches):
        for (rng, rows, factor), stretch in itertools.product(factors(seed), stretches):
            loc = short(rows * rng.normal(0, 2, len(rows)))
            yield dict(loc=loc, scale_tril=short(factor), x=short(loc + stretch * factor @ rng.normal(size=len(rows)), 6))

    dense = lambda loc, factor, x: stats.multivariate_normal.logpdf(x, loc, stats.Covariance.from_cholesky(factor))
    write("multivariate_normal", list(located(1, 0.5, 1, 20)), multivariate_normal, lambda loc, scale_tril, x: dense(loc, square(scale_tril), x))
    dfs = itertools.cycle([0.1, 1.0, 2.5, 4.0, 30.0, 100.0, 1e4])
    write("multivariate_student_t", [dict(df=df) | case for df, case in zip(dfs, located(3, 0.5, 3, 300))], multivariate_student_t, student)

    def low_rank_multivariate_normal(loc, cov_factor, cov_diag, x):
        loc, w, d, x = np.array(loc), np.array(cov_factor).reshape(len(x), -1), np.array(cov_diag), np.array(x)
        value, _ = multivariate_normal(loc, cholesky(w @ w.T + np.diag(d)).ravel(), x)
        # What Woodbury's route adds up: δᵀD⁻¹δ - yᵀC⁻¹y with y = WᵀD⁻¹δ and C = I + WᵀD⁻¹W, each entry of which is off by `spread`.
        eye, scaled, delta = np.eye(w.shape[1], dtype=object), (w.T / d).T, x - loc
        root, spread = cholesky(eye + w.T @ scaled), eye + abs(w).T @ abs(scaled)
        inner = inverses(root)[1]
        pull = abs(inner @ scaled.T @ delta)
        _, size = terms(*map(mp.log, [*d, *root.diagonal()]), len(x), delta @ (delta / d), abs(delta) @ ((abs(x) + abs(loc)) / d))
        return value, size + pull @ abs(scaled).T @ abs(delta) + pull @ spread @ pull + (abs(inner) * spread).sum()

    cases = []
    for (rng, rows, _), (rank, depth, stretch) in itertools.product(factors(2), [(1, 1, 1), (1, 1e-5, 3), (2, 1, 12)]):
        loc, w, d = rows * rng.normal(0, 2, len(rows)), rows[:, None] * rng.normal(size=(len(rows), rank)), rows**2 * rng.uniform(0.5, 2, len(rows)) * depth
        x = loc + w @ rng.normal(0, stretch, rank) + np.sqrt(d) * rng.normal(0, stretch, len(rows))
        cases.append(dict(loc=short(loc), cov_factor=short(w), cov_diag=short(d), x=short(x, 6)))
    covariance = lambda w, d: w @ w.T + np.diag(d)
    write("low_rank_multivariate_normal", cases, low_rank_multivariate_normal,
          lambda loc, cov_factor, cov_diag, x: dense(loc, np.linalg.cholesky(covariance(np.reshape(cov_factor, (len(x), -1)), cov_diag)), x))

    def matrix_normal(loc, scale_tril_row, scale_tril_column, x):
        # The rows of X, one after the other, have the factor A ⊗ B.
        row, column = square(scale_tril_row), square(scale_tril_column)
        value, size = multivariate_normal(loc, np.kron(row, column).ravel(), x)
        return value, size + len(column) * terms(*map(mp.log, row.diagonal()))[1] + len(row) * terms(*map(mp.log, column.diagonal()))[1]

    def from_both_sides(loc, scale_tril_row, scale_tril_column, x):
        row, column = square(scale_tril_row), square(scale_tril_column)
        z = np.linalg.solve(column, np.linalg.solve(row, np.subtract(x, loc).reshape(len(row), len(column))).T)
        return stats.norm.logpdf(z).sum() - len(column) * np.log(row.diagonal()).sum() - len(row) * np.log(column.diagonal()).sum()

    cases, columns = [], [column for _, _, column in factors(5, [1, 2, 3, 3, 5, 2])]
    for (k, (rng, rows, row)), stretch in itertools.product(enumerate(factors(4, [1, 1, 2, 3, 2, 5])), [1, 15]):
        column = columns[7 * k % 30]
        loc, z = np.outer(rows * rng.normal(0, 2, len(rows)), column.diagonal()), rng.normal(0, stretch, (len(rows), len(column)))
        cases.append(dict(loc=short(loc), scale_tril_row=short(row), scale_tril_column=short(column), x=short(loc + row @ z @ column.T, 6)))
    write("matrix_normal", cases, matrix_normal, from_both_sides)


def random_matrices():
    def lkj_cholesky(concentration, x):
        # Lewandowski, Kurowicka & Joe (2009); the powers of the factor's diagonal hold the Jacobian.
        n, norm = math.isqrt(len(x)), []
        for j in range(1, n):
            b = concentration + mp.mpf(n - 1 - j) / 2
            norm += [-(n - j) * (2 * b - 1) * mp.log(2), -(n - j) * lbeta(b, b)]
        value, size = terms(*[(n - i - 3 + 2 * concentration) * mp.log(v) for i, v in enumerate(square(x).diagonal()) if i > 0], *norm)
        return value, size + n

    for concentration in [0.5, 1.0, 2.5]:
        # It integrates to 1 over L21 = sin s, and the length sin t and the direction of (L31, L32), on which nothing depends.
        density = lambda s, t: mp.exp(lkj_cholesky(mp.mpf(concentration), [1, 0, 0, mp.sin(s), mp.cos(s), 0, mp.sin(t), 0, mp.cos(t)])[0])
        mass = mp.quad(lambda s, t: density(s, t) * mp.cos(s) * mp.pi * mp.sin(2 * t), [-mp.pi / 2, mp.pi / 2], [0, mp.pi / 2], method="gauss-legendre", maxdegree=4)
        assert abs(mass - 1) < 1e-12, (concentration, mass)

    def lkj(concentration, x):
        n, j = math.isqrt(len(x)), np.arange(1, math.isqrt(len(x)))
        if n == 2:
            return stats.beta.logpdf((1 + x[2]) / 2, concentration, concentration) - np.log(2)
        b = concentration + (n - 1 - j) / 2
        return (n - j - 3 + 2 * concentration) @ np.log(square(x).diagonal()[1:]) - (n - j) @ ((2 * b - 1) * np.log(2) + special.betaln(b, b))

    rng, cases = np.random.default_rng(6), []
    for concentration, n, (off, last) in itertools.product([0.1, 0.5, 1.0, 3.0, 50.0], [2, 3, 5], [(0, 1), (0.5, 1), (2, 1), (2, 1e-3)]):
        rows = np.tril(rng.normal(0, 1, (n, n)), -1) * off + np.diag(rng.uniform(0.5, 1.5, n) * last ** (np.arange(n) == n - 1))
        cases.append(dict(concentration=concentration, x=np.ravel(rows / np.linalg.norm(rows, axis=1, keepdims=True)).tolist()))
    write("lkj_cholesky", cases, lkj_cholesky, lkj)

    def wishart_cholesky(df, scale_tril, x):
        factor, root, n = square(scale_tril), square(x), math.isqrt(len(x))
        z = abs(solve_lower(factor, root))
        value, size = terms(*[(df - n - 1) * mp.log(v) for v in root.diagonal()], *[-df * mp.log(v) for v in factor.diagonal()], -(z * z).sum() / 2, -df * n / 2 * mp.log(2), n * mp.log(2),
                            -n * (n - 1) * mp.log(mp.pi) / 4, *[-mp.loggamma((df - j) / 2) for j in range(n)], *[(n - i) * mp.log(v) for i, v in enumerate(root.diagonal())])
        return value, size + n + (z * (abs(inverses(factor)[0]) @ abs(factor) @ z)).sum()

    def wishart(df, scale_tril, x):
        factor, root, n = square(scale_tril), cholesky(square(x)), math.isqrt(len(x))
        value, size = wishart_cholesky(df, scale_tril, root.ravel())
        # The factor that rounding leaves is the exact one of a matrix off by about |K||K|ᵀ epsilon.
        spread = abs(root) @ abs(root).T
        size += (abs(df - n - 1) * (abs(inverses(root)[1]) * spread).sum() + (abs(inverses(factor)[1]) * spread).sum()) / 2
        return value - n * mp.log(2) - sum((n - i) * mp.log(v) for i, v in enumerate(root.diagonal())), size

    roots, products = [], []
    for (rng, rows, factor), (more, stretch) in itertools.product(factors(7), [(-0.7, 0.3), (1.0, 1.0), (30.5, 4.0)]):
        n, df = len(rows), len(rows) + more
        root = stretch * np.sqrt(df) * factor @ (np.eye(n) + np.tril(rng.normal(0, 0.3, (n, n)), -1))
        roots.append(dict(df=df, scale_tril=short(factor), x=short(root, 6)))
        products.append(dict(df=df, scale_tril=short(factor), x=short(root @ root.T, 9)))
    scipys = lambda df, factor, x: stats.wishart.logpdf(x, df, factor @ factor.T)
    write("wishart", products, wishart, lambda df, scale_tril, x: scipys(df, square(scale_tril), square(x)))
    write("wishart_cholesky", roots, wishart_cholesky, lambda df, scale_tril, x: scipys(df, square(scale_tril), square(x) @ square(x).T)
          + len(square(x)) * np.log(2) + np.arange(len(square(x)), 0, -1) @ np.log(square(x).diagonal()))


def walks():
    def gaussian_random_walk(scale, x):
        parts = [normal(before, scale, now) for before, now in zip([mp.mpf(0), *x], x)]
        return sum(value for value, _ in parts), sum(size for _, size in parts)

    rng = np.random.default_rng(8)
    paths = itertools.product([(1e-3, 1), (0.5, 1), (0.7, 9), (1.0, 40), (30.0, 1e-3), (1e3, 2), (1e3, 0.05)], range(1, 9))
    write("gaussian_random_walk", [dict(scale=scale, x=short(scale * stretch * np.cumsum(rng.normal(size=steps)), 6)) for (scale, stretch), steps in paths],
          gaussian_random_walk, lambda scale, x: stats.norm.logpdf(np.diff(x, prepend=0.0), 0, scale).sum())

    def auto_regressive(coefficients, intercept, scale, x):
        value = size = 0
        for t, now in enumerate(x):
            mean, reach = terms(intercept, *[c * before for c, before in zip(coefficients, reversed(x[:t]))])
            part, own = normal(mean, scale, now)
            value, size = value + part, size + own + abs(now - mean) / scale**2 * (abs(now) + reach)
        return value, size

    cases = []
    for p, steps, (intercept, scale, stretch) in itertools.product([1, 2, 3], [1, 2, 3, 5, 8], [(0.0, 1.0, 1), (0.5, 0.1, 8), (-300.0, 1e3, 2), (0.002, 1e-3, 1)]):
        coefficients = short(rng.uniform(-1.1, 1.1, p), 3)
        path = signal.lfilter([1.0], [1.0, *np.negative(coefficients)], intercept + scale * stretch * rng.normal(size=steps))
        cases.append(dict(coefficients=coefficients, intercept=intercept, scale=scale, x=short(path, 6)))
    write("auto_regressive", cases, auto_regressive,
          lambda coefficients, intercept, scale, x: stats.norm.logpdf(signal.lfilter([1.0, *np.negative(coefficients)], [1.0], x), intercept, scale).sum())


def hidden_states():
    def hidden_markov(initial, transition, loc, scale, x):
        log_softmax = lambda logits: [l - mp.log(sum(mp.exp(other) for other in logits)) for l in logits]
        first, step = log_softmax(initial), [log_softmax(row) for row in square(transition)]
        seen = [[normal(m, s, v) for m, s in zip(loc, scale)] for v in x]
        path = lambda states: first[states[0]] + sum(step[i][j] for i, j in itertools.pairwise(states)) + sum(row[s][0] for row, s in zip(seen, states))
        value = mp.log(sum(mp.exp(path(states)) for states in itertools.product(range(len(loc)), repeat=len(x))))
        return value, abs(value) + sum(max(size for _, size in row) for row in seen) + max(map(abs, initial)) + (len(x) - 1) * max(map(abs, transition))

    def forward(initial, transition, loc, scale, x):
        seen = stats.norm.logpdf(np.array(x)[:, None], loc, scale)
        here = special.log_softmax(initial) + seen[0]
        for row in seen[1:]:
            here = special.logsumexp(here[:, None] + special.log_softmax(square(transition), axis=1), axis=0) + row
        return special.logsumexp(here)

    rng, cases = np.random.default_rng(9), []
    for k, steps, (spread, scale, stretch) in itertools.product([2, 3], range(1, 6), [(0, 1, 1), (1, 1e-3, 1), (3, 1e3, 1), (12, 1, 3), (1, 0.05, 1), (2, 1, 25)]):
        initial, transition, loc = short(rng.normal(0, spread, k), 3), short(rng.normal(0, spread, k * k), 3), short(scale * rng.normal(0, 3, k))
        x = short(rng.choice(loc, steps) + scale * stretch * rng.normal(size=steps), 5)
        cases.append(dict(initial=initial, transition=transition, loc=loc, scale=short(scale * rng.uniform(0.3, 3, k)), x=x))
    write("hidden_markov", cases, hidden_markov, forward)

    def stacked(f, q, h, r, mean, p, steps):
        """The mean of all observations in one vector, and what multiplies the independent noises in them."""
        n, m, means, rows = len(f), len(r), [], []
        state = np.zeros((n, steps * (n + m)), object)
        for t in range(steps):
            state, mean = (f @ state, f @ mean) if t else (state, mean)
            state[:, t * n : (t + 1) * n] = q if t else p
            seen = h @ state
            seen[:, steps * n + t * m : steps * n + (t + 1) * m] = r
            means, rows = [*means, *(h @ mean)], [*rows, *seen]
        return np.array(means), np.array(rows)

    def linear_gaussian_state_space(transition, transition_scale, observation, observation_scale, initial_mean, initial_scale, x):
        h, x = np.array(observation).reshape(-1, len(initial_mean)), np.array(x)
        system = [square(transition), square(transition_scale), h, square(observation_scale), np.array(initial_mean), square(initial_scale)]
        (mean, rows), (reach, wide) = stacked(*system, len(x) // len(h)), stacked(*map(abs, system), len(x) // len(h))
        root, spread = cholesky(rows @ rows.T), wide @ wide.T
        value, size = multivariate_normal(mean, root.ravel(), x)
        # Means and covariances are sums of products, and off by the magnitudes of their summands: `reach` and `spread`.
        inner = inverses(root)[1]
        pull = abs(inner @ (x - mean))
        return value, size + pull @ (reach + spread @ pull) + (abs(inner) * spread).sum()

    def kalman(transition, transition_scale, observation, observation_scale, initial_mean, initial_scale, x):
        f, q, r, p, mean, total = square(transition), square(transition_scale), square(observation_scale), square(initial_scale), np.array(initial_mean), 0.0
        h, cov = np.reshape(observation, (-1, len(mean))), p @ p.T
        for now in np.reshape(x, (-1, len(h))):
            innovation = h @ cov @ h.T + r @ r.T
            total += stats.multivariate_normal.logpdf(now, h @ mean, innovation)
            gain = cov @ h.T @ np.linalg.inv(innovation)
            mean, cov = f @ (mean + gain @ (now - h @ mean)), f @ (cov - gain @ h @ cov) @ f.T + q @ q.T
        return total

    cases = []
    for n, m, steps, (noise, seen, scale) in itertools.product([1, 2], [1, 2], [1, 2, 3, 4], [(1, 1, 1), (0.01, 1, 1e-3), (1, 0.03, 1), (1, 3, 300)]):
        f, h, mean = rng.uniform(-1, 1, n * n), rng.normal(0, 1, m * n), rng.normal(0, scale, n)
        q, r, p = (short(by * scale * (np.tril(rng.normal(size=(size, size)), -1) + np.diag(rng.uniform(0.5, 2, size)))) for by, size in [(noise, n), (seen, m), (1, n)])
        x = h.reshape(m, n) @ mean + rng.normal(0, (1 + seen) * scale * (5 if steps == 2 else 1), (steps, m))
        cases.append(dict(transition=short(f, 3), transition_scale=q, observation=short(h, 3), observation_scale=r, initial_mean=short(mean), initial_scale=p, x=short(x, 5)))
    write("linear_gaussian_state_space", cases, linear_gaussian_state_space, kalman)


def others():
    def von_mises(loc, concentration, x):
        norm = mp.log(2 * mp.pi * mp.exp(-concentration) * mp.besseli(0, concentration))
        value, size = terms(-2 * concentration * mp.sin((x - loc) / 2) ** 2, -norm)
        # The rounding of x - μ reaches the result by its sine.
        return value, size + concentration * abs(mp.sin(x - loc)) * (abs(x) + abs(loc)) + 1

    near = [dict(loc=1.25, concentration=k, x=x) for k, x in [(1e4, 1.26), (1e4, 1.2501), (300.0, 1.5), (3e3, 1.2)]]
    write("von_mises", grid(loc=[0.0, -2.5], concentration=[1e-3, 0.3, 1.0, 8.0, 100.0, 1e4], x=[-3.1, -1.5, 0.0, 0.01, 2.9]) + near, von_mises,
          lambda loc, concentration, x: stats.vonmises.logpdf(x, concentration, loc))

    def relaxed_one_hot_categorical(temperature, logits, x):
        k, logs = len(x), [mp.log(v) for v in x]
        norm = mp.log(sum(mp.exp(l - temperature * v) for l, v in zip(logits, logs)))
        value, size = terms(mp.loggamma(k), (k - 1) * mp.log(temperature), *logits, *[-(temperature + 1) * v for v in logs], -k * norm)
        return value, size + k * (max(abs(l) + temperature * abs(v) for l, v in zip(logits, logs)) + 1)

    rng, cases = np.random.default_rng(10), []
    for k, temperature, (spread, sharp) in itertools.product([2, 3, 5], [0.05, 0.5, 1.0, 10.0], [(0, 1), (1, 1), (3, 0.2), (30, 1), (8, 0.03)]):
        # The largest part stays below 1 in single precision; one that is not needed for that may be tiny.
        x = short(np.sort(np.maximum(rng.dirichlet([sharp] * k), 1e-6))[:-1])
        x[0] = 1e-30 if k > 2 and sharp < 0.1 else x[0]
        cases.append(dict(temperature=temperature, logits=short(rng.normal(0, spread, k), 3), x=[*x, 1 - sum(x)]))
    write("relaxed_one_hot_categorical", cases, relaxed_one_hot_categorical, lambda temperature, logits, x: special.gammaln(len(x)) + (len(x) - 1) * np.log(temperature)
          + np.sum(special.log_softmax(np.array(logits) - temperature * np.log(x)) - np.log(x)))

    def truncated_gamma(concentration, rate, low, high, x):
        value, size = gamma_kernel(concentration, rate, x)
        # By the tails on the side where they are smaller; the error of each is relative to itself.
        ends, left = [rate * low, rate * high], rate * high < concentration
        tails = [mp.gammainc(concentration, 0 if left else y, y if left else mp.inf, regularized=True) for y in ends]
        mass, lost = abs(tails[1] - tails[0]), sum(tail * (1 + abs(y - concentration) + abs(mp.log(tail))) for y, tail in zip(ends, tails) if tail > 0)
        return value - mp.log(mass), size + abs(mp.log(mass)) + lost / mass

    def by_tails(concentration, rate, low, high, x):
        p = stats.gamma(concentration, scale=1 / rate)
        return p.logpdf(x) - np.log(p.cdf(high) - p.cdf(low) if high * rate < concentration else p.sf(low) - p.sf(high))

    cases = []
    for concentration, rate in itertools.product([0.3, 1.0, 2.5, 30.0, 1e3], [0.04, 7.5]):
        p = stats.gamma(concentration, scale=1 / rate)
        for low, high in [(0.0, p.ppf(0.5)), (p.ppf(1e-9), p.ppf(1e-6)), (p.ppf(0.2), p.ppf(0.7)), (p.ppf(0.45), p.ppf(0.5)), (p.isf(1e-9), p.isf(1e-12)), (p.isf(1e-9), 1e30), (p.ppf(0.3), 1e30)]:
            cases.append(dict(concentration=concentration, rate=rate, low=short(low)[0], high=short(high)[0], x=short(low + 0.3 * min(high - low, 9 / rate))[0]))
    write("truncated_gamma", cases, truncated_gamma, by_tails)

    def censored_normal(loc, scale, low, high, x):
        if low < x < high:
            return normal(loc, scale, x)
        z = (low - loc) / scale if x == low else (loc - high) / scale
        value, hazard = mp.log(mp.ncdf(z)) if z < 0 else log1m(mp.ncdf(-z)), mp.npdf(z) / mp.ncdf(z)
        return value, abs(value) + abs(z) * hazard + 1

    ranges = [(0.0, 1.0, -1.0, 1.0), (0.0, 1.0, -30.0, 12.0), (0.3, 1e-3, 0.299, 0.305), (-200.0, 1e3, 0.0, 500.0), (5.0, 1.0, -1.0, 1.0), (-8.0, 0.5, -9.0, -4.0), (0.0, 2.5, -1e-3, 1e-3),
              (40.0, 30.0, 0.0, 100.0), (-3.0, 0.7, -3.0, 0.0), (1.5, 2.0, -100.0, 2.0), (0.0, 1e3, -1.0, 1.0), (12.0, 3.0, 0.0, 1.0), (0.0, 1.0, 2.0, 9.0), (2e-3, 1e-3, 0.0, 1e-2), (1e3, 50.0, 900.0, 1e3),
              (0.0, 1.0, -0.01, 6.0), (-1.0, 4.0, -41.0, 7.0), (3.25, 0.25, 1.0, 4.0)]
    write("censored_normal", [dict(loc=l, scale=s, low=a, high=b, x=x) for l, s, a, b in ranges for x in [a, a + 0.625 * (b - a), b]], censored_normal,
          lambda loc, scale, low, high, x: stats.norm.logcdf(low, loc, scale) if x == low else stats.norm.logsf(high, loc, scale) if x == high else stats.norm.logpdf(x, loc, scale))


def compositions():
    """Distributions made of others."""

    def mixture(logits, loc, scale, x):
        top = max(logits)
        norm = top + mp.log(sum(mp.exp(l - top) for l in logits))
        parts = [(normal(m, s, x), l - norm) for m, s, l in zip(loc, scale, logits)]
        value = mp.log(sum(mp.exp(part + weight) for (part, _), weight in parts))
        # A component adds its own error as far as it counts.
        return value, sum(mp.exp(part + weight - value) * (size + abs(weight)) for (part, size), weight in parts) + abs(value)

    generator = np.random.default_rng(11)
    cases = []
    for count in [1, 2, 3, 5]:
        for x in [0.0, -3.5, 40.0, 1e3]:
            for spread in [0.0, 1.0, 30.0, 1000.0]:
                draw = lambda scale: [float(np.round(v, 3)) for v in scale * generator.normal(size=count)]
                cases.append(dict(logits=draw(spread), loc=draw(5.0), scale=[abs(v) + 0.01 for v in draw(2.0)], x=x))
    write("mixture", cases, mixture, lambda logits, loc, scale, x: special.logsumexp(special.log_softmax(logits) + stats.norm.logpdf(x, loc, scale)))

    def zero_inflated(gate_logits, rate, x):
        open_gate = -mp.log1p(mp.exp(gate_logits))
        base, size = terms(x * mp.log(rate), -rate, -mp.loggamma(x + 1))
        value = open_gate + base
        if x == 0:
            value = mp.log(mp.exp(value) + mp.exp(gate_logits + open_gate))
        return value, size + abs(open_gate) + abs(value)

    write("zero_inflated", grid(gate_logits=[-300.0, -9.0, -0.4, 0.0, 2.5, 60.0], rate=[1e-4, 0.3, 4.0, 200.0], x=[0.0, 1.0, 5.0, 300.0]), zero_inflated,
          lambda gate_logits, rate, x: np.logaddexp(special.log_expit(gate_logits) if x == 0 else -np.inf, special.log_expit(-gate_logits) + stats.poisson.logpmf(x, rate)))

    def ordered_logistic(predictor, cutpoints, x):
        cuts = [c - predictor for c in cutpoints]
        below = lambda c: 1 / (1 + mp.exp(-c))
        ends = [mp.mpf(0)] + [below(c) for c in cuts] + [mp.mpf(1)]
        value = mp.log(ends[int(x) + 1] - ends[int(x)])
        near = [c for c in cuts[max(int(x) - 1, 0) : int(x) + 1]]
        gaps = [abs(predictor) + abs(c) for c in cutpoints] if len(near) < 2 else [(abs(predictor) + abs(cutpoints[0]) + abs(cutpoints[-1])) / min(near[1] - near[0], 1)]
        return value, abs(value) + sum(gaps) + 1

    cuts = [[-1.0, 1.0], [0.0], [-30.0, -29.5, 4.0, 40.0], [-0.001, 0.0, 0.001], [-5.0, -2.0, 0.5, 3.0, 7.0]]
    cases = [dict(predictor=p, cutpoints=c, x=float(k)) for c in cuts for p in [-8.0, 0.3, 35.0] for k in range(len(c) + 1)]

    def by_differences(predictor, cutpoints, x):
        ends = np.concatenate([[-np.inf], np.array(cutpoints) - predictor, [np.inf]])
        low, high = ends[int(x)], ends[int(x) + 1]
        low, high = (low, high) if low + high < 0 else (-high, -low)
        return special.log_expit(high) + np.log1p(-special.expit(low) / special.expit(high))

    write("ordered_logistic", cases, ordered_logistic, by_differences)

    def softplus_normal(loc, scale, x):
        lost = mp.log(-mp.expm1(-x))  # dz/dx = 1 / (1 - e^-x)
        value, size = normal(loc, scale, x + lost)
        return value - lost, size + abs(lost) + abs(x + lost - loc) / scale**2 * (x + abs(lost) + abs(loc))

    write("transformed", grid(loc=[0.0, -4.0, 30.0], scale=[0.3, 1.0, 8.0], x=[1e-6, 0.02, 0.7, 3.0, 45.0, 1e3]), softplus_normal,
          lambda loc, scale, x: stats.norm.logpdf(x + np.log(-np.expm1(-x)), loc, scale) - np.log(-np.expm1(-x)))


if __name__ == "__main__":
    distributions()
    functions()
    special_functions()
    more_distributions()
    moments()
    vectors()
    relaxations()
    vectors_with_matrices()
    random_matrices()
    walks()
    hidden_states()
    others()
    compositions()
