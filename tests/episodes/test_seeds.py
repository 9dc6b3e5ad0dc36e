"""Streams of seeds: one for each environment, from which all training episodes are drawn, and no other."""

from __future__ import annotations

from vmenv.episodes.seeds import FIRST_TRAINING_SEED, EpisodeSeeds, training_seeds


def test_every_environment_has_a_stream_of_its_own_however_many_there_are() -> None:
    streams = EpisodeSeeds(3, seed=5)
    drawn = [[streams.next(i) for _ in range(4)] for i in range(3)]
    assert len({tuple(seeds) for seeds in drawn}) == 3
    for i, seeds in enumerate(drawn):
        alone = EpisodeSeeds(1, seed=5 + i)
        assert [alone.next(0) for _ in range(4)] == seeds


def test_all_training_episodes_are_drawn_and_no_other() -> None:
    """Of three, a hundred draws miss one with probability 3 (2/3)^100, below 1e-17."""
    streams = EpisodeSeeds(1, seed=0, training_episodes=3)
    assert {streams.next(0) for _ in range(100)} == set(training_seeds(3)) == {FIRST_TRAINING_SEED + k for k in range(3)}


def test_a_seed_that_is_given_begins_its_stream_anew() -> None:
    streams = EpisodeSeeds(2, seed=0)
    assert streams.start(1, 7) == 7
    following = [streams.next(1) for _ in range(3)]
    assert streams.start(1, 7) == 7
    assert [streams.next(1) for _ in range(3)] == following
    assert streams.start(0, None) == EpisodeSeeds(1, seed=0).next(0)
