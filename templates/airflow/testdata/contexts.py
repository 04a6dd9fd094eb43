"""What a task's templates see in Airflow 2 and in Airflow 3, and nothing else:
a name or an attribute that is not there is an error, as Airflow's StrictUndefined
makes it one."""
import datetime
import re

# Of a task of Airflow 3, whatever its run is.
ALWAYS = (
    "dag inlets map_index_template outlets run_id task task_instance ti outlet_events inlet_events macros params var conn dag_run "
    "triggering_asset_events task_instance_key_str task_reschedule_count prev_start_date_success prev_end_date_success"
).split()
# Of a run with a logical date alone, which one that a person started has not.
DATED = "logical_date ds ds_nodash ts ts_nodash ts_nodash_with_tz data_interval_start data_interval_end prev_data_interval_start_success prev_data_interval_end_success".split()


class Strict:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def dag_run(version, at, started_by_a_person, conf):
    run_id = ("manual__" if started_by_a_person else "scheduled__") + at.isoformat()
    later = at + datetime.timedelta(seconds=7)
    run = dict(dag_id="d", run_id=run_id, start_date=later, end_date=None, run_type=run_id.split("__")[0], conf=conf)
    dated = not (started_by_a_person and version == 3)
    run["logical_date"] = run["data_interval_start"] = run["data_interval_end"] = at if dated else None
    if version == 3:
        run["run_after"] = at
    else:
        run.update(id=7, execution_date=at)
    return Strict(**run), dated


def context(version, at, started_by_a_person=False, conf=None):
    run, dated = dag_run(version, at, started_by_a_person, conf)
    out = {name: Strict() for name in ALWAYS + (DATED if dated else [])}
    out["dag_run"] = run
    return out


def render(text, names):
    return re.sub(r"\{\{(.*?)\}\}", lambda found: str(eval(found.group(1).strip(), {"__builtins__": {}}, names)), text)
