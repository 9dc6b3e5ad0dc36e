"""What a virtualization driver is: what turns an operation on a VM into one on a guest of this machine, found by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from vmenv.errors import ActionError
from vmenv.registry import Registry

OPERATIONS = {
    "create": "make a guest, which stands",
    "run": "let it have so much service, and stop it",
    "destroy": "end it, and free all that it held",
    "snapshot": "keep its memory and registers",
    "restore": "put it back to a snapshot",
    "dirty_pages": "tell how much it wrote to since it was last asked",
    "migrate": "move it to another machine while it runs",
    "set_shares": "divide a core among guests that run at the same time",
    "page_out": "take memory from a guest that stands",
}


MOST_WEIGHT = 10_000


class Share(NamedTuple):
    """What a guest may have of the core while others run at the same time.

    Attributes:
        weight: 1 to `MOST_WEIGHT`: those that want more than there is have it in proportion to their weights.
        cap: The most that it has, as a part of the core, above 0 and up to 1: a quota, whether or not others want the rest.
    """

    weight: int = 100
    cap: float = 1.0


class Slice(NamedTuple):
    """What came of one grant: CPU time that the guest used, in microseconds, and whether its work is done."""

    used_us: int
    done: bool


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Memory and registers of a guest: S_snapshot = S_vm + dS_vm, all of it once and from then on what was written to.

    Attributes:
        registers: All of them, as the driver has them.
        pages: Content of the pages that this one keeps, by number.
        num_pages: Of the whole memory.
        since: The snapshot that has the other pages; None: there are no others, or they hold nothing but zeros.
    """

    registers: bytes
    pages: dict[int, bytes]
    num_pages: int
    since: Snapshot | None = None

    @property
    def num_bytes(self) -> int:
        """What this one keeps."""
        return len(self.registers) + sum(map(len, self.pages.values()))

    def all_pages(self) -> dict[int, bytes]:
        """Returns the pages of the whole memory that were ever kept, each as it was when this was taken."""
        return self.pages if self.since is None else self.since.all_pages() | self.pages


class Migration(NamedTuple):
    """How a guest was moved by pre-copy.

    Attributes:
        rounds_kib: What each round copied while the guest went on; the first is its whole memory, without pages of zeros where the driver
            leaves those out.
        copy_us: What the rounds took.
        last_kib: What was copied while it stood.
        down_us: From when it stood to when it could go on elsewhere.
        used_us: Service that it had meanwhile.
        done: Its work came to an end meanwhile, and it was not moved.
    """

    rounds_kib: tuple[int, ...]
    copy_us: int
    last_kib: int
    down_us: int
    used_us: int
    done: bool


class PageOut(NamedTuple):
    """How memory was taken from a guest.

    Attributes:
        out_kib: What it has no more.
        left_kib: What it has still.
        write_us: What writing took of it that was not kept yet.
        drop_us: What dropping it took.
    """

    out_kib: int
    left_kib: int
    write_us: int
    drop_us: int


class PageIn(NamedTuple):
    """How a guest was given back what it had.

    Attributes:
        in_kib: How much.
        read_us: What that took.
    """

    in_kib: int
    read_us: int


@dataclass(frozen=True, kw_only=True)
class Driver(ABC):
    """Makes, runs and ends guests of one core. A guest stands unless `run` or `run_together` is under way.

    To write one, subclass as a frozen, keyword-only dataclass whose fields are its options. `@DRIVERS.register("name")` makes it known. It
    is a context manager, which ends all its guests.

    Attributes:
        needs: What it takes, in a few words.
    """

    needs: ClassVar[str]

    @abstractmethod
    def obstacles(self) -> dict[str, str]:
        """Returns for each of `OPERATIONS` why it cannot be done here, "" if it can. No guest is made to find out."""

    @abstractmethod
    def describe(self) -> dict[str, str]:
        """Returns how it does what it does on this machine: the core, how guests are stopped, how fast they are."""

    @abstractmethod
    def create(self, work_us: int) -> int:
        """Makes a guest that needs about so much service, and returns its number. It stands.

        Raises:
            SpecError: There are too many of them.
            ServiceError: It could not be made here.
        """

    @abstractmethod
    def run(self, guest: int, service_us: int, *, wall_us: int | None = None) -> Slice:
        """Lets a guest run until it has used so much CPU time or is done, and returns when it stands again.

        Args:
            guest: Its number.
            service_us: CPU time. It may be missed by the time that a signal takes; what is returned is exact.
            wall_us: Stops it after so much time by the clock on the wall, whatever it has used; None: as long as it takes.

        Raises:
            SimulationError: It has ended, hangs, or says what no guest says. It is to be destroyed.
        """

    @abstractmethod
    def destroy(self, guest: int) -> None:
        """Ends a guest; nothing of it is left when this returns. One that is not there is none of the errors."""

    def snapshot(self, guest: int, since: Snapshot | None = None) -> Snapshot:
        """Keeps memory and registers of a guest, which stands and goes on.

        Args:
            guest: Its number.
            since: The last snapshot of the same guest: what was not written to since then is not kept again. None: all is kept.

        Raises:
            ActionError: This driver cannot.
        """
        raise self._cannot("snapshot")

    def restore(self, snapshot: Snapshot) -> int:
        """Makes a new guest that goes on where a snapshot was taken, and returns its number.

        Raises:
            ActionError: This driver cannot.
        """
        raise self._cannot("restore")

    def dirty_pages(self, guest: int) -> int:
        """Returns how many pages a guest has written to since its last snapshot, or since it was last asked.

        Raises:
            ActionError: This driver cannot.
        """
        raise self._cannot("dirty_pages")

    def migrate(self, guest: int, bandwidth_kib_s: int, most_down_us: int) -> Migration:
        """Moves a guest to another monitor by pre-copy, while it runs: its number stays, and it stands when this returns.

        Args:
            guest: Its number.
            bandwidth_kib_s: No more is sent.
            most_down_us: The last round is that after which the rest can be sent in this time.

        Raises:
            ActionError: This driver cannot.
            SimulationError: It cannot be moved, and stays where it is.
        """
        raise self._cannot("migrate")

    def set_shares(self, shares: Mapping[int, Share]) -> None:
        """Sets what each of these guests may have of the core in `run_together`, until it is set again.

        Raises:
            ActionError: This driver cannot.
            SpecError: A weight or cap is out of range.
        """
        raise self._cannot("set_shares")

    def give_work(self, guest: int, work_us: int) -> None:
        """Gives a guest, which stands, so much work in place of what is left of its own: what it demands in a time that follows.

        Raises:
            ActionError: This driver cannot.
        """
        raise self._cannot("set_shares")

    def run_together(self, guests: Sequence[int], wall_us: int) -> dict[int, Slice]:
        """Lets guests run at the same time, for so long by the clock on the wall, and returns what each has used when all stand again.

        What each has is up to the kernel, by the shares that are set. One that has done its work waits, and leaves the core to the others.

        Raises:
            ActionError: This driver cannot.
            SimulationError: One of them has ended, or says what no guest says.
        """
        raise self._cannot("set_shares")

    def page_out(self, guest: int) -> PageOut:
        """Takes its memory from a guest that stands, so that other programs can have it. It comes back as the guest needs it.

        Raises:
            ActionError: This driver cannot.
            SimulationError: It could not be written.
        """
        raise self._cannot("page_out")

    def page_in(self, guest: int) -> PageIn:
        """Gives back at once what was taken from a guest that stands and has not come back.

        Raises:
            ActionError: This driver cannot.
        """
        raise self._cannot("page_out")

    def _cannot(self, operation: str) -> ActionError:
        return ActionError(f"driver {DRIVERS.name_of(self)!r} cannot {OPERATIONS[operation]} ({operation}): {self.obstacles()[operation]}")

    @abstractmethod
    def close(self) -> None:
        """Ends all guests."""

    def on_time(self) -> AbstractContextManager[object]:
        """Returns a context in which the thread that is in it calls `run` on time, as far as this process may have that."""
        return nullcontext()

    def check_can(self, operation: str) -> None:
        """Checks that an operation can be done here.

        Raises:
            ActionError: It cannot; the message says why.
        """
        if self.obstacles()[operation]:
            raise self._cannot(operation)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


DRIVERS: Registry[type[Driver]] = Registry("driver", "vmenv.live.drivers", base=Driver)
