"""Mutants of the keys of schedulers."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="the keys of schedulers",
    tests=(
        ("tests/dispatch/schedulers/test_keys_by_hand.py", ENOUGH),
        (
            "tests/dispatch/schedulers/test_fair_shares.py",
            "tests/dispatch/schedulers/test_linux.py",
            "tests/dispatch/schedulers/test_xen.py",
            "tests/dispatch/schedulers/test_tetris.py",
            "tests/dispatch/schedulers/test_polling.py",
            "tests/dispatch/schedulers/test_drain.py",
            ENOUGH,
        ),
        ("tests/dispatch/schedulers/test_seed_schedulers.py", "tests/dispatch/schedulers/test_unit_facts.py", ENOUGH),
    ),
    few=1,
    rows={
        "vmenv/dispatch/schedulers/tsp.py": [
            ("aging lowers the urgency", "return -(vm.priority + params[0]", "return -(vm.priority - params[0]"),
            ("aging is per millisecond", "params[0] * 1e-6 * vm.weight", "params[0] * 1e-3 * vm.weight"),
            ("aging counts no weights", "1e-6 * vm.weight * vm.wait_us", "1e-6 * vm.wait_us"),
        ],
        "vmenv/dispatch/schedulers/tsrr.py": [
            ("round robin is least attained service", "return float(vm.queue_place), 0.0", "return float(vm.attained_us), 0.0")
        ],
        "vmenv/dispatch/schedulers/rap.py": [
            (
                "balance is what is used before placement",
                "(host.capacity[device] - host.free[device] + demand)",
                "(host.capacity[device] - host.free[device])",
            ),
            ("the worst balance goes first", "return highest - lowest, 0.0", "return lowest - highest, 0.0"),
            (
                "attained shares count no weights",
                "return dominant * vm.attained_us / vm.weight, 0.0",
                "return dominant * vm.attained_us, 0.0",
            ),
        ],
        "vmenv/dispatch/schedulers/rrp.py": [
            ("the order is turned round", "(-dominant if params[0] == 0.0 else dominant)", "(dominant if params[0] == 0.0 else -dominant)"),
            ("the disk is no requirement", "            vm.disk_kib_s / host.capacity[vm.disk_device],\n", "            0.0,\n"),
        ],
        "vmenv/dispatch/schedulers/srpt.py": [
            ("what is left is the size", "left = float(vm.size_us - vm.attained_us)", "left = float(vm.size_us)"),
            ("memory is no part of the volume", "        vm.memory_mib / host.memory_mib,\n", "        0.0,\n"),
        ],
        "vmenv/dispatch/schedulers/sjf.py": [
            ("estimates are not looked at", "params[0] == 1.0 and vm.estimate_us > 0", "params[0] == 2.0 and vm.estimate_us > 0")
        ],
        "vmenv/dispatch/schedulers/edf.py": [
            ("the shortest objective is the earliest deadline", "float(vm.arrival_us + vm.slo_us) if", "float(vm.slo_us) if")
        ],
        "vmenv/dispatch/schedulers/llf.py": [
            ("laxity leaves out the work left", "host.now_us - (vm.size_us - vm.attained_us))", "host.now_us)")
        ],
        "vmenv/dispatch/schedulers/mlfq.py": [
            ("a level ends a quantum late", "while vm.attained_us >= threshold and", "while vm.attained_us > threshold and"),
            ("all levels are equally long", "threshold *= params[1]", "threshold += params[0]"),
        ],
        "vmenv/dispatch/schedulers/wspt.py": [
            (
                "weights are dropped from weighted shortest processing time",
                "return -vm.weight / vm.size_us, 0.0",
                "return -1 / vm.size_us, 0.0",
            )
        ],
        "vmenv/dispatch/schedulers/cmu.py": [
            ("the dearest with the longest expected size goes first", "-vm.weight / vm.estimate_us if", "-vm.weight * vm.estimate_us if")
        ],
        "vmenv/dispatch/schedulers/stride.py": [
            (
                "strides do not depend on the weight",
                "host.vm_memory[vm.slot, 1] + vm.attained_us / vm.weight",
                "host.vm_memory[vm.slot, 1] + vm.attained_us",
            ),
            ("a newcomer joins at the beginning", "s.vm_memory[i, 1] = s.run_memory[0]", "s.vm_memory[i, 1] = 0.0"),
        ],
        "vmenv/dispatch/schedulers/cfs.py": [
            ("turns have no length", "c.LAST_END_US] == now and 0.0 < served <= slice_us", "c.LAST_END_US] == now and False"),
            ("turns do not depend on the weight", "period_us * min(1.0, pcpus * weight / weights)", "period_us / 2"),
        ],
        "vmenv/dispatch/schedulers/eevdf.py": [
            ("nobody has to be eligible", "return bool(runtime <= virtual_time + 1e-9 * abs(virtual_time))", "return True"),
            ("deadlines do not depend on the weight", "s.vm_memory[i, 3] + request / weight", "s.vm_memory[i, 3] + request"),
        ],
        "vmenv/dispatch/schedulers/gittins.py": [
            ("the index is that of the next age", "return -params[1 + count + low], 0.0", "return -params[count + low], 0.0"),
            (
                "those that are done cost no service",
                "served = np.cumsum(rest) + rest * (len(rest) - done)",
                "served = rest * (len(rest) - done) + 1.0",
            ),
        ],
        "vmenv/dispatch/schedulers/credit.py": [
            ("credits are dealt out in equal parts", "min(weight * rate, most)", "min(rate, most)"),
        ],
        "vmenv/dispatch/schedulers/bvt.py": [
            ("a warp holds the urgent back", "virtual - params[0] * s.slots[i, c.PRIORITY]", "virtual + params[0] * s.slots[i, c.PRIORITY]")
        ],
        "vmenv/dispatch/schedulers/drf.py": [("memory is no resource", "held += s.front[j, c.MEMORY]", "held += 0")],
        "vmenv/dispatch/schedulers/easy.py": [
            (
                "backfilling delays the first",
                "in_time = vm.estimate_us > 0 and host.now_us + vm.estimate_us <= host.run_memory[1]",
                "in_time = vm.estimate_us > 0",
            ),
            ("nobody uses what is left over", "or vm.cpu_millicores <= host.run_memory[2]", "or vm.cpu_millicores < 0"),
        ],
        "vmenv/dispatch/schedulers/serverfilling.py": [
            ("the small ones fill first", "(-float(vm.cpu_millicores) if", "(float(vm.cpu_millicores) if")
        ],
        "vmenv/dispatch/schedulers/maxweight.py": [
            (
                "the shortest queue is served",
                "return -float(num_present_of(host, vm.tenant))",
                "return float(num_present_of(host, vm.tenant))",
            )
        ],
        "vmenv/dispatch/schedulers/wfp3.py": [("WFP3 is not cubed", "return -((w / r) ** 3) * n, 0.0", "return -(w / r) * n, 0.0")],
        "vmenv/dispatch/schedulers/polling.py": [("patience is without end", "or host.now_us - q.since_us >= patience_us or", "or")],
        "vmenv/dispatch/schedulers/lottery.py": [
            ("all lots weigh the same", "host.num_decisions, params)) / vm.weight, 0.0", "host.num_decisions, params)), 0.0")
        ],
    },
)
