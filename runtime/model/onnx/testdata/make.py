"""Trains models of scikit-learn and XGBoost and writes each as skl2onnx and
onnxmltools lay them out, with rows and the library's own predictions. Small
models by hand cover what trained ones leave out. run.mjs then adds what ONNX
Runtime makes of the same files and rows.
"""
import json
import os

import numpy as np
import pandas
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from wire import FLOAT, INT64, STRING, UINT8, maps, model, node, plain, tensor, value

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(5)
x = rng.normal(size=(300, 4)).astype(np.float32)
signal = x[:, 0] + x[:, 1] ** 2 - 0.5 * x[:, 2] + rng.normal(scale=0.2, size=300)
two, three = (signal > 0.8).astype(int), np.digitize(signal, [0, 1.2])
rows = np.vstack([x[:40], rng.normal(scale=3, size=(20, 4)).astype(np.float32)])


def keep(name, onnx, inputs, expected=None):
    with open(os.path.join(here, name + ".onnx"), "wb") as f:
        f.write(onnx)
    found = {"inputs": {}}
    for key, values in inputs.items():
        found["inputs"][key] = [[None if isinstance(v, float) and np.isnan(v) else v for v in row] for row in values]
    if expected is not None:
        found["library"] = np.asarray(expected, dtype=float).reshape(len(next(iter(inputs.values()))), -1).tolist()
    with open(os.path.join(here, name + ".json"), "w") as f:
        json.dump(found, f)


def nodes_of(trees):
    """The lists of nodes of scikit-learn's trees, as skl2onnx writes them."""
    a = {"nodes_" + k: [] for k in ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids",
                                    "falsenodeids", "hitrates", "missing_value_tracks_true"]}
    for t, tree in enumerate(trees):
        for i in range(tree.node_count):
            leaf = tree.children_left[i] == -1
            a["nodes_treeids"].append(t)
            a["nodes_nodeids"].append(i)
            a["nodes_featureids"].append(0 if leaf else int(tree.feature[i]))
            a["nodes_modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            a["nodes_values"].append(0.0 if leaf else below(tree.threshold[i]))
            a["nodes_truenodeids"].append(0 if leaf else int(tree.children_left[i]))
            a["nodes_falsenodeids"].append(0 if leaf else int(tree.children_right[i]))
            a["nodes_hitrates"].append(1.0)
            a["nodes_missing_value_tracks_true"].append(0)
    return a


def below(v):
    """The greatest float32 that is not above the double, as skl2onnx rounds."""
    f = np.float32(v)
    return float(f if f <= v else np.nextafter(f, np.float32(-np.inf)))


def weights_of(trees, prefix, value_of):
    a = {prefix + k: [] for k in ["_treeids", "_nodeids", "_ids", "_weights"]}
    for t, tree in enumerate(trees):
        for i in range(tree.node_count):
            if tree.children_left[i] != -1:
                continue
            for k, w in value_of(t, tree.value[i]):
                a[prefix + "_treeids"].append(t)
                a[prefix + "_nodeids"].append(i)
                a[prefix + "_ids"].append(k)
                a[prefix + "_weights"].append(float(w))
    return a


def classifier(op, columns, zipmap, classes, **attributes):
    """A classifier with a ZipMap, or with a tensor of probabilities."""
    labels = {"classlabels_strings": classes} if isinstance(classes[0], str) else {"classlabels_int64s": classes}
    own = labels if op != "LinearClassifier" or "classlabels_strings" in labels else {"classlabels_ints": classes}
    kind = STRING if isinstance(classes[0], str) else INT64
    nodes = [node(op, ["X"], ["label", "probabilities"], **own, **attributes),
             plain("Cast", ["label"], ["output_label"], to=kind)]
    outs = [value("output_label", kind, 0)]
    if zipmap:
        nodes.append(node("ZipMap", ["probabilities"], ["output_probability"], **labels))
        return model(nodes, [value("X", FLOAT, 0, columns)], outs + [maps("output_probability", kind)], ml=1)
    return model(nodes, [value("X", FLOAT, 0, columns)], outs + [value("probabilities", FLOAT, 0, len(classes))])


# Forests: a share of each class a leaf, divided by the trees.
for name, y, zipmap, classes in [("forest_two", two, True, ["no", "yes"]), ("forest_three", three, False, [0, 1, 2])]:
    m = RandomForestClassifier(8, max_depth=5, random_state=1).fit(x, y)
    trees = [e.tree_ for e in m.estimators_]
    shares = weights_of(trees, "class", lambda t, v: [(k, s / v[0].sum() / len(trees)) for k, s in enumerate(v[0])])
    keep(name, classifier("TreeEnsembleClassifier", 4, zipmap, classes, post_transform="NONE", **nodes_of(trees), **shares),
         {"X": rows.tolist()}, m.predict_proba(rows))

# Gradient boosting: one weight a leaf, a base value, and the logistic function.
m = GradientBoostingClassifier(n_estimators=12, max_depth=3, random_state=1).fit(x, two)
trees = [e[0].tree_ for e in m.estimators_]
start = float(np.log(two.mean() / (1 - two.mean())))
keep("boosting_two", classifier("TreeEnsembleClassifier", 4, False, [0, 1], post_transform="LOGISTIC", base_values=[start],
                                **nodes_of(trees), **weights_of(trees, "class", lambda t, v: [(0, 0.1 * v[0, 0])])),
     {"X": rows.tolist()}, m.predict_proba(rows))
m = GradientBoostingClassifier(n_estimators=6, max_depth=3, random_state=1).fit(x, three)
trees = [e.tree_ for stage in m.estimators_ for e in stage]
keep("boosting_three", classifier("TreeEnsembleClassifier", 4, True, [0, 1, 2], post_transform="SOFTMAX",
                                  base_values=[float(np.log(p)) for p in m.init_.class_prior_], **nodes_of(trees),
                                  **weights_of(trees, "class", lambda t, v: [(t % 3, 0.1 * v[0, 0])])),
     {"X": rows.tolist()}, m.predict_proba(rows))

# A forest for numbers, with the mean as aggregate, and as a tree of version 5.
m = RandomForestRegressor(7, max_depth=5, random_state=1).fit(x, signal)
trees = [e.tree_ for e in m.estimators_]
a = nodes_of(trees)
w = weights_of(trees, "target", lambda t, v: [(0, v[0, 0])])
keep("forest_number", model([node("TreeEnsembleRegressor", ["X"], ["variable"], n_targets=1, aggregate_function="AVERAGE",
                                  post_transform="NONE", **a, **w)],
                            [value("X", FLOAT, 0, 4)], [value("variable", FLOAT, 0, 1)], ml=1),
     {"X": rows.tolist()}, m.predict(rows))
inner = [i for i, mode in enumerate(a["nodes_modes"]) if mode != "LEAF"]
leaves = [i for i, mode in enumerate(a["nodes_modes"]) if mode == "LEAF"]
first = {t: a["nodes_treeids"].index(t) for t in set(a["nodes_treeids"])}


def child(i, which):
    at = first[a["nodes_treeids"][i]] + a[which][i]
    return (leaves.index(at), 1) if at in leaves else (inner.index(at), 0)


yes, no = [child(i, "nodes_truenodeids") for i in inner], [child(i, "nodes_falsenodeids") for i in inner]
five = dict(tree_roots=[inner.index(first[t]) for t in sorted(first)], n_targets=1, aggregate_function=0, post_transform=0,
            nodes_featureids=[a["nodes_featureids"][i] for i in inner],
            nodes_splits=tensor("s", FLOAT, [len(inner)], [a["nodes_values"][i] for i in inner]),
            nodes_modes=tensor("m", UINT8, [len(inner)], [0] * len(inner)),
            nodes_truenodeids=[c[0] for c in yes], nodes_trueleafs=[c[1] for c in yes],
            nodes_falsenodeids=[c[0] for c in no], nodes_falseleafs=[c[1] for c in no],
            leaf_targetids=[0] * len(leaves),
            leaf_weights=tensor("w", FLOAT, [len(leaves)], w["target_weights"]))
keep("forest_five", model([node("TreeEnsemble", ["X"], ["variable"], **five)],
                          [value("X", FLOAT, 0, 4)], [value("variable", FLOAT, 0, 1)], ml=5, opset=20),
     {"X": rows.tolist()}, m.predict(rows))

# XGBoost as onnxmltools writes it: BRANCH_LT, missing values by the flag.
lost = rows.copy()
lost[rng.random(lost.shape) < 0.3] = np.nan
holes = x.copy()
holes[rng.random(x.shape) < 0.2] = np.nan
m = xgb.train({"objective": "binary:logistic", "max_depth": 4, "base_score": 0.5, "seed": 1}, xgb.DMatrix(holes, two), 8)
a = {"nodes_" + k: [] for k in ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids",
                                "missing_value_tracks_true"]}
w = {"class_treeids": [], "class_nodeids": [], "class_ids": [], "class_weights": []}
m.save_model("/tmp/xgb-onnx.json")
for t, tree in enumerate(json.load(open("/tmp/xgb-onnx.json"))["learner"]["gradient_booster"]["model"]["trees"]):
    for i, left in enumerate(tree["left_children"]):
        leaf = left == -1
        for key, v in [("treeids", t), ("nodeids", i), ("featureids", tree["split_indices"][i]),
                       ("modes", "LEAF" if leaf else "BRANCH_LT"), ("values", float(tree["split_conditions"][i])),
                       ("truenodeids", max(left, 0)), ("falsenodeids", max(tree["right_children"][i], 0)),
                       ("missing_value_tracks_true", int(tree["default_left"][i]))]:
            a["nodes_" + key].append(v)
        if leaf:
            w["class_treeids"].append(t)
            w["class_nodeids"].append(i)
            w["class_ids"].append(0)
            w["class_weights"].append(float(tree["split_conditions"][i]))
p = m.predict(xgb.DMatrix(lost))
keep("xgboost_two", classifier("TreeEnsembleClassifier", 4, True, [0, 1], post_transform="LOGISTIC", **a, **w),
     {"X": lost.tolist()}, np.column_stack([1 - p, p]))

# A pipeline over columns of a table: texts and numbers, with missing numbers.
home = rng.choice(["own", "rent", "other"], 300)
age = rng.integers(18, 80, 300).astype(float)
income = rng.normal(2000, 500, 300)
income[rng.random(300) < 0.2] = np.nan
table = np.array([age, income], dtype=np.float32).T

frame = pandas.DataFrame({"age": table[:, 0], "income": table[:, 1], "home": home})
y = np.where((age > 50) ^ (home == "rent"), "bad", "good")
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
pipe = make_pipeline(ColumnTransformer([("n", numbers, ["age", "income"]),
                                        ("c", OneHotEncoder(handle_unknown="ignore"), ["home"])]), LogisticRegression())
pipe.fit(frame, y)
scaling = pipe[0].named_transformers_["n"]
asked = frame.head(40).copy()
asked.loc[0, "home"] = "castle"
lr = pipe[1]
keep("pipeline", model([
    node("FeatureVectorizer", ["age", "income"], ["numbers"], inputdimensions=[1, 1]),
    node("Imputer", ["numbers"], ["filled"], imputed_value_floats=[float(v) for v in scaling[0].statistics_],
         replaced_value_float=float("nan")),
    node("Scaler", ["filled"], ["scaled"], offset=[float(v) for v in scaling[1].mean_],
         scale=[float(1 / v) for v in scaling[1].scale_]),
    node("OneHotEncoder", ["home"], ["hot"], cats_strings=sorted(set(home)), zeros=1),
    plain("Reshape", ["hot", "shape"], ["flat"]),
    plain("Concat", ["scaled", "flat"], ["features"], axis=1),
    node("LinearClassifier", ["features"], ["label", "raw"], classlabels_strings=["bad", "good"], multi_class=1,
         post_transform="LOGISTIC", coefficients=[float(v) for v in np.concatenate([-lr.coef_[0], lr.coef_[0]])],
         intercepts=[float(-lr.intercept_[0]), float(lr.intercept_[0])]),
    node("Normalizer", ["raw"], ["probabilities"], norm="L1"),
    node("ZipMap", ["probabilities"], ["output_probability"], classlabels_strings=["bad", "good"])],
    [value("age", FLOAT, 0, 1), value("income", FLOAT, 0, 1), value("home", STRING, 0, 1)],
    [value("label", STRING, 0), maps("output_probability", STRING)],
    [tensor("shape", INT64, [2], [-1, 3])], ml=1),
    {"age": asked[["age"]].values.astype(float).tolist(), "income": asked[["income"]].values.astype(float).tolist(),
     "home": asked[["home"]].values.tolist()}, pipe.predict_proba(asked))
# The same by hand, for a test of the whole way: who rents, or is old, is bad.
keep("table", model([
    plain("Concat", ["age", "income"], ["numbers"], axis=1),
    node("Imputer", ["numbers"], ["filled"], imputed_value_floats=[40.0, 2000.0], replaced_value_float=float("nan")),
    node("Scaler", ["filled"], ["scaled"], offset=[40.0, 2000.0], scale=[0.1, 0.001]),
    node("OneHotEncoder", ["home"], ["hot"], cats_strings=["own", "rent"], zeros=1),
    plain("Flatten", ["hot"], ["flat"], axis=1),
    plain("Concat", ["scaled", "flat"], ["features"], axis=1),
    node("LinearClassifier", ["features"], ["label", "probabilities"], classlabels_strings=["bad", "good"], multi_class=1,
         post_transform="LOGISTIC", coefficients=[0.5, 0.0, -1.0, 2.0, -0.5, 0.0, 1.0, -2.0], intercepts=[0.25, -0.25])],
    [value("age", FLOAT, 0, 1), value("income", FLOAT, 0, 1), value("home", STRING, 0, 1)],
    [value("label", STRING, 0), value("probabilities", FLOAT, 0, 2)], ml=1),
    {"age": [[30.0], [70.0], [40.0]], "income": [[1.0], [float("nan")], [2.0]], "home": [["own"], ["rent"], ["boat"]]},
    [[1 / (1 + np.exp(1.25)), 1 / (1 + np.exp(-1.25))], [1 / (1 + np.exp(-3.75)), 1 / (1 + np.exp(3.75))],
     [1 / (1 + np.exp(-0.25)), 1 / (1 + np.exp(0.25))]])
linear = LinearRegression().fit(x, signal)
keep("linear_number", model([node("LinearRegressor", ["X"], ["variable"], targets=1, post_transform="NONE",
                                  coefficients=[float(v) for v in linear.coef_], intercepts=[float(linear.intercept_)])],
                            [value("X", FLOAT, 0, 4)], [value("variable", FLOAT, 0, 1)], ml=1),
     {"X": rows.tolist()}, linear.predict(rows))

# By hand: every way to compare and every post-transform.
stumps = dict(nodes_treeids=[t for t in range(6) for _ in range(3)], nodes_nodeids=[0, 1, 2] * 6,
              nodes_featureids=[0, 0, 0] * 6, nodes_values=[0.5, 0.0, 0.0] * 6, nodes_truenodeids=[1, 0, 0] * 6,
              nodes_modes=[mode for b in ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ"] for mode in ["BRANCH_" + b, "LEAF", "LEAF"]],
              nodes_falsenodeids=[2, 0, 0] * 6)
leaf = dict(_treeids=[t for t in range(6) for _ in range(2)], _nodeids=[1, 2] * 6, _weights=[2.0 ** -t * s for t in range(6)
                                                                                             for s in [1, -1]])
some = [[v] for v in [0.5, 0.25, 0.75, -1.0, float("nan"), 0.50000006, 1e30]]
for flag in [0, 1]:
    a = dict(stumps, nodes_missing_value_tracks_true=[flag] * 18)
    for join in ["SUM", "AVERAGE", "MIN", "MAX"]:
        keep("modes_%d_%s" % (flag, join.lower()), model([node("TreeEnsembleRegressor", ["X"], ["y"], n_targets=1, base_values=[0.3],
             aggregate_function=join, target_ids=[0] * 12, **a, **{"target" + k: v for k, v in leaf.items()})],
             [value("X", FLOAT, 0, 1)], [value("y", FLOAT, 0, 1)]), {"X": some})
    a = dict(stumps, nodes_missing_value_tracks_true=[flag] * 18)
    three_ids = dict(class_ids=[t % 3 for t in range(6) for _ in range(2)], **{"class" + k: v for k, v in leaf.items()})
    for post in ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]:
        keep("post_%d_%s" % (flag, post.lower()), classifier("TreeEnsembleClassifier", 1, False, [0, 1, 2], post_transform=post,
             base_values=[0.1, 0.2, 0.3], **a, **three_ids), {"X": some})
        for sign in ["mixed", "positive"]:
            one = dict(class_ids=[0] * 12, **{"class" + k: v for k, v in leaf.items()})
            if sign == "positive":
                one["class_weights"] = [abs(v) / 4 for v in one["class_weights"][:6]] + [0.0] * 6
            keep("one_%d_%s_%s" % (flag, post.lower(), sign), classifier("TreeEnsembleClassifier", 1, False, [0, 1],
                 post_transform=post, **a, **one), {"X": some})
