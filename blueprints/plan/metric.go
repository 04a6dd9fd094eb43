package plan

// MetricNames returns the metrics of a task under scikit-learn's names, the one
// that the task is judged by first.
func MetricNames(t Task) []string {
	switch t {
	case Binary:
		return []string{"roc_auc", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "average_precision",
			"log_loss", "brier_score_loss"}
	case Multiclass:
		return []string{"accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc", "log_loss"}
	case Regression:
		return []string{"r2", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error",
			"mean_absolute_percentage_error", "median_absolute_error"}
	}
	return nil
}

// Tasks returns what an algorithm is for; none for an unknown one.
func Tasks(algorithm string) []Task {
	switch algorithm {
	case RandomForest, GradientBoosting, Custom:
		return []Task{Binary, Multiclass, Regression}
	case LogisticRegression:
		return []Task{Binary, Multiclass}
	case LinearRegression:
		return []Task{Regression}
	}
	return nil
}
