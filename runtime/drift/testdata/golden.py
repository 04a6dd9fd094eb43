"""Writes golden.json: what scipy and numpy say of samples that golden_test.go
makes anew by the same arithmetic.

    /usr/bin/python3 golden.py

Numbers come from a linear congruential generator, so that both sides hold the
very same bits without the file having to hold them.
"""

import json, os, sys

import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial import distance


def uniform(seed, n):
    out, x = np.empty(n), seed
    for i in range(n):
        x = (x * 1103515245 + 12345) % 2**31
        out[i] = x / 2**31
    return out


def make(s):
    u = uniform(s["seed"], s["n"])
    if s["shape"] == "square":
        u = u * u
    if s["shape"] == "steps":
        u = np.floor(u * 40)
    if s["shape"] == "tails":
        u = (u - 0.5) / (1.000001 - u) / u
    return s["shift"] + s["scale"] * u


def spec(seed, n, shape="uniform", scale=1.0, shift=0.0):
    return {"seed": seed, "n": n, "shape": shape, "scale": scale, "shift": shift}


def percents(a, b):
    """Evidently's get_binned_data for numbers."""
    if len(set(a)) > 20:
        bins = np.histogram_bin_edges(np.concatenate([a, b]), bins="sturges")
        return np.histogram(a, bins)[0], np.histogram(b, bins)[0]
    keys = sorted(set(a) | set(b))
    return np.array([(a == k).sum() for k in keys]), np.array([(b == k).sum() for k in keys])


def psi(p, q):
    p, q = p / p.sum(), q / q.sum()
    p, q = np.where(p == 0, 0.0001, p), np.where(q == 0, 0.0001, q)
    return float(np.sum((p - q) * np.log(p / q)))


def numbers():
    pairs = [
        (spec(1, 5), spec(2, 7)),
        (spec(1, 100), spec(2, 100)),
        (spec(3, 100), spec(4, 100, shift=0.3)),
        (spec(5, 999), spec(6, 250)),
        (spec(5, 999), spec(7, 250, "square")),
        (spec(8, 1000, "steps"), spec(9, 400, "steps")),
        (spec(8, 1000, "steps"), spec(10, 400, "steps", shift=1.0)),
        (spec(11, 3340, scale=100), spec(12, 500, scale=100, shift=5)),
        (spec(13, 10000), spec(14, 9999, shift=0.004)),
        (spec(13, 10000), spec(14, 10000)),
        (spec(13, 9973), spec(15, 997, "square")),
        (spec(16, 10001), spec(17, 50)),
        (spec(16, 10001), spec(18, 150, shift=0.1)),
        (spec(16, 10001), spec(19, 20000)),
        (spec(16, 20011), spec(20, 15013, shift=0.01)),
        (spec(21, 50000, "tails"), spec(22, 40000, "tails", scale=1.02)),
        (spec(23, 30000, "steps"), spec(24, 30000, "steps")),
        (spec(25, 12000), spec(26, 7, "square")),
        (spec(27, 40), spec(28, 60, shift=10)),
        (spec(29, 200), spec(29, 200)),
        (spec(30, 500, scale=3e-5), spec(31, 300, scale=3e-5, shift=4e-5)),
        (spec(32, 1500, scale=1e-12, shift=1e-9), spec(33, 90, scale=1e-12, shift=1e-9)),
    ]
    out = []
    for sa, sb in pairs:
        a, b = make(sa), make(sb)
        ks = stats.ks_2samp(a, b)
        p, q = percents(a, b)
        out.append({
            "a": sa, "b": sb,
            "ks": ks.statistic, "ks_p": ks.pvalue,
            "wasserstein": stats.wasserstein_distance(a, b),
            "normed": stats.wasserstein_distance(a, b) / np.std(a),
            "mean": np.mean(a), "std": np.std(a),
            "jensenshannon": distance.jensenshannon(p, q), "psi": psi(p, q),
            "bins": [p.tolist(), q.tolist()],
        })
    return out


def categories():
    tables = [
        [[50, 30, 20], [40, 35, 25]],
        [[500, 300, 200], [40, 60, 25]],
        [[312, 0, 5, 688], [10, 3, 0, 87]],
        [[700, 300], [60, 40]],
        [[999, 1], [95, 5]],
        [[1, 999], [0, 100]],
        [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], [12, 18, 33, 41, 48, 70, 61, 85, 88, 94]],
        [list(range(1, 401)), list(range(400, 0, -1))],
        [list(range(100, 500)), [c + (c * 7) % 13 for c in range(100, 500)]],
        [[123456, 654321, 11111], [123000, 655000, 11100]],
    ]
    out = []
    for a, b in tables:
        a, b = np.array(a), np.array(b)
        c = stats.chi2_contingency([a, b], correction=False)
        case = {
            "a": a.tolist(), "b": b.tolist(), "chi2": c[0], "chi2_p": c[1],
            "jensenshannon": distance.jensenshannon(a, b), "psi": psi(a, b),
        }
        if len(a) == 2:
            p1, p2, n1, n2 = a[1] / a.sum(), b[1] / b.sum(), a.sum(), b.sum()
            P = (p1 * n1 + p2 * n2) / (n1 + n2)
            case["z"] = (p1 - p2) / np.sqrt(P * (1 - P) * (1 / n1 + 1 / n2))
            case["z_p"] = 2 * stats.norm.sf(abs(case["z"]))
        out.append(case)
    return out


def kolmogorov():
    out = []
    for n in [1, 2, 3, 5, 10, 17, 50, 99, 139, 140, 141, 150, 500, 1000, 4999, 5000, 33333, 100000, 100001, 500000]:
        for z in [0.2, 0.28, 0.3, 0.4, 0.5, 0.6, 0.75, 0.86, 0.87, 0.9, 1.0, 1.1, 1.3, 1.48, 1.5, 1.8, 2.01, 2.5, 3.0, 4.5, 10.0, 19.0, 20.0]:
            d = z / np.sqrt(n)
            if d < 1:
                out.append([n, d, float(stats.kstwo.sf(d, n))])
        for nd in [0.4, 0.5, 0.51, 0.7, 1.0, 1.2, n - 1.2, n - 0.5]:
            if 0 < nd < n:
                out.append([n, nd / n, float(stats.kstwo.sf(nd / n, n))])
    return out


def smirnov():
    out = []
    for n in [1, 2, 10, 139, 1000, 50000, 1000000, 1000001, 3000000]:
        for z in [0.3, 1.0, 1.5, 2.0, 3.0]:
            d = z / np.sqrt(n)
            if d < 1:
                out.append([n, d, float(special.smirnov(n, d))])
    return out


def fisher():
    """One-sided: k of n rows in a class that holds so many of all."""
    out = []
    for k, c, n, total in [
        (3, 3, 100, 3100), (0, 10, 20, 40), (5, 10, 20, 40), (10, 10, 20, 40), (30, 30, 30, 4000), (1, 200, 30, 4000),
        (7, 1000, 30, 4000), (250, 5000, 500, 10000), (300, 5000, 500, 10000), (9000, 55000, 10000, 110000),
        (5100, 55000, 10000, 110000), (1, 1, 1, 2), (60, 3000, 2000, 90000), (40, 3000, 2000, 90000),
        (500400, 1000000, 1000000, 2000000),
    ]:
        h = stats.hypergeom(total, c, n)
        out.append([k, c, n, total, h.sf(k - 1), h.cdf(k)])
    return out


def adjusted(p):
    """Benjamini-Hochberg: of the i-th smallest of m, min over j >= i of p_j m / j."""
    p = np.array(p)
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1)
    return {"p": p.tolist(), "adjusted": out.tolist()}


golden = {
    "scipy": scipy.__version__, "numpy": np.__version__,
    "numbers": numbers(), "categories": categories(), "kolmogorov": kolmogorov(), "smirnov": smirnov(), "fisher": fisher(),
    "adjust": [
        adjusted([0.01, 0.02, 0.03, 0.04, 0.05]),
        adjusted([0.9, 0.001, 0.04, 0.04, 0.3, 0.02]),
        adjusted([0.6]), adjusted([0.5, 0.9]), adjusted([1e-12, 0.06, 0.049]),
    ],
}
with open(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "golden.json"), "w") as f:
    json.dump(golden, f, indent=1)
    f.write("\n")
