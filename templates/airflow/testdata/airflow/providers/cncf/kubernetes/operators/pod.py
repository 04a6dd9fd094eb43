from airflow import Task


class KubernetesPodOperator(Task):
    pass
