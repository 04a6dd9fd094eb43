package onnx

import "math"

// operators is the list that a new operator is added to. Names of ai.onnx and
// ai.onnx.ml do not collide.
var operators = map[string]operator{
	"Abs": unary(wide(math.Abs)), "Ceil": unary(wide(math.Ceil)), "Erf": unary(wide(math.Erf)),
	"Exp": unary(wide(math.Exp)), "Floor": unary(wide(math.Floor)), "Log": unary(wide(math.Log)),
	"Neg": unary(func(v float32) float32 { return -v }), "Reciprocal": unary(func(v float32) float32 { return 1 / v }),
	"Relu": unary(func(v float32) float32 { return max(v, 0) }), "Sigmoid": unary(logistic),
	"Sqrt": unary(wide(math.Sqrt)), "Tanh": unary(wide(math.Tanh)), "Clip": clip, "Softmax": softmaxOf,

	"Add": pairwise(func(a, b float32) float32 { return a + b }),
	"Sub": pairwise(func(a, b float32) float32 { return a - b }),
	"Mul": pairwise(func(a, b float32) float32 { return a * b }),
	"Div": pairwise(func(a, b float32) float32 { return a / b }),
	"Pow": pairwise(func(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) }),
	"Sum": variadic(func(a, b float32) float32 { return a + b }),
	"Max": variadic(func(a, b float32) float32 { return max(a, b) }),
	"Min": variadic(func(a, b float32) float32 { return min(a, b) }),

	"Less":           compare(func(a, b float32) bool { return a < b }),
	"LessOrEqual":    compare(func(a, b float32) bool { return a <= b }),
	"Greater":        compare(func(a, b float32) bool { return a > b }),
	"GreaterOrEqual": compare(func(a, b float32) bool { return a >= b }),
	"Equal":          compare(func(a, b float32) bool { return a == b }),
	"And":            logic(2, func(a, b int64) int64 { return a & b }),
	"Or":             logic(2, func(a, b int64) int64 { return a | b }),
	"Not":            logic(1, func(a, _ int64) int64 { return 1 - a }), "IsNaN": isNaN, "Where": where,

	"MatMul": matMul, "Gemm": gemm, "ArgMax": argMax,
	"ReduceSum":  reduce(func(sum, v float32) float32 { return sum + v }, false),
	"ReduceMean": reduce(func(sum, v float32) float32 { return sum + v }, true),
	"ReduceMax":  reduce(func(top, v float32) float32 { return max(top, v) }, false),
	"ReduceMin":  reduce(func(low, v float32) float32 { return min(low, v) }, false),

	"Identity": same, "Dropout": same, "Constant": constant, "Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze,
	"Unsqueeze": unsqueeze, "Concat": concat, "Gather": pick, "ArrayFeatureExtractor": pick, "Cast": cast,

	"Scaler": scaler, "Normalizer": normalizer, "Imputer": imputer, "Binarizer": binarizer,
	"FeatureVectorizer": featureVectorizer, "LabelEncoder": labelEncoder, "OneHotEncoder": oneHotEncoder, "ZipMap": zipMap,
	"LinearRegressor": linearRegressor, "LinearClassifier": linearClassifier,
	"TreeEnsembleRegressor": treeRegressor, "TreeEnsembleClassifier": treeClassifier, "TreeEnsemble": treeEnsemble,
}
