"""Mutants of the scoring network of index policies."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="the scoring network of index policies",
    tests=(
        ("tests/dispatch/index/test_scoring.py", ENOUGH),
        (
            "tests/dispatch/index",
            "--deselect=tests/dispatch/index/test_index_policy.py::test_shipped_policies_do_as_their_cards_say",
            ENOUGH,
        ),
    ),
    few=1,
    rows={
        "vmenv/dispatch/index/scoring.py": [
            ("waiting scores whatever it leads to", "memory[WAIT] = wait if host.can_wait else -np.inf", "memory[WAIT] = wait"),
            ("the score of waiting has no bias", "wait = params[bias + 2 * hidden]", "wait = 0.0"),
            ("hidden units of the host have no bias", "x = four(params, bias + k)\n", "x = four(params, bias + k) * 0.0\n"),
            ("hidden units are linear", "return x / (1.0 + abs(x))", "return x * 1.0"),
            ("the last block of hidden units is dropped", "    while k < hidden:\n", "    while k + FOUR < hidden:\n"),
            ("the score has no linear part", "total += params[linear + j] * seen[j]", "total += 0.0 * seen[j]"),
            (
                "a network has one weight too few",
                "return (used + used_host) * (1 + hidden) + 3 * hidden + 1",
                "return (used + used_host) * (1 + hidden) + 3 * hidden",
            ),
        ],
        "vmenv/dispatch/index/policy.py": [
            (
                "the lowest score goes first",
                "(np.inf if value < host.run_memory[WAIT] else -value)",
                "(np.inf if value < host.run_memory[WAIT] else value)",
            ),
            ("a policy never waits", "(np.inf if value < host.run_memory[WAIT] else -value)", "-value"),
            (
                "features of the host are numbered as those of VMs",
                "[list(HOST_FEATURES).index(name) for name in self.host_features]",
                "[k for k, name in enumerate(self.host_features)]",
            ),
            ("weights need not be finite", "if not np.isfinite(self.weights).all():", "if False:"),
            ("any number of weights will do", "if len(self.weights) != expected:", "if len(self.weights) < expected:"),
        ],
    },
)
