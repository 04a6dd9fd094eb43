import zoneinfo

from airflow import check_cron


class CronTriggerTimetable:
    def __init__(self, cron, *, timezone):
        check_cron(cron)
        zoneinfo.ZoneInfo(timezone)
        self.cron, self.timezone = cron, timezone
