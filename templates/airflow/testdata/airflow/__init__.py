"""As much of Airflow as a DAG file touches, to see what one comes to."""


class DAG:
    current = None

    def __init__(self, **kwargs):
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
