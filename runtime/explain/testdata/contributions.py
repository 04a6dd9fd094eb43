"""Writes XGBoost's own contributions of the models and rows of package native.

They were made by XGBoost 1.7.4. A row of contributions has a number a feature
and the base value; of several classes it has such a row a class.
"""
import json
import os

import numpy as np
import xgboost as xgb

here = os.path.dirname(os.path.abspath(__file__))
models = os.path.join(here, "..", "..", "model", "native", "testdata")
for task in ["binary", "multiclass", "regression"]:
    booster = xgb.Booster(model_file=os.path.join(models, task + ".json"))
    rows = json.load(open(os.path.join(models, task + ".rows.json")))["rows"]
    x = xgb.DMatrix(np.array([[np.nan if v is None else v for v in r] for r in rows], dtype=np.float64))
    found = booster.predict(x, pred_contribs=True, validate_features=False)
    with open(os.path.join(here, task + ".json"), "w") as out:
        json.dump(found.astype(float).round(9).tolist(), out)
        out.write("\n")
