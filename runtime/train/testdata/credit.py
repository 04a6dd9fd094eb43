"""Prints scikit-learn's mean test ROC AUC of a logistic regression on the credit data over twenty splits.

Run with a Python that has scikit-learn and pandas: python3 credit.py PATH/credit_data.csv
"""

import sys

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

d = pd.read_csv(sys.argv[1])
y = (d.pop("Status") == "bad").astype(int)
text = d.select_dtypes("object").columns
number = d.columns.difference(text)
scores = []
for seed in range(20):
    a, b, ya, yb = train_test_split(d, y, test_size=0.25, stratify=y, random_state=seed)
    m = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), number),
            (OneHotEncoder(handle_unknown="ignore"), text),
        ),
        LogisticRegression(max_iter=10000),
    ).fit(a, ya)
    scores.append(roc_auc_score(yb, m.predict_proba(b)[:, 1]))
print(f"{np.mean(scores):.4f} +- {np.std(scores):.4f}")
