"""Writes golden.json: what scikit-learn says of predictions made up here.

Run with a Python that has scikit-learn (made with 1.2): python3 golden.py

A metric is null where scikit-learn raises, or warns that there is nothing to
compute it from. Ratios with nothing below the line are 0 (zero_division=0).
Fairness follows Fairlearn's definitions, computed here with numpy alone.
"""

import json
import pathlib

import numpy as np
from sklearn import metrics as m

rng = np.random.default_rng(2026)
cases = []


def value(f, *args, **kwargs):
    try:
        v = float(f(*args, **kwargs))
    except ValueError:
        return None
    return v if np.isfinite(v) else None


def binary(name, truth, proba):
    truth, proba = np.asarray(truth), np.round(np.asarray(proba, dtype=float), 9)
    label = (proba >= 0.5).astype(int)
    both = len(set(truth)) == 2
    want = {
        "accuracy": value(m.accuracy_score, truth, label),
        "balanced_accuracy": value(m.balanced_accuracy_score, truth, label),
        "precision": value(m.precision_score, truth, label, zero_division=0),
        "recall": value(m.recall_score, truth, label, zero_division=0),
        "f1": value(m.f1_score, truth, label, zero_division=0),
        "roc_auc": value(m.roc_auc_score, truth, proba) if both else None,
        "average_precision": value(m.average_precision_score, truth, proba) if truth.any() else None,
        "log_loss": value(m.log_loss, truth, proba, labels=[0, 1]),
        "brier_score_loss": value(m.brier_score_loss, truth, proba, pos_label=1),
    }
    cases.append(dict(name=name, task="binary", classes=2, truth=truth.tolist(), label=label.tolist(), proba=proba.tolist(), metrics=want,
                      confusion_matrix=m.confusion_matrix(truth, label, labels=[0, 1]).tolist()))


def multiclass(name, truth, proba):
    truth, proba = np.asarray(truth), np.asarray(proba, dtype=float)
    k = proba.shape[1]
    label = proba.argmax(axis=1)
    want = {
        "accuracy": value(m.accuracy_score, truth, label),
        "balanced_accuracy": value(m.balanced_accuracy_score, truth, label),
        "precision": value(m.precision_score, truth, label, average="macro", zero_division=0),
        "recall": value(m.recall_score, truth, label, average="macro", zero_division=0),
        "f1": value(m.f1_score, truth, label, average="macro", zero_division=0),
        "roc_auc": value(m.roc_auc_score, truth, proba, multi_class="ovr", average="macro") if len(set(truth)) == k else None,
        "log_loss": value(m.log_loss, truth, proba, labels=range(k)),
    }
    cases.append(dict(name=name, task="multiclass", classes=k, truth=truth.tolist(), label=label.tolist(), proba=proba.ravel().tolist(),
                      metrics=want, confusion_matrix=m.confusion_matrix(truth, label, labels=range(k)).tolist()))


def regression(name, truth, pred):
    truth, pred = np.asarray(truth, dtype=float), np.asarray(pred, dtype=float)
    want = {
        "r2": value(m.r2_score, truth, pred),
        "mean_absolute_error": value(m.mean_absolute_error, truth, pred),
        "mean_squared_error": value(m.mean_squared_error, truth, pred),
        "root_mean_squared_error": value(m.mean_squared_error, truth, pred, squared=False),
        "mean_absolute_percentage_error": value(m.mean_absolute_percentage_error, truth, pred),
        "median_absolute_error": value(m.median_absolute_error, truth, pred),
    }
    cases.append(dict(name=name, task="regression", classes=0, truth=truth.tolist(), value=pred.tolist(), metrics=want))


def made_up(n, digits):
    truth = rng.integers(0, 2, n)
    return truth, np.clip(0.5 + 0.2 * (2 * truth - 1) + rng.normal(0, 0.3, n), 0, 1).round(digits)


binary("unequal scores", *made_up(120, 9))
binary("many ties", *made_up(120, 1))
binary("few positives", (np.arange(90) % 15 == 0).astype(int), (0.6 * rng.beta(1, 3, 90) + 0.25 * (np.arange(90) % 15 == 0)).round(3))
binary("perfect", [0, 0, 1, 1, 1], [0, 0, 1, 1, 1])
binary("perfectly wrong", [0, 0, 1, 1, 1], [1, 1, 0, 0, 0])
binary("the same probability for all", [0, 1, 1, 0, 1, 0, 0], [0.3] * 7)
binary("nobody predicted positive", [0, 1, 1, 0], [0.1, 0.2, 0.4, 0.3])
binary("negatives only", [0, 0, 0], [0.2, 0.6, 0.4])
binary("positives only", [1, 1, 1], [0.2, 0.6, 0.4])
binary("one row", [1], [0.7])

truth = rng.integers(0, 4, 120)
proba = rng.dirichlet(np.ones(4), 120) * 0.7 + 0.3 * np.eye(4)[truth]
multiclass("four classes", truth, proba)
multiclass("many ties", truth, np.eye(4)[proba.argmax(axis=1)] * 0.7 + 0.075)
multiclass("certain, and sometimes wrong", truth, np.eye(4)[proba.argmax(axis=1)])
never = proba.copy()
never[:, 3] *= 0.01
multiclass("a class that is never predicted", truth, never / never.sum(axis=1, keepdims=True))
some = truth != 2
multiclass("a class that does not occur", truth[some], proba[some])
neither = never / never.sum(axis=1, keepdims=True)
multiclass("a class that neither occurs nor is predicted", truth[truth != 3], neither[truth != 3])
multiclass("perfect", [0, 1, 2, 2], np.eye(3)[[0, 1, 2, 2]])
multiclass("one class only", [1, 1], np.eye(3)[[1, 0]])

truth = rng.normal(30, 12, 121)
regression("an odd number of rows", truth, truth + rng.normal(0, 5, 121))
regression("an even number of rows", truth[:120], truth[:120] * 0.9 + rng.normal(0, 5, 120))
regression("worse than the mean", truth, -truth)
regression("perfect", truth, truth)
regression("the same prediction for all", truth, np.full(121, 30.0))
regression("a constant truth, met", [4.0] * 5, [4.0] * 5)
regression("a constant truth, missed", [4.0] * 5, [4, 5, 4, 3, 4])
regression("a truth of zero", [0, 1, -2], [0.5, 1.5, -2])
regression("one row", [3], [5])
regression("large numbers", truth * 1e9 + 1e12, truth * 1.01e9 + 1e12)


def rates(truth, label, group):
    """Selection rate, TPR and FPR by group; NaN where there is nothing below the line."""
    out = {}
    for g in sorted(set(group)):
        t, p = truth[group == g], label[group == g]
        out[g] = dict(count=int(len(t)), selection_rate=float(p.mean()), accuracy=float((t == p).mean()),
                      true_positive_rate=float(p[t == 1].mean()), false_positive_rate=float(p[t == 0].mean()))
    return out


def fairness(n):
    group = np.array(["a", "b", "c"])[rng.choice(3, n, p=[0.5, 0.3, 0.2])]
    truth = rng.integers(0, 2, n)
    shift = np.vectorize({"a": 0.0, "b": -0.12, "c": 0.08}.get)(group)
    proba = np.clip(0.5 + 0.15 * (2 * truth - 1) + shift + rng.normal(0, 0.25, n), 0, 1).round(6)
    by = rates(truth, (proba >= 0.5).astype(int), group)
    column = lambda key: [r[key] for r in by.values()]
    sel, tpr, fpr = column("selection_rate"), column("true_positive_rate"), column("false_positive_rate")
    return dict(group=group.tolist(), truth=truth.tolist(), proba=proba.tolist(), groups=by, metrics={
        "demographic_parity_ratio": min(sel) / max(sel),
        "demographic_parity_difference": max(sel) - min(sel),
        "equalized_odds_difference": max(max(tpr) - min(tpr), max(fpr) - min(fpr)),
        "equalized_odds_ratio": min(min(tpr) / max(tpr), min(fpr) / max(fpr)),
    })


out = dict(cases=cases, fairness=fairness(240))
pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(out) + "\n")
