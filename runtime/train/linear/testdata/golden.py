"""Writes golden.json: what scikit-learn fits on small tables.

Run with a Python that has scikit-learn (made with 1.2): python3 golden.py
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

rng = np.random.default_rng(7)
n = 160
x = np.column_stack([
    rng.normal(5, 2, n),
    rng.normal(0, 0.1, n),
    rng.exponential(3, n),
    rng.integers(0, 2, n),
    np.full(n, 3.0),
]).round(6)
score = (x[:, 0] - 5) / 2 + 8 * x[:, 1] - (x[:, 2] - 3) / 4 + 0.7 * x[:, 3]
y2 = (score + rng.logistic(0, 1, n) > 0.8).astype(float)
y3 = np.digitize(score + rng.normal(0, 0.8, n), [-0.5, 0.9]).astype(float)
value = (12 * score + rng.normal(0, 3, n)).round(6)
home = rng.integers(0, 3, n)
collinear = np.column_stack([x[:, :2], *[(home == k).astype(float) for k in range(3)]])

cases = []


def logistic(name, y, classes, params, **kwargs):
    # The textbook's optimum: standardised columns would change the penalty, so
    # the solver gets the table as it is and all the iterations it wants.
    m = LogisticRegression(solver="newton-cg", tol=1e-7, max_iter=100000, **kwargs).fit(x, y)
    cases.append(dict(name=name, x=x.tolist(), y=y.tolist(), classes=classes, params=params,
                      coef=m.coef_.tolist(), intercept=np.atleast_1d(m.intercept_).tolist(), proba=m.predict_proba(x).tolist()))


def linear(name, table, params, m):
    m.fit(table, value)
    cases.append(dict(name=name, x=table.tolist(), y=value.tolist(), classes=0, params=params,
                      coef=[m.coef_.tolist()], intercept=[float(m.intercept_)], proba=None))


logistic("binary", y2, 2, {})
logistic("binary balanced, strong penalty", y2, 2, {"C": 0.05, "class_weight": "balanced"}, C=0.05, class_weight="balanced")
logistic("binary without intercept", y2, 2, {"fit_intercept": False}, fit_intercept=False)
logistic("three classes", y3, 3, {}, multi_class="multinomial")
logistic("three classes balanced", y3, 3, {"C": 10, "class_weight": "balanced"}, C=10, class_weight="balanced", multi_class="multinomial")
logistic("three classes without intercept", y3, 3, {"fit_intercept": False}, fit_intercept=False, multi_class="multinomial")
linear("ordinary", x, {}, LinearRegression())
linear("collinear", collinear, {}, LinearRegression())
linear("without intercept", x, {"fit_intercept": False}, LinearRegression(fit_intercept=False))
linear("ridge", collinear, {"alpha": 2.5}, Ridge(alpha=2.5))
linear("fewer rows than features", x, {}, LinearRegression())
few = cases.pop()
m = LinearRegression().fit(x[:4], value[:4])
few.update(x=x[:4].tolist(), y=value[:4].tolist(), coef=[m.coef_.tolist()], intercept=[float(m.intercept_)])
cases.append(few)

pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(cases) + "\n")
