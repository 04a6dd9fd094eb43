"""Fits XGBoost, and scikit-learn where asked, on data written by the program beside.

    python3 peer.py FILE ROWS FEATURES TEST_ROWS [xgboost|sklearn]

FILE holds little-endian float32, row by row: the features, then the target;
the last TEST_ROWS rows are for scoring. Prints one line of JSON with the
seconds of fitting, building the binned matrix included, and the area under the
ROC curve.
"""

import json, sys, time

import numpy as np
from sklearn.metrics import roc_auc_score

file, rows, features, test = sys.argv[1], *map(int, sys.argv[2:5])
data = np.fromfile(file, dtype="<f4").reshape(rows + test, features + 1)
X, y = np.ascontiguousarray(data[:, :features]), data[:, features]

if sys.argv[5] == "xgboost":
    import xgboost as xgb

    start = time.perf_counter()
    train = xgb.DMatrix(X[:rows], y[:rows], nthread=2)
    booster = xgb.train({"objective": "binary:logistic", "tree_method": "hist", "max_depth": 6, "eta": 0.1, "nthread": 2}, train, 100)
    seconds = time.perf_counter() - start
    score = booster.predict(xgb.DMatrix(X[rows:]))
else:
    from sklearn.ensemble import HistGradientBoostingClassifier

    start = time.perf_counter()
    model = HistGradientBoostingClassifier(early_stopping=False).fit(X[:rows], y[:rows])
    seconds = time.perf_counter() - start
    score = model.predict_proba(X[rows:])[:, 1]

print(json.dumps({"seconds": seconds, "roc_auc": roc_auc_score(y[rows:], score)}))
