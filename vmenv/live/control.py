"""Driving a host from outside, between its decisions: what can be asked of it. What it answers is in `vmenv.live.status`.

`Control` is the whole interface. `vmenv.Manager` is the host itself, what `vmenv.connect` returns is one in another process, and the routes
and the document of the service (`vmenv.serve`) are made from the signatures below: a method that is added here is added there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from vmenv.host.spec import Host
from vmenv.live.status import HostColumns, HostStatus, Progress, VmStatus
from vmenv.workload.table import Phase

Parameter = bool | int | float | str | list[float]  # of a scheduler
QUESTIONS = frozenset({"describe_host", "observe", "observe_columns", "vm_status", "metrics", "digest"})  # the other calls change the host


class Control(ABC):
    """A live host. Every call is carried out wholly or, if it raises an error, not at all."""

    @abstractmethod
    def create(
        self,
        phases: Sequence[Phase],
        *,
        arrival_us: int | None = None,
        weight: int = 1,
        priority: int = 0,
        slo_us: int = 0,
        image_mib: int = 0,
        estimate_us: int = 0,
        tenant: int = 0,
        dirty_kib_s: int = 0,
        working_set_mib: int = 0,
        saving_permille: int = 0,
        emulated: int = 0,
    ) -> int:
        """Creates a VM and returns its number.

        A VM that arrives now is present when this returns, or in the admission queue; with preempt="arrival" it ends the grants under way.

        Args:
            phases: Its work, phase after phase.
            arrival_us: When it arrives; None: now.
            weight: As in `vmenv.Workload`; so are the others.
            priority: Larger is more urgent.
            slo_us: Response time objective, 0: none.
            image_mib: Disk image.
            estimate_us: What is known of its size beforehand, 0: nothing.
            tenant: Whose VM it is.
            dirty_kib_s: What it writes while it runs.
            working_set_mib: What it writes to over and over.
            saving_permille: Thousandths of its image that compression saves.
            emulated: 1: its devices are emulated; 0: virtio.

        Raises:
            SpecError: A value is out of range, the host could never run it, or there is no room for more VMs.
        """

    @abstractmethod
    def destroy(self, vm: int) -> None:
        """Destroys a VM before its work is done: it frees at once whatever it holds, and is not completed.

        Raises:
            ActionError: There is no such VM, or it is gone.
        """

    @abstractmethod
    def suspend(self, vm: int) -> None:
        """Takes a runnable or running VM out of the run queue. A grant under way ends now.

        Raises:
            ActionError: It is neither runnable nor running.
        """

    @abstractmethod
    def resume(self, vm: int) -> None:
        """Puts a suspended VM back, at the end of the run queue.

        Raises:
            ActionError: It is not suspended.
        """

    @abstractmethod
    def grant(self, vm: int) -> None:
        """Grants a runnable VM that fits, as the dispatch environments do. The clock stands.

        Raises:
            ActionError: It is not runnable, or does not fit beside what runs.
        """

    @abstractmethod
    def snapshot(self, vm: int, *, disk_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """Takes an incremental snapshot of a VM, and returns the number of the task that copies it.

        The task stands in the run queue like a VM and is granted like one; to destroy it gives the snapshot up. The VM goes on.

        Args:
            vm: A VM that is present.
            disk_kib_s: At which speed it is copied.
            cpu_millicores: What that takes of the CPU.
            slo_us: When it should be complete, 0: at any time.
            weight: Of the task.

        Raises:
            ActionError: There is no such VM, it is not present, or is a task itself.
            SpecError: A value is out of range.
        """

    @abstractmethod
    def compress(self, vm: int, *, cpu_millicores: int = 1000, slo_us: int = 0, weight: int = 1) -> int:
        """Compresses the image of a VM, and returns the number of the task that does it. The VM goes on; see `snapshot`."""

    @abstractmethod
    def migrate(self, vm: int, *, net_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """Moves a VM elsewhere by pre-copy, and returns the number of the task that does it.

        The VM goes on while its memory is copied, at `net_kib_s`; it stands while the rest is, and is gone then. To destroy the task calls
        the migration off. See `snapshot`.
        """

    @abstractmethod
    def restore(self, vm: int, *, disk_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """Puts a VM back to where its newest complete snapshot was taken, and returns the number of the task that does it.

        Without one it goes back to its beginning.

        The VM goes on until the task is granted for the first time, and stands from then on until what it has written to since is copied
        back, at `disk_kib_s`. To destroy the task calls the restore off. See `snapshot`.

        Raises:
            ActionError: There is no such VM, it is not present, is a task itself, or is being migrated.
            SpecError: A value is out of range.
        """

    @abstractmethod
    def wait(self, until_us: int | None = None) -> int:
        """Lets time move and returns the clock.

        Args:
            until_us: To this time, whatever happens meanwhile; None: to the next event.

        Raises:
            ActionError: No event is pending and no time is given.
            SpecError: The time is past or too far off.
        """

    @abstractmethod
    def schedule(
        self,
        scheduler: str = "tsrr",
        *,
        parameters: Mapping[str, Parameter] | None = None,
        until_us: int | None = None,
        seed: int = 0,
        max_decisions: int = 1_000_000,
    ) -> Progress:
        """Lets a scheduler decide from now on.

        A scheduler that keeps a memory goes on with it as long as the same one, with the same parameters and seed, is asked for. Another
        one begins with none.

        Args:
            scheduler: A name of `vmenv.list_schedulers()` or `vmenv.list_policies()`.
            parameters: Of the scheduler; those left out keep their defaults.
            until_us: Where to stop; what happens at that time is decided upon. None: when there is nothing left to do.
            seed: Of the scheduler's own draws.
            max_decisions: Decisions after which to stop, up to 10,000,000; call again to go on.

        Raises:
            UnknownNameError: No such scheduler.
            SpecError: A value is out of range.
            SimulationError: The clock would go too far; what came before has been done.
        """

    def prepare(  # noqa: B027  # whoever has nothing to get ready does nothing
        self, scheduler: str = "tsrr", *, parameters: Mapping[str, Parameter] | None = None
    ) -> None:
        """Gets ready for `schedule` with this scheduler, such as by compiling it. The host is not touched, and nothing need be done.

        Raises:
            UnknownNameError: No such scheduler.
            SpecError: Its parameters are out of range.
        """

    def interrupt(self) -> None:  # noqa: B027  # a model is done soon enough
        """Lets a call that another thread has under way return soon. No call moves the time of real guests from now on."""

    @abstractmethod
    def describe_host(self) -> Host:
        """Returns what the host is made of."""

    @abstractmethod
    def observe(self) -> HostStatus:
        """Returns the host as it stands, with the VMs on it."""

    @abstractmethod
    def observe_columns(self) -> HostColumns:
        """Returns the same as `observe` with an array for every attribute of the VMs: for thousands of them."""

    @abstractmethod
    def vm_status(self, vm: int) -> VmStatus:
        """Returns one VM, also one that is to come or gone.

        Raises:
            ActionError: There is no such VM.
        """

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Returns the metrics of `vmenv.Run`, as if the run ended now. A VM that was destroyed counts the time until then.

        Raises:
            ActionError: No VM has been created.
        """

    @abstractmethod
    def digest(self) -> str:
        """Returns a digest of every decision, command and event so far, as if the run ended now.

        Without commands it is that of the same decisions in `vmenv.simulate`.

        Raises:
            ActionError: No VM has been created.
        """
