"""Trains XGBoost on generated rows and explains some of them.

    python3 peer.py FOLDER ROWS FEATURES EXPLAINED DEPTH TREES THREADS

Writes model.json, rows.f32 (little-endian, row by row) and contributions.f32 (a
number a feature and the base value, row by row) into FOLDER and prints one line
of JSON with the seconds that pred_contribs takes, the fastest of three times.
"""

import json, os, sys, time

import numpy as np
import xgboost as xgb

folder = sys.argv[1]
rows, features, explained, depth, trees, threads = map(int, sys.argv[2:8])
rng = np.random.default_rng(1)
X = rng.normal(size=(rows, features)).astype("<f4")
y = (X[:, 0] * X[:, 1] + X[:, 2] ** 2 + np.sin(3 * X[:, 3]) + X[:, 4 % features] + rng.normal(size=rows) > 1).astype(int)
booster = xgb.train({"objective": "binary:logistic", "tree_method": "hist", "max_depth": depth, "eta": 0.1,
                     "min_child_weight": 0, "lambda": 0, "nthread": threads}, xgb.DMatrix(X, y, nthread=threads), trees)
booster.set_param({"nthread": threads})
booster.save_model(os.path.join(folder, "model.json"))
part = np.ascontiguousarray(X[:explained])
part.tofile(os.path.join(folder, "rows.f32"))
seconds = float("inf")
for _ in range(3):
    data = xgb.DMatrix(part, nthread=threads)
    start = time.perf_counter()
    found = booster.predict(data, pred_contribs=True)
    seconds = min(seconds, time.perf_counter() - start)
found.astype("<f4").tofile(os.path.join(folder, "contributions.f32"))
print(json.dumps({"seconds": seconds}))
