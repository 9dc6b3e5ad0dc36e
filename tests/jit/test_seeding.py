"""Generators that compiled code makes of a seed draw what numpy's draw, bit by bit."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from vmenv.jit import bind, drawing, jittable, pcg64, seed_words
from vmenv.jit.mode import INTERPRETED

STREAM = (0x3A7, 0x10AD)
SEEDS = [0, 1, 99, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 4095, 2**53 + 1, 2**63 - 1]
SEEDS += np.random.default_rng(0).integers(2**63, size=200).tolist()


class Words(NamedTuple):
    """Seeds, and what is made of them."""

    seeds: Any
    words: Any


def write_words(out: Words, first: int, past: int) -> int:
    for k in range(first, past):
        words = seed_words(out.seeds[k], 0x3A7, 0x10AD)
        for i in range(4):
            out.words[k, i] = words[i]
    return 0


@pytest.mark.parametrize("stream", [STREAM, (0, 0), (2**32 - 1, 1)])
def test_words_are_those_of_seed_sequence(stream: tuple[int, int]) -> None:
    for seed in SEEDS:
        assert list(seed_words(seed, *stream)) == np.random.SeedSequence([seed, *stream]).generate_state(4, np.uint64).tolist()


def test_compiled_words_are_the_same() -> None:
    out = Words(np.array(SEEDS, np.int64), np.zeros((len(SEEDS), 4), np.int64))
    bind(write_words, (out,))(0, len(SEEDS))
    for seed, words in zip(SEEDS, out.words, strict=True):
        assert words.view(np.uint64).tolist() == np.random.SeedSequence([seed, *STREAM]).generate_state(4, np.uint64).tolist()


def test_the_generator_of_a_seed_is_numpys() -> None:
    for seed in SEEDS[:20]:
        made, real = pcg64(*seed_words(seed, *STREAM)), np.random.default_rng(np.random.SeedSequence([seed, *STREAM]))
        assert made.bit_generator.state == real.bit_generator.state


@drawing
def draw_all(rng: np.random.Generator, out: Any) -> None:
    """All methods that scenarios use, mixed, so that what one takes too many or too few the next shows."""
    n = len(out)
    for turn in range(8):
        out[:, 0 + turn] = rng.random(n)
        out[:, 8 + turn] = rng.exponential(3.7, n)
        out[:, 16 + turn] = rng.integers(0, 2 + 5 * turn, n)
        out[:, 24 + turn] = rng.uniform(0.3, 0.7, n)
        out[:, 32 + turn] = rng.standard_exponential(n)
        out[:, 40 + turn] = rng.normal(0.0, 0.5, n)
        out[0, 48 + turn] = rng.integers(0, 2**32)
        out[1, 48 + turn] = rng.integers(7, 2**40)
        out[2, 48 + turn] = rng.random()
        out[3, 48 + turn] = rng.standard_normal()
        out[4, 48 + turn] = rng.lognormal(1.5, 2.3)
        out[5, 48 + turn] = rng.pareto(0.924)


@jittable
def of_seed(seeds: Any, k: int) -> Any:
    """Returns the words of one of the seeds."""
    return seed_words(seeds[k], 0x3A7, 0x10AD)


def draw_each(out: Words, first: int, past: int) -> int:
    for k in range(first, past):
        words = of_seed(out.seeds, k)
        draw_all(pcg64(words[0], words[1], words[2], words[3]), out.words[k])
    return 0


def test_every_method_draws_the_same_bits() -> None:
    drawn, wanted = (Words(np.array(SEEDS, np.int64), np.zeros((len(SEEDS), 40, 56))) for _ in range(2))
    bind(draw_each, (drawn,))(0, len(SEEDS))
    INTERPRETED.bind(draw_each, (wanted,))(0, len(SEEDS))
    assert drawn.words.tobytes() == wanted.words.tobytes()
    real = np.zeros((40, 56))
    draw_all(np.random.default_rng(np.random.SeedSequence([SEEDS[-1], *STREAM])), real)
    assert wanted.words[-1].tobytes() == real.tobytes()


class OneOf(NamedTuple):
    """Two classes of one name, whose fields have the same types and other names."""

    first: int
    second: int


def _same_name() -> Any:
    class OneOf(NamedTuple):
        second: int
        first: int

    return OneOf


def take_first(value: Any, out: Any, first: int, past: int) -> int:
    out[0] = value.first
    return 0


def test_named_tuples_of_one_name_are_kept_apart() -> None:
    out = np.zeros(1, np.int64)
    for value in (OneOf(3, 8), _same_name()(8, 3)):
        out[0] = 0
        bind(take_first, (value, out))(0, 1)
        assert out[0] == 3
