"""Trains XGBoost models of the kinds that make.py leaves out: DART, splits by
categories (one category each, and sets of them), several classes, and both file
formats. Each is written with rows, predictions and contributions.

Categories that training never saw, negative numbers, fractions and missing values
are among the rows: there the way a number is taken for a category shows.
"""
import json
import os

import numpy as np
import xgboost as xgb

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(11)
x = rng.normal(size=(600, 4))
x[:, 1] = rng.integers(0, 40, 600)
x[:, 2] = rng.integers(0, 3, 600)
signal = np.isin(x[:, 1], [0, 3, 4, 5, 17, 31, 32, 33, 39]) + x[:, 0] * (x[:, 2] == 1) + rng.normal(scale=0.2, size=600)
x[rng.random(x.shape) < 0.1] = np.nan
plain = {"q": ["q"] * 4, "c": ["q", "c", "c", "q"]}
sorts = {
    "dart": ("q", "binary:logistic", (signal > 0.6).astype(int), {"booster": "dart", "rate_drop": 0.5}),
    "dart_classes": ("c", "multi:softprob", np.digitize(signal, [0, 0.9]),
                     {"booster": "dart", "rate_drop": 0.4, "num_class": 3}),
    "categories": ("c", "binary:logistic", (signal > 0.6).astype(int), {"base_score": 0.4}),
    "categories_regression": ("c", "reg:squarederror", signal, {"base_score": 0.25, "num_parallel_tree": 2,
                                                              "subsample": 0.8}),
}
rows = x[:60].copy()
for v in [-3, -1, -0.5, -1e-30, 0.5, 2.999999999, 3.0000001, 39.9, 40, 41, 1e6, 16777215, 16777216, 3e38, 2.99999]:
    for column in [1, 2]:
        row = x[70].copy()
        row[column] = v
        rows = np.vstack([rows, row])
for name, (kinds, objective, y, more) in sorts.items():
    data = xgb.DMatrix(x, y, feature_types=plain[kinds], enable_categorical=True)
    model = xgb.train({"objective": objective, "max_depth": 4, "eta": 0.3, "seed": 1, "tree_method": "hist",
                       "max_cat_to_onehot": 4, **more}, data, 5)
    model.feature_names = ["a", "b", "c", "d"]
    for end in ["json", "ubj"]:
        model.save_model(os.path.join(here, name + "." + end))
    model.feature_names = None
    asked = xgb.DMatrix(rows, feature_types=plain[kinds], enable_categorical=True)
    texts = [[None if np.isnan(v) else v for v in r] for r in rows.tolist()]
    with open(os.path.join(here, name + ".rows.json"), "w") as out:
        json.dump({"rows": texts, "predictions": model.predict(asked).reshape(len(rows), -1).tolist(),
                   "contributions": model.predict(asked, pred_contribs=True).reshape(len(rows), -1, 5).tolist()}, out)
