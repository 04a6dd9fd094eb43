package native

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallXGBoostFilesTakeLittleMemory(t *testing.T) {
	const model = `{"learner":{"objective":{"name":"multi:softprob"},"learner_model_param":{"base_score":"5E-1","num_class":"3","num_feature":"4"},"gradient_booster":{"name":"gbtree","model":%s}}}`
	inputs := map[string]string{}
	for _, of := range []map[string]string{
		bombs.Fields(`{%s}`, "learner"),
		bombs.Fields(`{"learner":{%s}}`, "attributes", "feature_names", "gradient_booster",
			"learner_model_param", "objective"),
		bombs.Fields(`{"learner":{"learner_model_param":{%s}}}`, "base_score", "num_class",
			"num_feature", "num_target"),
		bombs.Fields(strings.Replace(model, "%s", `{%s}`, 1), "gbtree_model_param", "tree_info", "trees"),
		bombs.Fields(strings.Replace(model, "%s", `{"tree_info":[0],"trees":[{%s}]}`, 1), "default_left",
			"left_children", "right_children", "split_conditions", "split_indices", "split_type", "sum_hessian",
			"tree_param", "categories", "categories_nodes"),
		{
			"a million classes": strings.NewReplacer(`"3"`, `"1048576"`, "%s",
				`{"tree_info":[],"trees":[]}`).Replace(model),
			"a million features": strings.NewReplacer(`"4"`, `"1048576"`, "%s",
				`{"tree_info":[],"trees":[]}`).Replace(model),
			"a list of nulls":      "{U\x07learner[$Z#l\x7f\xff\xff\xff",
			"a list of lists":      "{U\x07learner" + strings.Repeat("[", bombs.Size),
			"a long list":          "{U\x07learner[$L#L\x00\x00\x00\xff\xff\xff\xff\xff",
			"a list of bytes":      "{U\x07learner[$i#l\x00\x07\x00\x00" + strings.Repeat("\x80", 7<<16) + "}",
			"a list of objects":    "{U\x07learner[$[#l\x00\x07\x00\x00" + strings.Repeat("]", 7<<16) + "}",
			"a list of characters": "{U\x07learner[$C#l\x00\x07\x00\x00" + strings.Repeat("\x00", 7<<16) + "}",
			"many base scores": strings.NewReplacer(`"5E-1"`, `"[`+strings.Repeat("1,", bombs.Size/2)+`1]"`, "%s",
				`{"tree_info":[],"trees":[]}`).Replace(model),
		},
	} {
		maps.Copy(inputs, of)
	}
	bombs.Each(t, inputs, func(text string) { _, _ = Decode(plan.XGBoost, strings.NewReader(text)) })
}

func TestSmallLightGBMFilesTakeLittleMemory(t *testing.T) {
	head := func(more string) string {
		return "tree\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=3\nobjective=binary sigmoid:1\n" + more +
			"\nend of trees\n"
	}
	var trees strings.Builder
	for i := range bombs.Size / 20 {
		fmt.Fprintf(&trees, "Tree=%d\nnum_leaves=1\n", i)
	}
	inputs := map[string]string{
		"lines":        head(strings.Repeat("\n", bombs.Size)),
		"keys":         head(strings.Repeat("a=\nb=\n", bombs.Size/6)),
		"trees":        head(trees.String()),
		"a long value": head("feature_names=" + strings.Repeat("x", bombs.Size)),
		"many names":   head("max_feature_idx=1048576\nfeature_names=" + strings.Repeat("x ", bombs.Size/2)),
		"many words":   strings.Replace(head(""), "binary", "binary "+strings.Repeat("x ", bombs.Size/2), 1),
		"a million class": strings.NewReplacer("num_class=1", "num_class=1048576", "iteration=1", "iteration=1048576",
			"binary sigmoid:1", "multiclass").Replace(head("")),
		"a million leaf": head("Tree=0\nnum_leaves=1048576\nsplit_feature=1\n"),
		"many leaves":    head("Tree=0\nnum_leaves=200000\nleaf_value=" + strings.Repeat("1 ", 200_000)),
		"a set of all": head("Tree=0\nnum_leaves=1\nleaf_value=1\nnum_cat=1\ncat_boundaries=0 40000\ncat_threshold=" +
			strings.Repeat("1431655765 ", 40000)),
		"many sets": head("Tree=0\nnum_leaves=1\nleaf_value=1\nnum_cat=250000\ncat_boundaries=" +
			strings.Repeat("0 ", 250_001)),
		"a split of many": head("Tree=0\nnum_leaves=2\nsplit_feature=" + strings.Repeat("1 ", bombs.Size/2)),
	}
	bombs.Each(t, inputs, func(text string) { _, _ = Decode(plan.LightGBM, strings.NewReader(text)) })
}
