"""The command line of the page of real work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import agents.dispatch  # noqa: F401  # makes the networks of its agents loadable
from experiments.bench.machine import commit
from experiments.bench.table import markdown
from experiments.learned.runs import tuned_stems
from experiments.real.headroom import LEAST_GAIN, Headroom, headroom, play
from experiments.real.workloads import WORKLOADS, RealWork
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.files import write_whole
from vmenv.episodes.saved import load_policy
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.leaderboard.score import paired_ratio

PAGE = "real.md"
AGENTS = ("tuned", "formula", "index")


def main(arguments: Sequence[str] | None = None) -> None:
    """Plays and writes; training is left to `experiments.train`, whose commands it prints."""
    parser = argparse.ArgumentParser(prog="python -m experiments.real", description="Says where on real work something can be gained.")
    parser.add_argument("--traces", type=Path, default=Path("../shared/traces"), help="folder of the samples (default: ../shared/traces)")
    parser.add_argument("--runs", type=Path, default=Path("runs/real"), help="training runs, NAME-AGENT-seedN (default: runs/real)")
    parser.add_argument("--results", type=Path, default=Path("experiments/results"), help="where the page goes")
    parser.add_argument("--episodes", type=int, default=len(EVALUATION_SEEDS), help="evaluation episodes (default: 100, which are all)")
    parser.add_argument("--commands", action="store_true", help="print the commands that train what the page looks for, and end")
    given = parser.parse_args(arguments)
    if not 2 <= given.episodes <= len(EVALUATION_SEEDS):
        parser.error(f"--episodes is {given.episodes}: give 2 to {len(EVALUATION_SEEDS)}")
    if given.commands:
        print("\n".join(line for work in WORKLOADS for line in commands(work, given.traces, given.runs)))
        return
    rows = []
    for work in WORKLOADS:
        print(f"playing {work.name}", file=sys.stderr, flush=True)
        scenario = work.build(given.traces)
        if scenario is not None:
            found = headroom(scenario, given.episodes)
            rows.append([work.name, *_cells(found), *_learned(work, scenario, found, given.runs, given.episodes)])
    write_whole(given.results / PAGE, document(rows, given.episodes))
    print(f"page: {given.results / PAGE}")


def folder_of(work: RealWork, agent: str, runs: Path, seed: int) -> Path:
    """Returns where a training run lies."""
    return runs / f"{work.name.split(',')[0].split()[0].lower()}-{agent}-seed{seed}"


def commands(work: RealWork, traces: Path, runs: Path, seeds: Sequence[int] = (0, 1)) -> list[str]:
    """Returns the commands that train on a workload's past."""
    scenario = work.build(traces)
    if scenario is None:
        return []
    told = {name: value for name, value in scenario.describe().items() if name in work.parameters}
    settings = " ".join(f"'scenario.{name}={_written(value)}'" for name, value in told.items())
    train = f"python -m experiments.train scenario={work.scenario} {settings}"
    return [f"{train} agent={agent} seed={seed} folder={folder_of(work, agent, runs, seed)}" for agent in AGENTS for seed in seeds]


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}: {_written(inner)}" for key, inner in value.items()) + "}"
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _cells(found: Headroom) -> list[str]:
    gain = 1 - found.ratio.mean
    bound = "-" if found.bound is None else f"{found.bound:.3f}"
    most = "" if found.bound is None else f", and no policy gains more than {100 * (1 - found.bound):.0f} %"
    verdict = f"{100 * gain:.0f} %" if gain >= LEAST_GAIN else f"nothing by knowing sizes{most}"
    return [found.rival, f"{found.played.costs.mean():.4g}", f"{found.clairvoyant}: {_shown(found.ratio)}", bound, verdict]


def _learned(work: RealWork, scenario: DispatchScenario, found: Headroom, runs: Path, episodes: int) -> list[str]:
    cells = []
    for agent in AGENTS:
        folders = sorted(runs.glob(folder_of(work, agent, runs, 0).name[:-1] + "*"))
        runs_played = [play(load_policy(_policy_in(folder)), scenario, EVALUATION_SEEDS[:episodes]) for folder in folders]
        if not runs_played:
            cells.append("-")
            continue
        ratio = paired_ratio(np.array([played.costs for played in runs_played]), found.played.costs)
        p99 = np.mean([played.p99_slowdown for played in runs_played]) / found.played.p99_slowdown
        longest = np.mean([played.longest_wait_us for played in runs_played]) / found.played.longest_wait_us
        cells.append(f"{_shown(ratio)} ({len(folders)}); p99 {p99:.2f}, longest wait {longest:.2f}")
    return cells


def _policy_in(folder: Path) -> Path:
    """Returns where the policy of a run lies; of tuned heuristics, the best on validation episodes."""
    return (tuned_stems(folder) or [folder])[0]


def _shown(ratio: object) -> str:
    return f"{ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"  # type: ignore[attr-defined]  # an Interval


def document(rows: list[list[str]], episodes: int) -> str:
    """Returns the page as Markdown."""
    head = ["workload", "best heuristic", "cost", "best clairvoyant / it", "lower bound / it", "knowing sizes gains"]
    learned = [f"{agent} / it (runs)" for agent in AGENTS]
    return (
        "# Real work: what can be gained, and what is\n\n"
        f"Generated by `python -m experiments.real` on {episodes} evaluation episodes. Windows of traces are cut by time and by VMs: what "
        "is evaluated is later than what policies were trained on, and of other VMs (`vmenv.episodes.windows`). The best heuristic is that "
        "which sees no sizes and costs least on validation episodes, with its defaults; those that need an input that the trace does not "
        "have are left out. The best clairvoyant one sees what no policy sees; where it gains less than "
        f"{100 * LEAST_GAIN:.0f} %, there is nothing to gain, and nothing was trained. Ratios are of means on the same episodes, with 95 % "
        "intervals over episodes and training runs. `--commands` prints how the runs are made; tuned: heuristics, the best of which is "
        "kept; formula: a rule of one line; index: a small network. Behind the ratio of costs stand those "
        "of the 99th percentile of slowdowns and of the longest wait, for a mean may fall as somebody starves.\n\n"
        f"{markdown([*head, *learned], rows)}\n"
        f"Commit {commit()}.\n"
    )
