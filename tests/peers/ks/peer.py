"""Times scipy's two-sample Kolmogorov-Smirnov test on columns written by the
program beside.

    python3 peer.py FILE COLUMNS ROWS

FILE holds little-endian float64: for each column ROWS values of one side, then
ROWS of the other. Prints one line of JSON with the seconds that the tests took,
reading left out, and the statistic and p-value of each column.
"""

import json, sys, time

import numpy as np
from scipy.stats import ks_2samp

file, columns, rows = sys.argv[1], *map(int, sys.argv[2:4])
data = np.fromfile(file, dtype="<f8").reshape(columns, 2, rows)

start = time.perf_counter()
results = [ks_2samp(a, b) for a, b in data]
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "statistics": [r.statistic for r in results], "pvalues": [r.pvalue for r in results]}))
