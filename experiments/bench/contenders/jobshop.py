"""jumanji's JobShop: a scheduling environment that JAX compiles, as vmenv is compiled by numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

NUM_ENVS = 1024
CHOICE = "The first legal job of each machine is chosen by argmax inside the compiled loop, a small part of the time"


class JobShop(Contender):
    """One way to play it; `build` returns a compiled roll-out and its first carry.

    Args:
        title: See Contender.
        how: What is special about this way.
        build: Returns (roll, carry); roll maps a carry to (carry, steps that it made).
    """

    packages = ("jumanji", "jax")

    def __init__(self, title: str, how: str, build: Callable[[], tuple[Callable[[Any], Any], Any]]) -> None:
        self.title = title
        self.about = f"jumanji JobShop-v0 (20 jobs; one step decides for all 10 machines), {how}. {CHOICE}"
        self._build = build

    def set_up(self) -> None:
        """Compiles."""
        self._roll, self._carry = self._build()
        self._play()

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        self._carry, steps = self._roll(self._carry)
        return int(steps)  # waits for the result


def scan_one() -> tuple[Callable[[Any], Any], Any]:
    """One environment, reset by jumanji's AutoResetWrapper."""
    import jax
    from jumanji.environments.packing.job_shop.env import JobShop as Env
    from jumanji.wrappers import AutoResetWrapper

    env, length = AutoResetWrapper(Env()), 4096

    def step(carry: Any, _: None) -> tuple[Any, None]:
        state, timestep = carry
        return env.step(state, timestep.observation.action_mask.argmax(-1)), None

    roll = jax.jit(lambda carry: (jax.lax.scan(step, carry, None, length)[0], length))
    return roll, jax.jit(env.reset)(jax.random.PRNGKey(0))


def scan_batch() -> tuple[Callable[[Any], Any], Any]:
    """A batch, reset by jumanji's VmapAutoResetWrapper."""
    import jax
    from jumanji.environments.packing.job_shop.env import JobShop as Env
    from jumanji.wrappers import VmapAutoResetWrapper

    env, length = VmapAutoResetWrapper(Env()), 64

    def step(carry: Any, _: None) -> tuple[Any, None]:
        state, timestep = carry
        return env.step(state, timestep.observation.action_mask.argmax(-1)), None

    roll = jax.jit(lambda carry: (jax.lax.scan(step, carry, None, length)[0], length * NUM_ENVS))
    return roll, jax.jit(env.reset)(jax.random.split(jax.random.PRNGKey(0), NUM_ENVS))


def scan_batch_begun_together() -> tuple[Callable[[Any], Any], Any]:
    """A batch that begins anew as a whole every 64 steps; steps behind the end of an episode are not counted."""
    import jax
    import jax.numpy as jnp
    from jumanji.environments.packing.job_shop.env import JobShop as Env

    env = Env()

    def step(carry: Any, _: None) -> tuple[Any, Any]:
        state, timestep, over = carry
        over = over | timestep.last()
        state, timestep = jax.vmap(env.step)(state, timestep.observation.action_mask.argmax(-1))
        return (state, timestep, over), (~over).sum()

    def roll(carry: Any) -> Any:
        keys, _ = carry
        state, timestep = jax.vmap(env.reset)(keys)
        last, steps = jax.lax.scan(step, (state, timestep, jnp.zeros(NUM_ENVS, bool)), None, 64)
        return (jax.random.split(keys[0], NUM_ENVS), last[:2]), steps.sum()  # the last state, so that no part of it is left out

    keys = jax.random.split(jax.random.PRNGKey(0), NUM_ENVS)
    return jax.jit(roll), (keys, jax.jit(jax.vmap(env.reset))(keys))


def begun_together() -> JobShop:
    """Returns the fastest arrangement of a batch."""
    return JobShop(
        "jumanji JobShop, vmap(1024)",
        f"vmap of {NUM_ENVS} under lax.scan, the whole batch reset at once every 64 steps, about when episodes end, which is faster than "
        "its own wrapper (steps of finished episodes not counted)",
        scan_batch_begun_together,
    )


CONTENDERS.register("jobshop-scan")(JobShop("jumanji JobShop, scan", "one environment under lax.scan, AutoResetWrapper", scan_one))
CONTENDERS.register("jobshop-vmap-autoreset")(
    JobShop("jumanji JobShop, vmap(1024), own resets", f"vmap of {NUM_ENVS} under lax.scan, VmapAutoResetWrapper", scan_batch)
)
CONTENDERS.register("jobshop-vmap")(begun_together())
