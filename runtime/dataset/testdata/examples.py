"""Writes examples.json: what pandas reads from the example datasets.

Run in this folder: python3 examples.py > examples.json
"""
import json
import pandas

out = {}
for name, path in {
    "credit": "credit/data/credit_data.csv",
    "churn": "churn/data/wa_churn.csv",
    "concrete": "concrete/data/concrete.csv",
}.items():
    table = pandas.read_csv(f"../../../blueprints/examples/{path}", keep_default_na=False, na_values=["", "NA"], float_precision="round_trip")
    columns = []
    for column in table.columns:
        values = table[column]
        entry = {"name": column, "missing": int(values.isna().sum())}
        if values.dtype == object:
            entry["type"] = "category"
            entry["counts"] = {k: int(v) for k, v in sorted(values.value_counts().items())}
        else:
            whole = (values.dropna() == values.dropna().astype("int64")).all()
            entry["type"] = "integer" if whole else "number"
            entry["min"], entry["max"] = float(values.min()), float(values.max())
            entry["sum"] = float(values.sum())
        columns.append(entry)
    out[name] = {"source": path, "rows": len(table), "columns": columns}
print(json.dumps(out, indent=1))
