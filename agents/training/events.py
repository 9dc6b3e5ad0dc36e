"""TensorBoard's files of a run that goes on: without the points of work that was lost."""

from __future__ import annotations

from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

TENSORBOARD = "tensorboard"  # the folder within that of a run


def drop_later_events(run: Path, kept: int | None) -> None:
    """Takes the points beyond some decisions out of the event files of a run, and what a kill cut off at their ends.

    Args:
        run: Its folder.
        kept: Decisions of the checkpoint that it goes on from; None: there is none, and whatever files lie there are somebody else's.
    """
    if kept is None:
        return
    for file in sorted((run / TENSORBOARD).glob("events.out.tfevents.*")):
        part = file.with_name(f".{file.name}.part")  # a name that TensorBoard does not look at
        with part.open("wb") as stream:
            writer = RecordWriter(stream)
            for record in RawEventFileLoader(str(file)).Load():
                if Event.FromString(record).step <= kept:
                    writer.write(record)
        part.replace(file)
