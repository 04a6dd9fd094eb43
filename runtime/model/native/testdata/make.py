"""Trains one XGBoost model a task and writes each with rows and predictions.

Rows that lie on a threshold of the model, and on the 32-bit numbers around it,
are among them: there the way numbers are compared shows.
"""
import json
import os

import numpy as np
import xgboost as xgb

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)
x = rng.normal(size=(400, 4))
x[:, 3] = rng.integers(0, 3, 400)
x[rng.random(x.shape) < 0.1] = np.nan
signal = np.nan_to_num(x[:, 0]) + 0.5 * np.nan_to_num(x[:, 1]) ** 2 + rng.normal(scale=0.3, size=400)
targets = {
    "binary": ("binary:logistic", (signal > 0.4).astype(int), {}),
    "multiclass": ("multi:softprob", np.digitize(signal, [0, 0.8]), {"num_class": 3}),
    "regression": ("reg:squarederror", signal, {"base_score": 0.25}),
}
names = ["a", "b b", "c=<1>", "d"]
for task, (objective, y, more) in targets.items():
    data = xgb.DMatrix(x, y)
    model = xgb.train({"objective": objective, "max_depth": 4, "eta": 0.3, "seed": 1, **more}, data, 8)
    file = os.path.join(here, task + ".json")
    model.feature_names = [n.replace("[", "_").replace("]", "_").replace("<", "_") for n in names]
    model.save_model(file)
    model.feature_names = None
    rows = x[:40].tolist()
    tree = json.load(open(file))["learner"]["gradient_booster"]["model"]["trees"][0]
    for i, left in enumerate(tree["left_children"]):
        if left == -1:
            continue
        at = np.float32(tree["split_conditions"][i])
        for v in [at, np.nextafter(at, np.float32(9)), np.nextafter(at, np.float32(-9)),
                  (float(at) + float(np.nextafter(at, np.float32(-9)))) / 2,
                  np.nextafter(float(at), -9), np.nextafter(float(at), 9)]:
            row = x[50].tolist()
            row[tree["split_indices"][i]] = float(v)
            rows.append(row)
    found = model.predict(xgb.DMatrix(np.array(rows)))
    rows = [[None if np.isnan(v) else v for v in r] for r in rows]
    with open(os.path.join(here, task + ".rows.json"), "w") as out:
        json.dump({"rows": rows, "predictions": found.tolist()}, out)

# A model of columns without names: the file has none either.
plain = rng.normal(size=(40, 2))
xgb.train({"objective": "reg:squarederror", "max_depth": 1}, xgb.DMatrix(plain, plain[:, 0]), 1).save_model(os.path.join(here, "unnamed.json"))
