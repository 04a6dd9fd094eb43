"""Writes testdata/: encoded matrices, splits and what scikit-learn makes of them.

Run with Debian's python3-sklearn (1.2), from the folder of this file:

    python3 export.py ../../../../blueprints/examples

The argument is the folder that holds credit_data.csv and concrete.csv, at any
depth. One-hot categories, median fill, 75/25 split with seed 42, as a newcomer
to scikit-learn would write it.
"""

import gzip, json, pathlib, sys

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.ensemble import (HistGradientBoostingClassifier, HistGradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

OUT = pathlib.Path(__file__).parent / "testdata"
SEEDS = range(5)


def find(folder, name):
    return next(pathlib.Path(folder).rglob(name))


def write(name, X, y, stratify):
    """Columns, then the target, then 1 where the row is held out."""
    rows = np.arange(len(y))
    train, test = train_test_split(rows, test_size=0.25, random_state=42, stratify=y if stratify else None)
    held = np.isin(rows, test).astype(int)
    frame = pd.DataFrame(X).copy()
    frame["target"], frame["held_out"] = y, held
    with gzip.GzipFile(OUT / f"{name}.csv.gz", "wb", mtime=0) as f:
        f.write(frame.to_csv(index=False, float_format="%.12g").encode())
    X = np.asarray(X, dtype=float)
    return X[train], X[test], y[train], y[test]


def score(kind, model, X, y):
    if kind == "regression":
        return r2_score(y, model.predict(X))
    if kind == "multiclass":
        return accuracy_score(y, model.predict(X))
    return roc_auc_score(y, model.predict_proba(X)[:, 1])


def run(kind, forest, boosting, Xa, Xb, ya, yb):
    """Mean score over seeds; the spread says how near is near enough."""
    forests = [score(kind, forest(s).fit(Xa, ya), Xb, yb) for s in SEEDS]
    return {"task": kind,
            "random_forest": float(np.mean(forests)), "random_forest_std": float(np.std(forests)),
            "gradient_boosting": score(kind, boosting(0).fit(Xa, ya), Xb, yb)}


def main(folder):
    OUT.mkdir(exist_ok=True)
    result = {}

    credit = pd.read_csv(find(folder, "credit_data.csv"))
    y = (credit.pop("Status") == "bad").astype(int).to_numpy()
    text = credit.select_dtypes("object").columns
    credit = credit.fillna(credit.median(numeric_only=True))
    X = pd.get_dummies(credit, columns=list(text)).astype(float)
    result["credit"] = run("binary",
        lambda s: RandomForestClassifier(100, max_depth=10, random_state=s, n_jobs=2),
        lambda s: HistGradientBoostingClassifier(random_state=s), *write("credit", X, y, True))

    concrete = pd.read_csv(find(folder, "concrete.csv"))
    y = concrete.pop("compressive_strength").to_numpy()
    result["concrete"] = run("regression",
        lambda s: RandomForestRegressor(100, random_state=s, n_jobs=2),
        lambda s: HistGradientBoostingRegressor(random_state=s), *write("concrete", concrete, y, False))

    digits = load_digits(as_frame=True)
    result["digits"] = run("multiclass",
        lambda s: RandomForestClassifier(100, random_state=s, n_jobs=2),
        lambda s: HistGradientBoostingClassifier(random_state=s), *write("digits", digits.data, digits.target.to_numpy(), True))

    (OUT / "scores.json").write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")


main(sys.argv[1])
