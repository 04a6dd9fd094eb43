"""Writes golden.csv and, beside it, what pandas, numpy and scipy make of it.

    python3 golden.py

golden.json is a list of expectations with the counts or the value that they come
to under the definitions of Great Expectations 1.2, each computed here with the
library that Great Expectations would call.
"""

import json, pathlib, re

import numpy as np
import pandas as pd
from scipy import stats

folder = pathlib.Path(__file__).parent
r = np.random.default_rng(7)
rows = 400
words = ["red", "green", "blue", "ärger", "日本", "a longer text than most of the others are, by far, and then some"]
d = pd.DataFrame(
    {
        "n_normal": r.normal(1e6, 1, rows).round(9),
        "n_skewed": np.exp(r.normal(0, 3, rows)).round(6),
        "i_few": r.integers(0, 9, rows).astype(float),
        "i_id": np.concatenate([np.arange(rows - 40), r.integers(0, rows - 40, 40)]).astype(float),
        "c_word": r.choice(words, rows, p=[0.3, 0.25, 0.2, 0.15, 0.05, 0.05]),
        "t_name": [f"name-{v}" for v in r.integers(0, 300, rows)],
    }
)
for name, share in {"n_normal": 0.1, "n_skewed": 0.02, "i_few": 0.05, "c_word": 0.1, "t_name": 0.2}.items():
    d.loc[r.random(rows) < share, name] = np.nan
d.to_csv(f"{folder}/golden.csv", index=False, na_rep="NA", float_format="%.9f")
d = pd.read_csv(f"{folder}/golden.csv", na_values=["NA"], keep_default_na=False, float_precision="round_trip")

cases = []


def case(expectation, column=None, observed=None, unexpected=None, missing=None, **kwargs):
    out = {"expectation": expectation, "column": column or "", "kwargs": kwargs}
    if observed is not None:
        out["observed"] = observed
    if unexpected is not None:
        out["unexpected"] = [int(i) + 1 for i in np.flatnonzero(unexpected)]
    if missing is not None:
        out["missing"] = int(missing)
    cases.append(out)


def rowwise(expectation, column, bad, **kwargs):
    null = d[column].isna()
    case(expectation, column, unexpected=bad & ~null, missing=null.sum(), **kwargs)


for c in ["n_normal", "n_skewed", "i_few", "i_id"]:
    x = d[c].dropna()
    for name, v in {"min": x.min(), "max": x.max(), "mean": x.mean(), "median": x.median(), "stdev": x.std(), "sum": x.sum()}.items():
        case(f"column_{name}_to_be_between", c, observed=float(v), missing=d[c].isna().sum(), min_value=-1e300)
    q = [0, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.99, 1]
    case(
        "column_quantile_values_to_be_between", c, observed=[float(v) for v in x.quantile(q, interpolation="nearest")],
        quantile_ranges={"quantiles": q, "value_ranges": [[None, None]] * len(q)},
    )
    rowwise("column_values_to_be_between", c, ~d[c].between(x.quantile(0.2), x.quantile(0.8), inclusive="neither"),
            min_value=float(x.quantile(0.2)), max_value=float(x.quantile(0.8)), strict_min=True, strict_max=True)
    rowwise("column_values_to_be_in_set", c, ~d[c].isin([float(v) for v in x[:30]]), value_set=[float(v) for v in x[:30]])

for c in d.columns:
    x = d[c].dropna()
    case("column_unique_value_count_to_be_between", c, observed=float(x.nunique()), min_value=0)
    case("column_proportion_of_unique_values_to_be_between", c, observed=x.nunique() / len(x), min_value=0)
    rowwise("column_values_to_be_unique", c, d[c].duplicated(keep=False))
    case("column_values_to_not_be_null", c, unexpected=d[c].isna(), missing=0)
    case("column_values_to_be_null", c, unexpected=d[c].notna(), missing=0)

for c in ["c_word", "t_name"]:
    text = d[c].fillna("")
    for regex in ["e", "^[a-z]+$", "[0-9]{2}$", "longer|日"]:
        hit = text.map(lambda s: re.search(regex, s) is not None)
        rowwise("column_values_to_match_regex", c, ~hit, regex=regex)
        rowwise("column_values_to_not_match_regex", c, hit, regex=regex)
    rowwise("column_value_lengths_to_be_between", c, ~text.str.len().between(3, 6), min_value=3, max_value=6)
    rowwise("column_value_lengths_to_equal", c, text.str.len() != 5, value=5)
    rowwise("column_values_to_not_be_in_set", c, d[c].isin(["red", "ärger"]), value_set=["red", "ärger"])

pair = d[["i_few", "n_skewed"]]
for ignore, left in {"both_values_are_missing": pair.isna().all(axis=1), "either_value_is_missing": pair.isna().any(axis=1), "neither": pair.isna().all(axis=1) & False}.items():
    case("column_pair_values_a_to_be_greater_than_b", unexpected=~(pair.i_few > pair.n_skewed) & ~left, missing=left.sum(), column_A="i_few", column_B="n_skewed", ignore_row_if=ignore)
several = d[["i_few", "c_word"]]
for ignore, left in {"all_values_are_missing": several.isna().all(axis=1), "any_value_is_missing": several.isna().any(axis=1), "never": several.isna().all(axis=1) & False}.items():
    dup = several[~left].duplicated(keep=False).reindex(d.index, fill_value=False)
    case("compound_columns_to_be_unique", unexpected=dup, missing=left.sum(), column_list=["i_few", "c_word"], ignore_row_if=ignore)


def kl(column, p, q, **kwargs):
    v = stats.entropy(p, q)
    assert np.isfinite(v)
    case("column_kl_divergence_to_be_less_than", column, observed=float(v), threshold=0, **kwargs)


counts = d.c_word.value_counts()
q = pd.Series([0.4, 0.3, 0.3], index=["red", "green", "mauve"])
both = pd.concat([q.rename("q"), counts.rename("p")], axis=1)
for tail in [0.05, 0.3]:
    rest = both.q.isna().sum()
    kl("c_word", both.p.fillna(0), (both.q * (1 - tail)).fillna(tail / rest), partition_object={"values": list(q.index), "weights": list(q)}, tail_weight_holdout=tail)

x = d.n_skewed.dropna()
bins, weights = [0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0], [0.1, 0.3, 0.2, 0.2, 0.0, 0.2]
inside = np.histogram(x, bins)[0]
observed = np.concatenate([[(x < bins[0]).sum()], inside, [(x > bins[-1]).sum()]]) / len(x)
for tail, internal in [(0.1, 0.05), (0.01, 0.2)]:
    w = np.array(weights) * (1 - tail - internal)
    w[np.array(weights) == 0] = internal / 1
    kl("n_skewed", observed, np.concatenate([[tail / 2], w, [tail / 2]]), partition_object={"bins": bins, "weights": weights}, tail_weight_holdout=tail, internal_weight_holdout=internal)
tails = [0.08, 0.12]
w = np.array([0.1, 0.2, 0.2, 0.1, 0.1, 0.1])
kl("n_skewed", observed, np.concatenate([[tails[0]], w, [tails[1]]]), partition_object={"bins": bins, "weights": list(w), "tail_weights": tails})

with open(f"{folder}/golden.json", "w", encoding="utf-8") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
