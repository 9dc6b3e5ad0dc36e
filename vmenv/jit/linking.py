"""How compiling is kept short: what is called gets no machine code of its own, and only the steps that it needs.

numba optimises each function together with all that it calls, makes machine code of that, and does so again for every caller. All that
`vmenv.jit` compiles ends up inside its callers, and nobody asks for it by itself: it is linked here and no more, and optimised and
translated once, where it ends up. And half of numba's steps are for what no function of vmenv has: closures, comprehensions, array
expressions, calls of what is inlined before types are known.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

import functools
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, Flags
from numba.core.compiler_machinery import LoweringPass, PassManager, register_pass
from numba.core.typed_passes import (
    AnnotateTypes,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import FixupArgs, GenericRewrites, IRProcessing, ReconstructSSA, TranslateByteCode


class InnerCompiler(CompilerBase):
    """Compiles a function that is called by compiled functions only: the `pipeline_class` of numba's decorators."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.state.flags = _FlagsInUse(self.state.flags)

    def define_pipelines(self) -> list[Any]:
        """Returns numba's steps, with another place for what they make."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(IntoLinkedLibrary, IRLegalization)
        pipeline.finalize()
        return [pipeline]


class OwnCompiler(InnerCompiler):
    """Compiles a function of vmenv's own that is called by compiled functions only."""

    def define_pipelines(self) -> list[Any]:
        """Returns the steps that plain loops over arrays need."""
        return [_own_steps()]


@functools.cache
def _own_steps() -> PassManager:
    steps = PassManager("own")
    for step in _STEPS:
        steps.add_pass(step, step.__name__)
    steps.finalize()  # finds out what each step needs, which takes as long as some of the steps
    return steps


class _FlagsInUse(Flags):
    """Flags whose copies, which nobody changes, keep their values: numba compares those in use some hundred times a function."""

    def copy(self) -> Flags:
        """Returns what is in use while a function is compiled."""
        return _FixedFlags(self)


class _FixedFlags(Flags):
    __slots__ = ("_fixed", "_hash")

    def __init__(self, flags: Flags) -> None:
        super().__init__(flags)
        self._fixed = Flags.values(self)
        self._hash = super().__hash__()

    def values(self) -> dict[str, Any]:
        """Returns all values by name."""
        return self._fixed

    def __hash__(self) -> int:
        return self._hash

    def copy(self) -> Flags:
        """Returns flags that may be changed."""
        return Flags(self)


@register_pass(mutates_CFG=False, analysis_only=False)
class IntoLinkedLibrary(LoweringPass):
    """Has the next step put the function into a `LinkedLibrary`."""

    _name = "into_linked_library"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Makes the library."""
        state.library = LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return True


_STEPS = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    GenericRewrites,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    IRLegalization,
    IntoLinkedLibrary,
    AnnotateTypes,
    NativeLowering,
    NoPythonBackend,
)


class LinkedLibrary(JITCodeLibrary):
    """A function with all that it calls, neither optimised nor translated."""

    @property
    def codegen(self) -> Any:
        """What made the library."""
        return _WithoutEnvironment(self._codegen)

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True


class _WithoutEnvironment:
    """The same, but nothing is written to where machine code looks for its environment: there is no machine code.

    An environment holds the Python objects that a function uses, and these use none.
    """

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, env: Any) -> None:
        """Does nothing."""
