"""Reads a CSV file with pandas and checks what the program beside checks.

    python3 peer.py FILE ROWS MODE

MODE is plain (a row count, not null, between), profile (also describe every
column) or exact (also unique, median and quantiles). Prints one line of JSON:
whether all of it holds, and the seconds inside the process.
"""

import json, sys, time

start = time.perf_counter()
import pandas as pd

file, rows, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
imported = time.perf_counter()
d = pd.read_csv(file)
holds = [len(d) == rows, d["label"].notna().all(), d["x00"].between(0, 1000).all()]
if mode == "profile":
    d.describe(percentiles=[0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    d.nunique()
if mode == "exact":
    holds.append(not d["x02"].duplicated(keep=False).all())
    holds.append(d["x01"].median() < 1)
    holds.append(d["x03"].quantile([0.1, 0.5, 0.9], interpolation="nearest").between(-100, 100).all())
print(json.dumps({"holds": bool(all(holds)), "seconds": time.perf_counter() - imported}))
