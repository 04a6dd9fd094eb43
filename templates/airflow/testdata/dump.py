"""Imports the DAG file that is named and prints what it comes to as JSON."""
import importlib.util
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
spec = importlib.util.spec_from_file_location("generated", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
dag = module.dag
print(json.dumps({
    "dag": dag.kwargs,
    "tasks": {
        name: {
            "upstream": sorted(t.upstream), "teardown": t.teardown, "command": t.kwargs["cmds"], "pod": t.kwargs["pod_template_dict"],
            "retries": t.kwargs["retries"], "retry_delay": t.kwargs["retry_delay"], "namespace": t.kwargs["namespace"],
        } for name, t in dag.tasks.items()
    },
}, default=str))
