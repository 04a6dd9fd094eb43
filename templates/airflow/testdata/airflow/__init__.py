"""As much of Airflow as a DAG file touches, to see what one comes to. It is
stricter than Airflow: what it takes, Airflow 2 and Airflow 3 do."""
import datetime
import re

PARAMETERS = {
    "dag_id", "description", "schedule", "start_date", "catchup", "max_active_runs", "max_active_tasks", "dagrun_timeout", "user_defined_macros", "tags", "default_args",
}
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def check_cron(text):
    """Five fields of numbers: croniter knows no zones, and not everybody's words."""
    parts = text.split(" ")
    if len(parts) != 5:
        raise ValueError("AirflowTimetableInvalid: %r" % text)
    for part, (low, high) in zip(parts, BOUNDS):
        for term in part.split(","):
            if term == "*":
                continue
            found = re.fullmatch(r"(\d+)(?:-(\d+))?(?:/([1-9]\d*))?", term)
            if not found or not all(low <= int(n) <= high for n in found.groups()[:2] if n):
                raise ValueError("AirflowTimetableInvalid: %r" % text)


class DAG:
    current = None

    def __init__(self, **kwargs):
        unknown = set(kwargs) - PARAMETERS
        if unknown:
            raise TypeError("DAG has no %s" % sorted(unknown))
        schedule = kwargs["schedule"]
        if isinstance(schedule, str):
            check_cron(schedule)
        elif not (schedule is None or isinstance(schedule, datetime.timedelta) or hasattr(schedule, "cron")):
            raise ValueError("AirflowTimetableInvalid: %r" % schedule)
        if kwargs["start_date"].tzinfo is None:
            raise ValueError("a start date without a zone is one in Airflow's own")
        self.kwargs, self.tasks = kwargs, {}

    def __enter__(self):
        DAG.current = self
        return self

    def __exit__(self, *_):
        DAG.current = None


class Task:
    def __init__(self, task_id, **kwargs):
        self.task_id, self.kwargs, self.upstream, self.teardown = task_id, kwargs, [], False
        if task_id in DAG.current.tasks:
            raise ValueError("duplicate task " + task_id)
        DAG.current.tasks[task_id] = self

    def __rshift__(self, other):
        other.upstream.append(self.task_id)
        return other

    def as_teardown(self):
        self.teardown = True
        return self
