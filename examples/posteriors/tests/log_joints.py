"""Log-joint densities of all posteriors by numpy and scipy, in double precision.

    python log_joints.py DATA > log_joints.json

DATA is the folder with posteriordb and inference_gym. Each density is of the parameters as the model states them,
at their published means, and at half a published deviation above; all constants are kept. Where the program's
latent is another one than the published parameter, a comment says which, and what its density is.
"""

import json
import pathlib
import re
import sys

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import logsumexp
from scipy.stats import bernoulli, beta, cauchy, gamma, halfcauchy, halfnorm, lognorm, norm, poisson, truncnorm

SHIFTS = [0.0, 0.5]


def columns(d, names):
    return [np.array(d[name], float) for name in names.split()]


def normal(x, loc, scale):
    return norm.logpdf(x, loc, scale).sum()


def linear(outcome, predictors, p):
    predictors = np.stack([np.ones_like(outcome), *predictors], axis=1)
    return normal(outcome, predictors @ p["beta"], p["sigma"])


def earn_height(d, p):
    earn, height = columns(d, "earn height")
    return linear(earn, [height], p)


def logearn_height(d, p):
    earn, height = columns(d, "earn height")
    return linear(np.log(earn), [height], p)


def logearn_height_male(d, p):
    earn, height, male = columns(d, "earn height male")
    return linear(np.log(earn), [height, male], p)


def logearn_interaction(d, p):
    earn, height, male = columns(d, "earn height male")
    return linear(np.log(earn), [height, male, height * male], p)


def kidscore_momhs(d, p):
    score, hs = columns(d, "kid_score mom_hs")
    return linear(score, [hs], p) + halfcauchy.logpdf(p["sigma"], scale=2.5)


def kidscore_momiq(d, p):
    score, iq = columns(d, "kid_score mom_iq")
    return linear(score, [iq], p) + halfcauchy.logpdf(p["sigma"], scale=2.5)


def kidscore_interaction(d, p):
    score, hs, iq = columns(d, "kid_score mom_hs mom_iq")
    return linear(score, [hs, iq, hs * iq], p) + halfcauchy.logpdf(p["sigma"], scale=2.5)


def kidscore_interaction_c(d, p):
    score, hs, iq = columns(d, "kid_score mom_hs mom_iq")
    h, q = hs - hs.mean(), iq - iq.mean()
    return linear(score, [h, q, h * q], p)


def kidscore_interaction_z(d, p):
    score, hs, iq = columns(d, "kid_score mom_hs mom_iq")
    h, q = [(x - x.mean()) / (2 * x.std(ddof=1)) for x in (hs, iq)]
    return linear(score, [h, q, h * q], p)


def mesquite(d, p):
    weight, *x = columns(d, "weight diam1 diam2 canopy_height total_height density group")
    return linear(weight, x, p)


def logmesquite(d, p):
    weight, *x, group = columns(d, "weight diam1 diam2 canopy_height total_height density group")
    return linear(np.log(weight), [*np.log(x), group], p)


def logmesquite_logvolume(d, p):
    weight, diam1, diam2, height = columns(d, "weight diam1 diam2 canopy_height")
    return linear(np.log(weight), [np.log(diam1 * diam2 * height)], p)


def logmesquite_logva(d, p):
    weight, diam1, diam2, height, group = columns(d, "weight diam1 diam2 canopy_height group")
    return linear(np.log(weight), [np.log(diam1 * diam2 * height), np.log(diam1 * diam2), group], p)


def nes(d, p):
    names = "partyid7 real_ideo race_adj age_discrete educ1 gender income"
    party, ideology, race, age, educ, gender, income = columns(d, names)
    ages = [(age == group).astype(float) for group in (2, 3, 4)]
    return linear(party, [ideology, race, *ages, educ, gender, income], p)


def blr(d, p):
    x, y = columns(d, "X y")
    prior = normal(p["beta"], 0, 10) + halfnorm.logpdf(p["sigma"], scale=10)
    return prior + normal(y, x @ p["beta"], p["sigma"])


def kilpisjarvi(d, p):
    x, y = columns(d, "x y")
    prior = normal(p["alpha"], d["pmualpha"], d["psalpha"]) + normal(p["beta"], d["pmubeta"], d["psbeta"])
    return prior + normal(y, p["alpha"] + p["beta"] * x, p["sigma"])


def schools(d, p):
    y, sigma = columns(d, "y sigma")
    prior = normal(p["mu"], 0, 5) + halfcauchy.logpdf(p["tau"], scale=5)
    return prior + normal(y, p["theta"], sigma)


def eight_schools_centered(d, p):
    return schools(d, p) + normal(p["theta"], p["mu"], p["tau"])


def eight_schools_noncentered(d, p):
    # theta_trans = (theta - mu) / tau
    return schools(d, p) + normal((p["theta"] - p["mu"]) / p["tau"], 0, 1)


def ark(d, p):
    y, k = np.array(d["y"]), d["K"]
    prior = normal(p["alpha"], 0, 10) + normal(p["beta"], 0, 10) + halfcauchy.logpdf(p["sigma"], scale=2.5)
    mean = [p["alpha"] + sum(p["beta"][i] * y[t - i - 1] for i in range(k)) for t in range(k, len(y))]
    return prior + normal(y[k:], mean, p["sigma"])


def arma11(d, p):
    y, mu, phi, theta = d["y"], p["mu"], p["phi"], p["theta"]
    prior = normal(mu, 0, 10) + normal(phi, 0, 2) + normal(theta, 0, 2) + halfcauchy.logpdf(p["sigma"], scale=2.5)
    errors = [y[0] - (mu + phi * mu)]
    for t in range(1, len(y)):
        errors.append(y[t] - (mu + phi * y[t - 1] + theta * errors[-1]))
    return prior + normal(errors, 0, p["sigma"])


def garch11(d, p):
    y, mu = d["y"], p["mu"]
    variances = [d["sigma1"] ** 2]
    for t in range(1, len(y)):
        variances.append(p["alpha0"] + p["alpha1"] * (y[t - 1] - mu) ** 2 + p["beta1"] * variances[-1])
    # beta1 = (1 - alpha1) share, with share uniform
    return np.log1p(-p["alpha1"]) + normal(y, mu, np.sqrt(variances))


def gp_pois_regr(d, p):
    x = np.array(d["x"], float)
    # f_tilde is 1, sin 2, sin 3, ..: that of the mean of f is not well determined
    f_tilde = np.sin(np.arange(1, len(x) + 1))
    prior = gamma.logpdf(p["rho"], 25, scale=1 / 4) + halfnorm.logpdf(p["alpha"], scale=2) + normal(f_tilde, 0, 1)
    k = p["alpha"] ** 2 * np.exp(-np.subtract.outer(x, x) ** 2 / (2 * p["rho"] ** 2)) + 1e-10 * np.eye(len(x))
    return prior + poisson.logpmf(d["k"], np.exp(np.linalg.cholesky(k) @ f_tilde)).sum()


def hmm_example(d, p):
    mu = p["mu"]
    prior = normal(mu, [3, 10], 1)
    log_moves = np.log([[row[0], 1 - row[0]] for row in (p["theta1"], p["theta2"])])
    forward = norm.logpdf(d["y"][0], mu, 1)
    for y in d["y"][1:]:
        forward = logsumexp(forward[:, None] + log_moves, axis=0) + norm.logpdf(y, mu, 1)
    return prior + logsumexp(forward)


def lotka_volterra(d, p):
    theta, z_init, sigma = p["theta"], p["z_init"], p["sigma"]
    loc, scale = np.array([1, 0.05, 1, 0.05]), np.array([0.5, 0.05, 0.5, 0.05])
    prior = truncnorm.logpdf(theta, -loc / scale, np.inf, loc, scale).sum()
    prior += lognorm.logpdf(sigma, 1, scale=np.exp(-1)).sum() + lognorm.logpdf(z_init, 1, scale=10).sum()

    def slope(_, z):
        return [(theta[0] - theta[1] * z[1]) * z[0], (-theta[2] + theta[3] * z[0]) * z[1]]

    path = solve_ivp(slope, (0, d["ts"][-1]), z_init, "DOP853", d["ts"], rtol=1e-12, atol=1e-12).y.T
    first = lognorm.logpdf(d["y_init"], sigma, scale=z_init).sum()
    return prior + first + lognorm.logpdf(d["y"], sigma, scale=path).sum()


def low_dim_gauss_mix(d, p):
    y, mu, sigma, theta = np.array(d["y"]), p["mu"], p["sigma"], p["theta"]
    prior = normal(mu, 0, 2) + halfnorm.logpdf(sigma, scale=2).sum() + beta.logpdf(theta, 5, 5)
    return prior + np.log(theta * norm.pdf(y, mu[0], sigma[0]) + (1 - theta) * norm.pdf(y, mu[1], sigma[1])).sum()


def brownian_motion(d, p):
    x, step = p["x"], d["innovation_noise_scale"]
    seen = [(x[t], y) for t, y in enumerate(d["y"]) if y is not None]
    walk = normal(x[0], 0, step) + sum(normal(x[t], x[t - 1], step) for t in range(1, d["T"]))
    return walk + sum(normal(y, x, d["observation_noise_scale"]) for x, y in seen)


def convection_lorenz_bridge(d, p):
    path, step = p["x"].reshape(d["T"], 3), d["step_size"]
    density = normal(path[0], 0, 1)
    for (x, y, z), to in zip(path, path[1:]):
        slope = np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
        density += normal(to, [x, y, z] + step * slope, np.sqrt(step) * d["innovation_scale"])
    seen = [(at[0], x) for at, x in zip(path, d["x_obs"]) if x is not None]
    return density + sum(normal(x, at, d["observation_scale"]) for at, x in seen)


def german_credit(d, p):
    x, y = columns(d, "x y")
    return normal(p["x"], 0, 1) - np.logaddexp(0, (1 - 2 * y) * (x @ p["x"])).sum()


def radon(d, p):
    uranium, floor, by_county, log_radon = columns(d, "log_uranium floor floor_by_county log_radon")
    w, effect = p["weight"], p["county_effect"]
    prior = normal(p["county_effect_mean"], 0, 1) + normal(w, 0, 1)
    prior += normal(effect, p["county_effect_mean"], p["county_effect_scale"])
    mean = uranium * w[0] + floor * w[1] + by_county * w[2] + effect[d["county"]]
    return prior + normal(log_radon, mean, p["log_radon_scale"])


def radon_uniform(d, p):
    return radon(d, p) - 2 * np.log(100)


def radon_halfnormal(d, p):
    return radon(d, p) + halfnorm.logpdf([p["county_effect_scale"], p["log_radon_scale"]]).sum()


def stochastic_volatility(d, p):
    h, y = p["log_volatility"], np.array(d["centered_returns"])
    phi, mean, shock = [p[x] for x in ("persistence_of_volatility", "mean_log_volatility", "white_noise_shock_scale")]
    # b = (1 + phi) / 2
    prior = beta.logpdf((1 + phi) / 2, 20, 1.5) + cauchy.logpdf(mean, 0, 5) + halfcauchy.logpdf(shock, scale=2)
    walk = normal(h[0], mean, shock / np.sqrt(1 - phi**2)) + normal(h[1:], mean + phi * (h[:-1] - mean), shock)
    return prior + walk + normal(y, 0, np.exp(h / 2))


def item_response_theory(d, p):
    mean, ability, difficulty = [
        p[x] for x in ("mean_student_ability", "centered_student_ability", "question_difficulty")
    ]
    prior = normal(mean, 0.75, 1) + normal(ability, 0, 1) + normal(difficulty, 0, 1)
    logits = mean + ability[d["student_id"]] - difficulty[d["question_id"]]
    return prior + bernoulli.logpmf(d["correct"], 1 / (1 + np.exp(-logits))).sum()


POSTERIORS = {
    "posteriordb/arK-arK": ark,
    "posteriordb/arma-arma11": arma11,
    "posteriordb/earnings-earn_height": earn_height,
    "posteriordb/earnings-logearn_height": logearn_height,
    "posteriordb/earnings-logearn_height_male": logearn_height_male,
    "posteriordb/earnings-logearn_interaction": logearn_interaction,
    "posteriordb/eight_schools-eight_schools_centered": eight_schools_centered,
    "posteriordb/eight_schools-eight_schools_noncentered": eight_schools_noncentered,
    "posteriordb/garch-garch11": garch11,
    "posteriordb/gp_pois_regr-gp_pois_regr": gp_pois_regr,
    "posteriordb/hmm_example-hmm_example": hmm_example,
    "posteriordb/hudson_lynx_hare-lotka_volterra": lotka_volterra,
    "posteriordb/kidiq-kidscore_interaction": kidscore_interaction,
    "posteriordb/kidiq-kidscore_momhs": kidscore_momhs,
    "posteriordb/kidiq-kidscore_momiq": kidscore_momiq,
    "posteriordb/kidiq_with_mom_work-kidscore_interaction_c": kidscore_interaction_c,
    "posteriordb/kidiq_with_mom_work-kidscore_interaction_z": kidscore_interaction_z,
    "posteriordb/kilpisjarvi_mod-kilpisjarvi": kilpisjarvi,
    "posteriordb/low_dim_gauss_mix-low_dim_gauss_mix": low_dim_gauss_mix,
    "posteriordb/mesquite-logmesquite": logmesquite,
    "posteriordb/mesquite-logmesquite_logva": logmesquite_logva,
    "posteriordb/mesquite-logmesquite_logvolume": logmesquite_logvolume,
    "posteriordb/mesquite-mesquite": mesquite,
    "posteriordb/nes1972-nes": nes,
    "posteriordb/nes1980-nes": nes,
    "posteriordb/nes1984-nes": nes,
    "posteriordb/nes1996-nes": nes,
    "posteriordb/sblri-blr": blr,
    "inference_gym/brownian_motion_missing_middle_observations": brownian_motion,
    "inference_gym/convection_lorenz_bridge": convection_lorenz_bridge,
    "inference_gym/german_credit_numeric_logistic_regression": german_credit,
    "inference_gym/radon_contextual_effects_minnesota": radon_uniform,
    "inference_gym/radon_contextual_effects_minnesota_halfnormal": radon_halfnormal,
    "inference_gym/stochastic_volatility_sp500": stochastic_volatility,
    "inference_gym/stochastic_volatility_sp500_small": stochastic_volatility,
    "inference_gym/synthetic_item_response_theory": item_response_theory,
}


def point(reference, shift):
    """Each parameter, a list in row-major order where it has indices, `shift` deviations above its mean."""
    sites = {}
    for name, moments in reference.items():
        site, *index = re.findall(r"\w+", name)
        sites.setdefault(site, []).append((list(map(int, index)), moments["mean"] + shift * moments["sd"]))
    values = {site: np.array([value for _, value in sorted(items)]) for site, items in sites.items()}
    return {site: value if sites[site][0][0] else value[0] for site, value in values.items()}


def main():
    root, cases = pathlib.Path(sys.argv[1]), []
    for path, log_joint in POSTERIORS.items():
        file = json.loads((root / f"{path}.json").read_text())
        for shift in SHIFTS:
            value = float(log_joint(file["data"], point(file["reference"], shift)))
            cases.append({"posterior": path.split("/")[1], "shift": shift, "log_joint": repr(value)})
    lines = ",\n".join(json.dumps(case) for case in cases)
    print(f'{{"made_by": "log_joints.py", "cases": [\n{lines}\n]}}')


main()
