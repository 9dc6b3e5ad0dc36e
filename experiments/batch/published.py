"""What has been published of sequences of 1,024 jobs, to stand beside what is measured here."""

from __future__ import annotations

# Mean bounded slowdown over ten sequences of Lublin-1, a log of 10,000 jobs for 256 processors that comes from the program of the model's
# authors. Source: README and Table V of Zhang et al., "RLScheduler", SC 2020. WFP3 and UNI there are those of `as_published`.
LUBLIN_1 = {
    ("committed", "FCFS"): 7273.77,
    ("committed", "SJF"): 277.35,
    ("committed", "F1"): 258.37,
    ("committed", "WFP3 as published"): 19753.53,
    ("committed", "UNICEP as published"): 22274.74,
    ("backfilled", "FCFS"): 235.82,
    ("backfilled", "SJF"): 73.31,
    ("backfilled", "F1"): 75.07,
    ("backfilled", "WFP3 as published"): 133.87,
    ("backfilled", "UNICEP as published"): 307.23,
}
