from airflow import Task


class KubernetesPodOperator(Task):
    # As the provider has them: Airflow renders all texts in these, as deep as they
    # are, and takes those that end in one of these for names of files.
    template_fields = ("image", "cmds", "annotations", "arguments", "env_vars", "labels", "pod_template_file", "pod_template_dict", "namespace", "volumes")
    template_ext = (".j2", ".json", ".yaml", ".yml")
