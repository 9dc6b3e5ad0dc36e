"""What came of trials on real guests, as text, and as a page in Markdown with a picture."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError
from vmenv.live.pages import ranking, spread
from vmenv.live.trial import Trial
from vmenv.render.figures import COLOURS, GREY, matplotlib_classes
from vmenv.render.markdown import table

HEAD = (
    "policy",
    "response, s",
    "predicted, s",
    "size error",
    "dynamics error",
    "slowdown",
    "predicted",
    "order alike",
    "switches",
    "predicted",
)
EXPLAINED = """
*Response* is the mean response time. *Predicted* is what `vmenv.simulate` says with the sizes that the guests were made of. Its error has
two parts: with the CPU time that the guests really used the simulator would have said something else (*size*), and something else happened
(*dynamics*). Figures are medians over the repetitions, in brackets the least and the largest. *Order alike* compares the order of grants
with the one that is predicted from the measured sizes: 1 is the same. Switches are predicted from those, too.
"""
MOST_ABREAST = 4  # panels of the picture
LEFT_OUT = """
A guest's work takes more or less CPU time as caches, the other thread of a core and its clock rate have it: that is the size error. By the
clocks `cpu` and `wall` stopping, deciding and letting go take time that the model does not know; the prediction from measured sizes has
its mean as the cost of a switch. By the clock `service` they cost nothing, and a quantum is booked as planned: what a stop missed it by, as
told above, moves into the same guest's next grant. So the dynamics error by that clock is what is left of orders, borders of quanta and
completions, and not how well a stop is timed. By the others books are kept as measured: VMs that have the same attained service in the
model differ by some microseconds, so that a rule such as LAS, which looks at nothing else, breaks ties otherwise than predicted.
"""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Trials with one quantum and clock.

    Attributes:
        driver: Whose guests they are.
        quantum_us: The quantum.
        clock: The clock.
        trials: All repetitions of all policies.
    """

    driver: str
    quantum_us: int
    clock: str
    trials: Sequence[Trial]

    @property
    def title(self) -> str:
        """What stands above it."""
        return f"{self.driver}: quantum {self.quantum_us / 1000:g} ms, clock {self.clock}"

    def of_policies(self) -> dict[str, list[Trial]]:
        """Returns the repetitions of each policy."""
        found: dict[str, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(trial.policy, []).append(trial)
        return found


def line_of(trial: Trial) -> str:
    """Returns one trial in a line for the terminal."""
    predicted_s = trial.from_expected.response_us.mean() / 1e6
    return (
        f"{trial.policy:14} response {trial.response_s:.3f} s, predicted {predicted_s:.3f} s (size {trial.size_error:+.1%}, "
        f"dynamics {trial.dynamics_error:+.2%}), order alike {trial.likeness:.3f}, {len(trial.slices)} slices in {trial.wall_s:.1f} s"
    )


def page_of(parts: Sequence[Part], about: Mapping[str, str], picture: str | None) -> str:
    """Returns the page.

    Args:
        parts: What was measured.
        about: What else it says of how: the command, the machine.
        picture: The file of the picture beside it, None: there is none.
    """
    lines = [
        "# From the simulator to the machine",
        "",
        "The same policies on real guests of one core, beside what the simulator says of them.",
        "",
    ]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    lines += [f"\n![measured beside predicted]({picture})"] if picture else []
    lines += [EXPLAINED]
    for part in parts:
        lines += [f"## {part.title}", "", *_table(part), "", *(f"- {said}" for said in findings(part)), ""]
    return "\n".join([*lines, "## What the model leaves out", "", LEFT_OUT.strip()]) + "\n"


def findings(part: Part) -> list[str]:
    """Returns what is to be said of a part beside its table."""
    by_policy = part.of_policies()
    errors = {name: abs(_median(trial.dynamics_error for trial in trials)) for name, trials in by_policy.items()}
    worst = max(errors, key=lambda name: errors[name])
    measured = {name: _median(trial.response_s for trial in trials) for name, trials in by_policy.items()}
    predicted = {name: float(trials[0].from_expected.response_us.mean()) for name, trials in by_policy.items()}
    said = [
        f"Dynamics error in the median repetition: at most {errors[worst]:.2%} ({worst}); in any repetition at most "
        f"{max(abs(trial.dynamics_error) for trial in part.trials):.2%}.",
        f"Ranking by mean response, best first: {ranking(measured, predicted)}",
    ]
    missed = [abs(value) for trial in part.trials for value in trial.missed_us]
    path = [value for trial in part.trials for value in trial.path_us]
    if missed and part.clock != "wall":
        said.append(f"{len(missed)} slices that a stop ended miss their length by {_percentiles(missed)} us (p50, p99, most).")
    if path:
        said.append(f"From when a guest stands to when the next is let go (books, decision, driver): {_percentiles(path)} us of the wall.")
    return said


def machine() -> dict[str, str]:
    """Returns what is to be said of this machine."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return {"Machine": f"{model}, {os.cpu_count()} logical cores, Linux {platform.release()}, Python {platform.python_version()}"}


def write_page(folder: Path, name: str, parts: Sequence[Part], about: Mapping[str, str]) -> Path:
    """Writes the page and its picture, NAME.md and NAME.png, into a folder, and returns the page's file.

    Raises:
        VmenvError: matplotlib is not installed, or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draw(parts, folder / f"{name}.png")
        write_whole(folder / f"{name}.md", page_of(parts, about, f"{name}.png"))
    except OSError as error:
        raise SpecError(f"--out {folder} cannot be written to ({error}): give a folder where it can") from error
    return folder / f"{name}.md"


def draw(parts: Sequence[Part], file: Path) -> None:
    """Draws mean responses, measured over predicted, a panel for each part."""
    figure_class, canvas_class = matplotlib_classes()
    wide = min(len(parts), MOST_ABREAST)
    high = -(-len(parts) // wide)
    figure = figure_class(figsize=(4.2 * wide, 4.2 * high), layout="constrained")
    canvas_class(figure)
    axes = figure.subplots(high, wide, squeeze=False).ravel()
    for axis in axes[len(parts) :]:
        axis.set_axis_off()
    for axis, part in zip(axes, parts, strict=False):
        most = 1.08 * max(max(trial.response_s, trial.from_expected.response_us.mean() / 1e6) for trial in part.trials)
        least = 0.92 * min(min(trial.response_s, trial.from_expected.response_us.mean() / 1e6) for trial in part.trials)
        axis.plot([least, most], [least, most], color=GREY, linewidth=0.8)
        for k, (name, trials) in enumerate(part.of_policies().items()):
            real, colour = [trial.response_s for trial in trials], COLOURS[k % len(COLOURS)]
            expected = [trial.from_expected.response_us.mean() / 1e6 for trial in trials]
            sized = [trial.from_measured.response_us.mean() / 1e6 for trial in trials]
            axis.scatter(expected, real, color=colour, marker="o", s=36, label=name)
            axis.scatter(sized, real, color=colour, marker="x", s=30)
        axis.set_title(part.title, fontsize=10)
        axis.set_xlabel("predicted mean response, s (x: with measured sizes)")
        axis.set_ylabel("measured mean response, s")
        axis.legend(fontsize=7)
    figure.savefig(file, dpi=130, metadata={"Software": None})


def _table(part: Part) -> list[str]:
    rows = []
    for name, trials in part.of_policies().items():
        rows.append(
            [
                name,
                spread([trial.response_s for trial in trials], "{:.3f}"),
                f"{trials[0].from_expected.response_us.mean() / 1e6:.3f}",
                spread([trial.size_error for trial in trials], "{:+.1%}"),
                spread([trial.dynamics_error for trial in trials], "{:+.2%}"),
                spread([trial.slowdowns[0] for trial in trials], "{:.2f}"),
                f"{trials[0].slowdowns[1]:.2f}",
                spread([trial.likeness for trial in trials], "{:.3f}"),
                spread([trial.switches[0] for trial in trials], "{:.0f}"),
                spread([trial.switches[1] for trial in trials], "{:.0f}"),
            ]
        )
    return table(HEAD, rows)


def _median(values: Iterable[float]) -> float:
    return float(np.median(list(values)))


def _percentiles(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in np.percentile(values, [50, 99, 100]))


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []
