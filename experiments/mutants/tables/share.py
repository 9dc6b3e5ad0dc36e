"""Mutants of the share model, its observation, metrics and heuristics."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="the share model, its observation, metrics and heuristics",
    tests=(
        ("tests/share/test_by_hand.py", "tests/share/test_filling.py", "tests/share/test_dynamics.py", ENOUGH),
        (
            "tests/share/test_schedulers.py",
            "tests/share/test_env.py",
            "tests/share/test_scenarios.py",
            "tests/share/test_convergence.py",
            "tests/share/test_render.py",
            ENOUGH,
        ),
    ),
    few=1,
    rows={
        "vmenv/share/dynamics.py": [
            (
                "backlog is asked for rounded down",
                "asked = min(s.uses[i, u, c.RATE] - (-s.uses[i, u, c.BACKLOG] // length_us), LARGEST)",
                "asked = min(s.uses[i, u, c.RATE] + s.uses[i, u, c.BACKLOG] // length_us, LARGEST)",
            ),
            ("a VM uses more than its vCPUs", "else min(f.asks[i, CPU], s.slots[i, c.LIMIT])", "else f.asks[i, CPU]"),
            ("caps stay when somebody comes", "return bool(left or came)", "return bool(left)"),
            (
                "steal time leaves out what is beyond the VM's limit",
                "demanded, before = use[c.RATE] * length_us, use[c.BACKLOG]",
                "demanded, before = min(use[c.RATE], s.slots[i, c.LIMIT]) * length_us, use[c.BACKLOG]",
            ),
            (
                "demand that waits is lost too",
                "        use[c.BACKLOG] = left\n",
                "        use[c.BACKLOG] = left\n        s.devices[device, c.DEV_LOST] += left\n",
            ),
            (
                "a VM leaves with a backlog",
                "if s.slots[i, c.PHASE_END_US] == h.NEVER and waiting == 0:",
                "if s.slots[i, c.PHASE_END_US] == h.NEVER:",
            ),
            ("a phase ends with the interval", "soonest = min(soonest, s.slots[i, c.PHASE_END_US])", "pass"),
            ("the short mean forgets at the rate of the long one", "(seen - use[c.SHORT]) >> 2", "(seen - use[c.SHORT]) >> 5"),
            ("a peak is never forgotten", "use[c.PEAK] - (use[c.PEAK] >> 4)", "use[c.PEAK]"),
            (
                "the swing is that of the mean",
                "use[c.SWING] += (abs(seen - use[c.NOW]) - use[c.SWING]) >> 3",
                "use[c.SWING] += (abs(seen - use[c.LONG]) - use[c.SWING]) >> 3",
            ),
            (
                "empty time does not count as idle",
                "s.devices[device, c.DEV_IDLE] += s.filling.capacity[device] * (now - s.run[c.CLOCK_US])",
                "s.devices[device, c.DEV_IDLE] += 0",
            ),
            (
                "the horizon falls on the end of an interval",
                "return int(min(s.run[c.CLOCK_US] + s.host[c.INTERVAL_US], s.host[c.HORIZON_US]))",
                "return int(s.run[c.CLOCK_US] + s.host[c.INTERVAL_US])",
            ),
        ],
        "vmenv/share/filling.py": [
            (
                "what is granted is rounded up",
                "return int(f.asks[i, u] * units // f.asks[i, d])",
                "return int(-(-f.asks[i, u] * units // f.asks[i, d]))",
            ),
            ("weights do not count", "return int(units * SCALE // (capacity * f.weights[i]))", "return int(units * SCALE // capacity)"),
            (
                "the largest remainder is what was had",
                "left = int((f.asks[i, d] - units) * SCALE // capacity)",
                "left = int(units * SCALE // capacity)",
            ),
            ("ties go to the highest slot", "if best == -1 or own < least:", "if best == -1 or own <= least:"),
            ("what exactly fits does not", "- f.grants[i, u] <= f.free[f.places[i, u]]", "- f.grants[i, u] < f.free[f.places[i, u]]"),
            (
                "the dominant device is that of the largest ask",
                "if f.asks[i, u] * f.capacity[f.places[i, best]] > f.asks[i, best] * f.capacity[f.places[i, u]]:",
                "if f.asks[i, u] > f.asks[i, best]:",
            ),
            ("the remainder is nobody's", "raise_as_far(f, i, f.lead[i], units_below(f, i, f.lead[i], low + 1))", "pass"),
            (
                "a VM is slowed by the widest of its caps",
                "caps[i, u] * f.asks[i, tight] < caps[i, tight] * f.asks[i, u]",
                "caps[i, u] * f.asks[i, tight] > caps[i, tight] * f.asks[i, u]",
            ),
            ("a quantum is rounded down", "-(-capacity // parts))", "capacity // parts)"),
        ],
        "vmenv/share/batch.py": [
            ("unmet demand is that of the CPU", "last = 1 if s.host[c.OBJECTIVE] == c.STEAL else s.devices.shape[0]", "last = 1"),
            (
                "a reward has the sign of the cost",
                "io.rewards[r] = io.scales[r] * (before - cost(s))",
                "io.rewards[r] = io.scales[r] * (cost(s) - before)",
            ),
            (
                "costs are in microseconds",
                "s.devices[device, c.DEV_LOST] / (s.filling.capacity[device] * interval)",
                "s.devices[device, c.DEV_LOST] / s.filling.capacity[device]",
            ),
        ],
        "vmenv/share/observation.py": [
            (
                "the demand to come is seen",
                "row[feature] = root(use[c.NOW], grains)",
                "row[feature] = root(use[c.RATE] * float(c.GRAIN), grains)",
            ),
            (
                "what was missed is what was granted",
                "root(use[c.MISSED], capacity * float(length_us))",
                "root(use[c.GRANTED], capacity * float(length_us))",
            ),
            ("ages have another scale", "squash(s.slots[i, c.NUM_SEEN] / 16.0)", "squash(s.slots[i, c.NUM_SEEN] / 4.0)"),
            ("rates are no roots", "np.float32(math.sqrt(min(1.0, x / whole)))", "np.float32(min(1.0, x / whole))"),
            ("rates go beyond 1", "np.float32(math.sqrt(min(1.0, x / whole)))", "np.float32(math.sqrt(x / whole))"),
            (
                "what was lost of a device is what was demanded",
                "host[2 + 3 * device] = squash(s.devices[device, c.LAST_LOST] / whole)",
                "host[2 + 3 * device] = squash(s.devices[device, c.LAST_DEMANDED] / whole)",
            ),
            ("who left stays in the row", "                row[feature] = 0.0\n", "                pass\n"),
        ],
        "vmenv/share/quanta.py": [
            (
                "what is left is not dealt out",
                "np.where(there, shares + (free[:, CPU] / capacity[CPU] / num_there)[:, None], 0.0)",
                "np.where(there, shares, 0.0)",
            ),
            ("those who ask for nothing get a part of what is left", "np.where(there, shares + (free", "np.where(True, shares + (free"),
        ],
        "vmenv/share/scheduler.py": [
            (
                "what waits is not asked for",
                "asks=-(-runs.uses[..., c.NOW] // c.GRAIN) + waiting",
                "asks=-(-runs.uses[..., c.NOW] // c.GRAIN)",
            ),
            ("actions are parts of the sum", "most = weights.max(axis=1, keepdims=True)", "most = weights.sum(axis=1, keepdims=True)"),
        ],
        "vmenv/share/schedulers/demand.py": [
            ("headroom is the same for all", "self.headroom * seen.size / seen.capacity[CPU]", "self.headroom")
        ],
        "vmenv/share/schedulers/rrp.py": [
            ("largest and smallest change places", '{"desc": LEFT_DESC, "asc": LEFT_ASC}', '{"desc": LEFT_ASC, "asc": LEFT_DESC}')
        ],
        "vmenv/share/metrics/devices.py": [
            ("steal is that of all devices", "return float(run.in_us(c.DEV_LOST)[0])", "return float(run.in_us(c.DEV_LOST).sum())"),
            ("active time is what was demanded", "run.in_us(c.DEV_GRANTED)[0]", "run.in_us(c.DEV_DEMANDED)[0]"),
            ("backlog is a sum over time", "return run.waited_us2 / max(1, run.clock_us)", "return run.waited_us2"),
        ],
        "vmenv/share/metrics/fairness.py": [
            ("the worst steal is the mean one", "part_of_demand(run, run.lost).max(initial=0.0)", "part_of_demand(run, run.lost).mean()"),
            ("those who demanded nothing count", "asks = run.demanded[:, 0] > 0", "asks = run.demanded[:, 1] > 0"),
        ],
        "vmenv/share/episodes.py": [
            ("weights start from nothing", "return 1 + np.rint(", "return np.rint("),
            ("weights above 1 are taken", "legal = (array >= 0) & (array <= 1)", "legal = array >= 0"),
            (
                "limits stand in the order of the workload",
                "self.scenario.limits(workload)[workload.arrival_order]",
                "self.scenario.limits(workload)",
            ),
        ],
    },
)
