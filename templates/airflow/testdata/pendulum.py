"""As much of pendulum as a DAG file touches."""
import datetime as std
import zoneinfo


def timezone(name):
    return zoneinfo.ZoneInfo(name)


def datetime(year, month, day, *, tz):
    return std.datetime(year, month, day, tzinfo=timezone(tz))
