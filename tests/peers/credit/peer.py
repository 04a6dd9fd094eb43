"""Fits scikit-learn's model on the splits that standard input names.

Reads one JSON object {file, target, positive, features, model, splits: [{train,
test}]} with 0-based row numbers, and prints {roc_auc, seconds}, each the mean
over the splits; the seconds are those of fitting, preprocessing included.
"""

import json, sys, time

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

q = json.load(sys.stdin)
rows = pd.read_csv(q["file"])
y = (rows[q["target"]] == q["positive"]).to_numpy().astype(int)
x = rows[q["features"]]
text = x.select_dtypes("object").columns
number = x.columns.difference(text)

scores, seconds = [], []
for i, s in enumerate(q["splits"]):
    if q["model"] == "RandomForest":
        model = RandomForestClassifier(100, max_depth=10, n_jobs=2, random_state=i)
    else:
        model = HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=i)
    encode = make_column_transformer(
        (SimpleImputer(strategy="median"), number),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), text),
    )
    m = make_pipeline(encode, model)
    began = time.perf_counter()
    m.fit(x.iloc[s["train"]], y[s["train"]])
    seconds.append(time.perf_counter() - began)
    scores.append(roc_auc_score(y[s["test"]], m.predict_proba(x.iloc[s["test"]])[:, 1]))

print(json.dumps({"roc_auc": float(np.mean(scores)), "seconds": float(np.mean(seconds))}))
