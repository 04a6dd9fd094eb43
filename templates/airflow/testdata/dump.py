"""Imports the DAG file that is named and prints what it comes to as JSON, its
commands as the runs that fall due at the second argument have them."""
import datetime
import importlib.util
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from contexts import context, render  # noqa: E402

spec = importlib.util.spec_from_file_location("generated", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
dag = module.dag
at = datetime.datetime.fromisoformat(sys.argv[2]).astimezone(datetime.timezone.utc)


def fill(value, names, ext):
    if isinstance(value, dict):
        return {key: fill(one, names, ext) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, names, ext) for one in value]
    if isinstance(value, str) and ext and value.endswith(ext):
        raise FileNotFoundError("TemplateNotFound: " + value)
    return render(value, names) if isinstance(value, str) else value


def rendered(names, field="cmds"):
    names = {**names, **dag.kwargs["user_defined_macros"]}
    out = {}
    for name, t in dag.tasks.items():
        fields = {key: fill(value, names, t.template_ext) if key in t.template_fields else value for key, value in t.kwargs.items()}
        out[name] = fields[field]
    return out


def written(value):
    if hasattr(value, "cron"):
        return {"cron": value.cron, "timezone": value.timezone}
    return str(value)


pods = rendered(context(3, at), "pod_template_dict")
print(json.dumps({
    "dag": {key: value for key, value in dag.kwargs.items() if key != "user_defined_macros"},
    "tasks": {
        name: {
            "upstream": sorted(t.upstream), "teardown": t.teardown, "command": t.kwargs["cmds"], "pod": pods[name],
            "retries": t.kwargs["retries"], "retry_delay": t.kwargs["retry_delay"], "namespace": t.kwargs["namespace"],
        } for name, t in dag.tasks.items()
    },
    "runs": {
        "scheduled, Airflow 2": rendered(context(2, at)),
        "scheduled, Airflow 3": rendered(context(3, at)),
        "by a person, Airflow 2": rendered(context(2, at, True, {})),
        "by a person, Airflow 3": rendered(context(3, at, True)),
        "with a date, Airflow 2": rendered(context(2, at, True, {"date": "2026-01-02"})),
        "with a date, Airflow 3": rendered(context(3, at, True, {"date": "2026-01-02"})),
    },
}, default=written))
