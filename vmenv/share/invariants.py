"""The conservation laws of the share model, exact between any two intervals. Tests and doubters call it."""

from __future__ import annotations

from vmenv.host import columns as h
from vmenv.host.columns import NUM_USES
from vmenv.share import columns as c
from vmenv.share.state import State


def check_invariants(s: State) -> list[str]:
    """Returns one line for every law that the run violates as it stands; none if all hold.

    The laws: on every device demanded = granted + lost + queued and granted + idle = capacity x time; the same amounts are those of the
    VMs together; no grant is above its ask, no device is over its capacity; nothing is lost that can wait, and nothing waits that is lost.
    """
    now, broken = int(s.run[c.CLOCK_US]), []
    present = [i for i in range(len(s.slots)) if s.slots[i, c.VM] != h.NOBODY]

    def law(name: str, one: int, other: int) -> None:
        if one != other:
            broken.append(f"at {now} us: {name}: {one} is not {other}")

    for device in range(len(s.devices)):
        books = [int(x) for x in s.devices[device]]
        capacity = int(s.filling.capacity[device])
        law(f"demanded on device {device}", books[c.DEV_DEMANDED], books[c.DEV_GRANTED] + books[c.DEV_LOST] + books[c.DEV_QUEUED])
        law(f"granted + idle on device {device}", books[c.DEV_GRANTED] + books[c.DEV_IDLE], capacity * now)
        here = [(i, u) for i in present for u in range(NUM_USES) if s.filling.places[i, u] == device]
        law(f"queued on device {device}", books[c.DEV_QUEUED], sum(int(s.uses[i, u, c.BACKLOG]) for i, u in here))
        law(f"mapped to device {device}", books[c.DEV_MAPPED], sum(int(s.uses[i, u, c.RATE]) for i, u in here))
        held = sum(int(s.filling.grants[i, u]) for i, u in here)
        law(f"held of device {device} within its capacity", max(held, capacity), capacity)
        never = books[c.DEV_LOST] if s.host[c.UNMET] == c.UNMET_QUEUED else books[c.DEV_QUEUED]
        law(f"lost or queued on device {device} as the host says", never, 0)
    for column, of_devices in ((c.BOOK_DEMANDED, c.DEV_DEMANDED), (c.BOOK_GRANTED, c.DEV_GRANTED), (c.BOOK_LOST, c.DEV_LOST)):
        of_vms = int(s.books[: s.run[c.NUM_VMS], :, column].sum())
        law(f"amounts of all VMs, column {column}", of_vms, int(s.devices[:, of_devices].sum()))
    law(
        "VMs present, waiting and done",
        len(present) + int(s.run[c.NEXT_ARRIVAL] - s.run[c.NEXT_ADMISSION] + s.run[c.NUM_DONE]),
        int(s.run[c.NEXT_ARRIVAL]),
    )
    return broken
