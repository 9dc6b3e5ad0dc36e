"""`python -m tests.fuzz TARGET [options of libFuzzer]`: coverage-guided fuzzing, with atheris (`pip install atheris`).

A target is one of those in `targets.py`: the formats of traces, dispatch_policy, share_policy. `-max_total_time=600` ends it after ten
minutes, a folder keeps what it has learned for the next time, and what it finds it writes to a file, and names that.
"""

from __future__ import annotations

import importlib
import random
import sys
import tempfile
import warnings
from pathlib import Path

try:
    import atheris
except ModuleNotFoundError:
    sys.exit("error: atheris is not installed: pip install atheris")

READERS = ("gzip", "vmenv.workload.lines", "vmenv.workload.trace", "vmenv.workload.traces._rows")
TABLES = tuple(f"vmenv.workload.traces.{name}" for name in ("_columns", "_table", "_usage", "_samples", "_jobs", "_even", "_azure_lines"))
FORMATS = (
    *("alibaba2018", "alibaba_gpu2023", "azure_arrivals", "azure_packing2020", "azure_readings", "azure_vmtable", "csv", "google2011"),
    *("google2019", "huawei_east", "materna", "opendc", "planetlab", "workload"),
)
POLICIES = ("json.decoder", "json.scanner", "vmenv.episodes.saved")
WATCHED = {  # target -> the modules whose coverage guides the search; none of them is imported yet
    "swf": (*READERS, "vmenv.workload.traces._swf_rows", "vmenv.workload.traces.swf"),
    "bitbrains": (*READERS, "vmenv.workload.traces._bitbrains_files", "vmenv.workload.traces.bitbrains"),
    **{format: (*READERS, *TABLES, f"vmenv.workload.traces.{format}") for format in FORMATS},
    "dispatch_policy": (*POLICIES, "vmenv.dispatch.saved", "vmenv.dispatch.index.policy", "vmenv.registry"),
    "share_policy": (*POLICIES, "vmenv.share.saved", "vmenv.share.network", "vmenv.share.scorer"),
}


def main(name: str, options: list[str]) -> None:
    """Fuzzes until something is found, or libFuzzer's options end it."""
    warnings.simplefilter("error")
    with atheris.instrument_imports(include=list(WATCHED[name])):
        for module in WATCHED[name]:
            importlib.import_module(module)
    from tests.fuzz.targets import TARGETS

    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        samples, scratch = Path(folder, "samples"), Path(folder, "scratch")
        samples.mkdir()
        scratch.mkdir()
        for number, sample in enumerate(target.samples()):
            (samples / str(number)).write_bytes(sample)

        def mutated(data: bytes, max_size: int, seed: int) -> bytes:
            rng = random.Random(seed)
            return target.mutate(data, rng)[:max_size] if rng.random() < 0.7 else atheris.Mutate(data, max_size)

        # Instrumented code leaks some kilobytes a run, which is no fault of what is tried.
        arguments = [sys.argv[0], "-timeout=20", "-rss_limit_mb=8192", "-max_len=100000", *options, str(samples)]
        atheris.Setup(arguments, lambda data: target.run(data, scratch), custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in WATCHED:
        sys.exit(f"error: give a target: {', '.join(WATCHED)}")
    main(sys.argv[1], sys.argv[2:])
