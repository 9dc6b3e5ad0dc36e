"""What can be asked of a live host. Nothing of it is changed."""

from __future__ import annotations

from vmenv.dispatch.run import Run
from vmenv.errors import ActionError
from vmenv.host.spec import Host
from vmenv.live.live_host import LiveHost
from vmenv.live.read_status import read_host, read_host_columns
from vmenv.live.status import HostColumns, HostStatus, VmStatus


class Questions(LiveHost):
    """The calls of `Control` that ask, and what came out so far."""

    def describe_host(self) -> Host:
        """See `Control.describe_host`."""
        return self.host

    def observe(self) -> HostStatus:
        """See `Control.observe`."""
        return read_host(self.state, self.host, self._live.columns())

    def observe_columns(self) -> HostColumns:
        """See `Control.observe_columns`."""
        return read_host_columns(self.state, self.host, self._live.columns())

    def vm_status(self, vm: int) -> VmStatus:
        """See `Control.vm_status`."""
        return self._live.status(vm)

    def metrics(self) -> dict[str, float]:
        """See `Control.metrics`."""
        return self.outcome().metrics()

    def digest(self) -> str:
        """See `Control.digest`."""
        return self.outcome().digest()

    def outcome(self) -> Run:
        """Returns what came out so far, as if the run ended now; it goes on. VMs are in the order of their numbers.

        Raises:
            ActionError: No VM has been created.
        """
        if not self._live.created:
            raise ActionError("no VM has been created, so that there is nothing to tell: call create first")
        return self._live.outcome()
