"""Fits XGBoost or scikit-learn on a table written by the program beside.

    python3 peer.py FILE ROWS FEATURES TEST_ROWS CLASSES xgboost|sklearn

FILE holds little-endian float32, row by row: the features, then the class; the
last TEST_ROWS rows are for scoring. Prints one line of JSON with the log loss
on those rows.
"""

import json, sys

import numpy as np

file, rows, features, test, classes = sys.argv[1], *map(int, sys.argv[2:6])
data = np.fromfile(file, dtype="<f4").reshape(rows + test, features + 1)
X, y = np.ascontiguousarray(data[:, :features]), data[:, features].astype(int)

if sys.argv[6] == "xgboost":
    import xgboost as xgb

    task = {"objective": "multi:softprob", "num_class": classes} if classes > 2 else {"objective": "binary:logistic"}
    booster = xgb.train({**task, "tree_method": "hist", "max_depth": 6, "nthread": 2}, xgb.DMatrix(X[:rows], y[:rows]), 100)
    p = booster.predict(xgb.DMatrix(X[rows:])).astype(float)
    if classes == 2:
        p = np.stack([1 - p, p], axis=1)
else:
    from sklearn.ensemble import HistGradientBoostingClassifier

    m = HistGradientBoostingClassifier(early_stopping=False).fit(X[:rows], y[:rows])
    p = np.full((test, classes), 0.0)
    p[:, m.classes_] = m.predict_proba(X[rows:])

loss = -np.log(np.clip(p[np.arange(test), y[rows:]], 2.2e-16, 1))
print(json.dumps({"log_loss": float(loss.mean())}))
