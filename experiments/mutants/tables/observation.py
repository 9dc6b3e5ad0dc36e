"""Mutants of observations, and the features of index policies."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="observations, and the features of index policies",
    tests=(
        ("tests/dispatch/features/test_by_hand.py", "tests/dispatch/loop/test_view.py", ENOUGH),
        ("tests/dispatch/features", "tests/dispatch/test_episodes.py", ENOUGH),
        (
            "tests/dispatch/schedulers/test_experience.py",
            "--deselect=tests/dispatch/schedulers/test_experience.py::test_what_knowing_the_law_is_worth",
            "tests/dispatch/test_env.py",
            "tests/dispatch/test_history.py",
            ENOUGH,
        ),
    ),
    few=1,
    rows={
        "vmenv/dispatch/features/vm.py": [
            (
                "the long age is as short as the other",
                "return host.now_us - vm.arrival_us, 10.0 * tau",
                "return host.now_us - vm.arrival_us, tau",
            ),
            (
                "the time since the last grant tells where in its quantum a VM is",
                "return max(0, host.now_us - vm.turn_us), tau",
                "return abs(host.now_us - vm.turn_us), tau",
            ),
            (
                "the service left is shown for the service so far",
                "def attained(vm: VmView, host: HostView, tau: float) -> Parts:\n    return vm.attained_us, tau",
                "def attained(vm: VmView, host: HostView, tau: float) -> Parts:\n    return vm.size_us - vm.attained_us, tau",
            ),
            (
                "the end of the phase is shown for that of the quantum",
                "return max(0, vm.turn_us - host.now_us), tau",
                "return max(0, min(vm.turn_us - host.now_us, vm.phase_left_us)), tau",
            ),
            (
                "the announced size is the true one",
                "return max(0, vm.estimate_us - vm.attained_us), tau",
                "return max(0, vm.size_us - vm.attained_us), tau",
            ),
            (
                "service counts against no announced size",
                "return max(0, vm.estimate_us - vm.attained_us), tau",
                "return max(0, vm.estimate_us), tau",
            ),
            (
                "slack has the other sign",
                "return vm.arrival_us + vm.slo_us - host.now_us if",
                "return host.now_us - vm.arrival_us - vm.slo_us if",
            ),
            ("slack counts from now on", "return vm.arrival_us + vm.slo_us - host.now_us if", "return vm.slo_us if"),
            (
                "a demand on the disk is part of the NIC",
                "return vm.disk_kib_s, host.capacity[vm.disk_device]",
                "return vm.disk_kib_s, host.capacity[vm.nic_device]",
            ),
            ("a start costs the same while it runs", "return 0 if vm.running else vm.start_us, 0.1 * tau", "return vm.start_us, 0.1 * tau"),
            (
                "what is paged out is what is demanded",
                "return max(0, vm.memory_mib - vm.resident_mib - free_mib), host.memory_mib",
                "return max(0, vm.memory_mib - free_mib), host.memory_mib",
            ),
            ("the loaded tenant is any other", "return vm.tenant == host.loaded_tenant, 1", "return vm.tenant != host.loaded_tenant, 1"),
            ("weights have another scale", "return vm.weight, 1.0", "return vm.weight, 4.0"),
            ("restores are migrations", "return vm.kind == c.RESTORE, 1", "return vm.kind == c.MIGRATE, 1"),
            (
                "what VMs lose to it is what it loses",
                "return learned_harm(vm.vm_class, host) / c.FULL_RATE, 1.0",
                "return 1.0 - learned_own(vm.vm_class, host) / c.FULL_RATE, 1.0",
            ),
        ],
        "vmenv/dispatch/features/host.py": [
            (
                "free memory is what is resident of it",
                "return host.memory_mib - host.memory_running_mib, host.memory_mib",
                "return host.memory_mib - host.memory_resident_mib, host.memory_mib",
            ),
            (
                "those that run wait",
                "return host.mapped[device] - (host.capacity[device] - host.free[device]), host.capacity[device]",
                "return host.mapped[device], host.capacity[device]",
            ),
            (
                "queued VMs are runnable",
                "return host.num_runnable, host.num_slots",
                "return host.num_runnable + host.num_queued, host.num_slots",
            ),
            (
                "the next end is that of the quantum from now on",
                "return host.next_turn_us - host.now_us, tau",
                "return host.quantum_us, tau",
            ),
            ("the largest demand is the sum", "return waiting.largest, host.capacity[c.CPU]", "return waiting.total, host.capacity[c.CPU]"),
            (
                "the last arrival is the second last",
                "def loaded_since(loaded: Loaded, tau: float) -> Parts:\n    return loaded.last_us, tau",
                "def loaded_since(loaded: Loaded, tau: float) -> Parts:\n    return loaded.second_us, tau",
            ),
        ],
        "vmenv/dispatch/features/forms.py": [
            (
                "squashed values go up to one half",
                "    x = np.float32(parts[0])\n    return x / (x + np.float32(parts[1]))",
                "    x = np.float32(parts[0])\n    return x / (2 * x + np.float32(parts[1]))",
            ),
            (
                "what is signed loses its sign",
                "return parts[0] / (abs(parts[0]) + parts[1])",
                "return abs(parts[0]) / (abs(parts[0]) + parts[1])",
            ),
        ],
        "vmenv/dispatch/observation.py": [
            ("who leaves stays in the observation", "                _clear(out, i)\n", "                pass\n"),
            ("times are those of the last change", "if stale != 0 or time_passed:", "if stale != 0:"),
            ("the mask allows what does not fit", "out.action_mask[i] = fit\n", "out.action_mask[i] = 1\n"),
            ("waiting is always allowed", "out.action_mask[s.slots.shape[0]] = host.can_wait", "out.action_mask[s.slots.shape[0]] = 1"),
            (
                "the work left is shown to all",
                "    if row.shape[0] == NUM_CLAIRVOYANT:\n        row[AT.left]",
                "    row[AT.attained] = squash32(of.left(vm, host, tau))\n    if row.shape[0] == NUM_CLAIRVOYANT:\n        row[AT.left]",
            ),
            ("a reload is seen at the next grant", "        elif reloaded:\n            _observe_start(s, i, host, row, tau)\n", ""),
            (
                "devices stand in the columns of the next one",
                "row[FIRST_OF_DEVICES + NUM_OF_DEVICE * device] = ratio32",
                "row[FIRST_OF_DEVICES + NUM_OF_DEVICE * device + 1] = ratio32",
            ),
        ],
        "vmenv/dispatch/loop/experience.py": [
            (
                "labels are learned of as one",
                "label = s.vms[vm, given.TENANT] % NUM_LABELS\n            size",
                "label = 0\n            size",
            ),
            (
                "those present count whole where they are",
                "at_risk = came_further + completed + 0.5 * present",
                "at_risk = came_further + completed + present",
            ),
            (
                "the sizes of those that are not done are learned",
                "        if done_us < 0:\n            first_present = min(first_present, vm)\n        elif done_us >= memory[SEEN_US]:",
                "        if True:",
            ),
        ],
        "vmenv/dispatch/loop/looks.py": [
            (
                "those present are those runnable",
                "host.status[i] != c.EMPTY and host.tenants[i] == tenant",
                "host.status[i] == c.RUNNABLE and host.tenants[i] == tenant",
            ),
            ("a tenant's arrivals are anybody's", "if host.arrived_tenants[vm] == tenant:", "if True:"),
            ("a VM that demands much demands the whole CPU", "num_whole += demand == capacity", "num_whole += 2 * demand >= capacity"),
        ],
    },
)
