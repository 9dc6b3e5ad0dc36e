"""Mutants of evaluation, seeds and batches."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="evaluation, seeds and batches",
    tests=(
        (
            "tests/episodes/test_seeds.py",
            "tests/episodes/test_evaluation.py",
            "tests/episodes/test_batch.py",
            "tests/episodes/test_copies.py",
            "tests/episodes/test_borders.py",
            ENOUGH,
        ),
        (
            "tests/episodes",
            "--ignore=tests/episodes/test_third_kind.py",
            "tests/dispatch/test_env.py",
            "tests/dispatch/test_vector.py",
            ENOUGH,
        ),
    ),
    few=1,
    rows={
        "vmenv/episodes/evaluation.py": [
            ("rows tell the seeds from 0 on", '{"seed": seed, **run.metrics()', '{"seed": numbers.index(seed), **run.metrics()'),
            (
                "only the first batch of seeds is played",
                "for k in range(0, len(numbers), size) for run",
                "for k in range(0, min(size, len(numbers)), size) for run",
            ),
            ("every batch begins with the first seeds", "numbers[k : k + size])]", "numbers[:size])]"),
            ("all seeds are 0", "check_seeds(seeds), find_policy", "[0 * seed for seed in check_seeds(seeds)], find_policy"),
        ],
        "vmenv/dispatch/play.py": [
            ("schedulers draw the same lots in every episode", "            seeds=seeds,\n", ""),
            ("schedulers play beyond the horizon", "            horizon_us=scenario.horizon_us,\n", ""),
            ("schedulers play with any number of slots", "            num_slots=scenario.num_slots,\n", ""),
            ("the cost of a run is that of another objective", "            objective=scenario.objective,\n", ""),
            (
                "all runs are those of the first episode",
                "[scenario.episode(seed) for seed in seeds]",
                "[scenario.episode(seeds[0]) for seed in seeds]",
            ),
            ("a policy that sees the work left does not", 'for name in ("clairvoyant", "history")}', 'for name in ("history",)}'),
        ],
        "vmenv/episodes/play.py": [
            (
                "runs are over when the first one is",
                "while not (over := episodes.terminated | episodes.truncated).all():",
                "while not (over := episodes.terminated | episodes.truncated).any():",
            ),
            (
                "outcomes stand in the reverse order",
                "return [episodes.run(r) for r in range(len(seeds))]",
                "return [episodes.run(r) for r in reversed(range(len(seeds)))]",
            ),
            ("policies look at runs that are over", "observed = {name: buffer[going] for", "observed = {name: buffer[:going.sum()] for"),
        ],
        "vmenv/episodes/seeds.py": [
            ("validation episodes are evaluation episodes", "VALIDATION_SEEDS = range(1000, 1200)", "VALIDATION_SEEDS = range(0, 200)"),
            (
                "training episodes are evaluation episodes",
                "return range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + training_episodes)",
                "return range(training_episodes)",
            ),
            (
                "one training episode too few is drawn from",
                "return int(self.streams[i].integers(self._range.start, self._range.stop))",
                "return int(self.streams[i].integers(self._range.start, self._range.stop - 1))",
            ),
            ("all environments draw the same episodes", "None if seed is None else seed + i)", "None if seed is None else seed)"),
            ("a reset with a seed does not restart the stream", "        self.streams[i] = np.random.default_rng(seed)\n", ""),
        ],
        "vmenv/episodes/batch.py": [
            ("runs that begin keep their last seed", "io.commands[runs], self.seeds[runs] = BEGIN, chosen", "io.commands[runs] = BEGIN"),
            (
                "a restart moves the other runs",
                "        self._io.commands[:] = PASS\n        self._command_begin(which, seeds)",
                "        self._command_begin(which, seeds)",
            ),
            (
                "a snapshot moves with the batch",
                "arrays = [array.copy() for array in self._moving()]",
                "arrays = [array for array in self._moving()]",
            ),
            ("a snapshot forgets the seeds", "        self.seeds[:] = snapshot.seeds\n", ""),
            ("a batch that was cut is terminated", "return self.phase == TERMINATED", "return self.phase >= TERMINATED"),
            ("a copy is the batch itself", "return copy.deepcopy(self)", "return self"),
        ],
        "vmenv/episodes/exchange.py": [
            ("a run at its horizon is terminated", "        phase = TRUNCATED\n", "        phase = TERMINATED\n"),
            ("a clock is that of the last turn", "io.phase[r], io.clock_us[r] = phase, clock_us", "io.phase[r] = phase"),
        ],
        "vmenv/dispatch/batch.py": [
            (
                "a masked action is carried out",
                "elif not (0 <= command < num_actions and out.action_mask[r, command] == 1):",
                "elif not (0 <= command < num_actions):",
            ),
            (
                "a reward has the sign of a cost",
                "io.rewards[r] = io.scales[r] * (before - s.costs[c.COST])",
                "io.rewards[r] = io.scales[r] * (s.costs[c.COST] - before)",
            ),
            (
                "a reward is not scaled",
                "io.rewards[r] = io.scales[r] * (before - s.costs[c.COST])",
                "io.rewards[r] = before - s.costs[c.COST]",
            ),
            ("a reward stays when its run is left alone", "        io.rewards[r] = 0.0\n        command", "        command"),
        ],
    },
)
