"""Measures one combination of parameters by cross-validation."""
import json
import sys

import pandas
import xgboost

eta, depth, out = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
params = json.load(open("params.json"))
table = pandas.read_csv("prepare/train_features.csv")
data = xgboost.DMatrix(table.iloc[:, :-1], table.iloc[:, -1])
found = xgboost.cv(
    {"objective": "reg:squarederror", "eta": eta, "max_depth": depth, "subsample": 0.8, "seed": 1, "nthread": 1},
    data, params["rounds"], nfold=params["folds"], seed=1, early_stopping_rounds=20,
)
best = found["test-rmse-mean"].idxmin()
print(f"eta {eta}, depth {depth}: rmse {found['test-rmse-mean'][best]:.3f} after {best + 1} rounds")
with open(out, "w") as f:
    json.dump({"eta": eta, "max_depth": depth, "rounds": int(best) + 1, "rmse": float(found["test-rmse-mean"][best])}, f)
