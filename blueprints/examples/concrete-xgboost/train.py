"""Trains with the chosen parameters and saves the model as JSON, which the
runtime scores by itself."""
import json
import sys

import pandas
import xgboost

best, out = json.load(open(sys.argv[1])), sys.argv[2]
table = pandas.read_csv("prepare/train_features.csv")
data = xgboost.DMatrix(table.iloc[:, :-1], table.iloc[:, -1])
model = xgboost.train(
    {"objective": "reg:squarederror", "eta": best["eta"], "max_depth": best["max_depth"], "subsample": 0.8, "seed": 1, "nthread": 1},
    data, best["rounds"], evals=[(data, "train")], verbose_eval=50,
)
model.save_model(out)
