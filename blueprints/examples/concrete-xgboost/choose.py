"""Chooses the combination with the least error."""
import json
import os
import sys

folder, out = sys.argv[1], sys.argv[2]
found = [json.load(open(os.path.join(folder, name))) for name in sorted(os.listdir(folder))]
best = min(found, key=lambda one: one["rmse"])
print(f"the best of {len(found)}: {best}")
with open(out, "w") as f:
    json.dump(best, f)
