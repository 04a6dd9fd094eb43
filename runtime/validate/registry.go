package validate

// definition is one expectation: its name without "expect_", and how its
// arguments become a verdict.
type definition struct {
	name    string
	prepare func(*request) verdict
}

// definitions is the list that a new expectation is added to.
func definitions() []definition {
	return []definition{
		{"table_row_count_to_be_between", rowCountBetween},
		{"table_row_count_to_equal", rowCountEqual},
		{"table_column_count_to_equal", columnCountEqual},
		{"table_column_count_to_be_between", columnCountBetween},
		{"table_columns_to_match_set", columnsMatchSet},
		{"table_columns_to_match_ordered_list", columnsMatchList},
		{"column_to_exist", columnExists},

		{"column_values_to_not_be_null", notNull},
		{"column_values_to_be_null", null},
		{"column_values_to_be_unique", unique},
		{"column_values_to_be_in_set", inSet},
		{"column_values_to_not_be_in_set", notInSet},
		{"column_values_to_be_between", between},
		{"column_values_to_be_of_type", ofType},
		{"column_values_to_match_regex", matchRegex},
		{"column_values_to_not_match_regex", notMatchRegex},
		{"column_value_lengths_to_be_between", lengthsBetween},
		{"column_value_lengths_to_equal", lengthsEqual},

		{"column_min_to_be_between", minBetween},
		{"column_max_to_be_between", maxBetween},
		{"column_mean_to_be_between", meanBetween},
		{"column_median_to_be_between", medianBetween},
		{"column_stdev_to_be_between", stdevBetween},
		{"column_sum_to_be_between", sumBetween},
		{"column_quantile_values_to_be_between", quantilesBetween},
		{"column_unique_value_count_to_be_between", uniqueCountBetween},
		{"column_proportion_of_unique_values_to_be_between", uniqueProportionBetween},
		{"column_distinct_values_to_be_in_set", distinctInSet},
		{"column_distinct_values_to_contain_set", distinctContainSet},
		{"column_distinct_values_to_equal_set", distinctEqualSet},
		{"column_kl_divergence_to_be_less_than", divergence},

		{"compound_columns_to_be_unique", compoundUnique},
		{"column_pair_values_a_to_be_greater_than_b", pairGreater},
	}
}

// Expectations returns the names of all expectations that there are.
func Expectations() []string {
	var out []string
	for _, d := range definitions() {
		out = append(out, d.name)
	}
	return out
}
