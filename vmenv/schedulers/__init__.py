"""Schedulers, one a file: a key, smaller first, run by the loop in `vmenv.schedulers.loop`."""

from vmenv.schedulers.base import SCHEDULERS, Scheduler, list_schedulers, make_scheduler

__all__ = ["SCHEDULERS", "Scheduler", "list_schedulers", "make_scheduler"]
