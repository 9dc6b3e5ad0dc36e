"""The only place that knows numba: what compiles, where compiled code is kept, and how a batch is divided among threads."""

from vmenv.jit.compile import (
    Bound,
    bind,
    borrow,
    code_digest,
    compiled,
    is_ours,
    jittable,
    lend,
    name_apart,
    numba_module,
    pinned,
    signed,
    take_waiting,
    unsigned,
    with_sizes,
)

__all__ = [
    "Bound",
    "bind",
    "borrow",
    "code_digest",
    "compiled",
    "is_ours",
    "jittable",
    "lend",
    "name_apart",
    "numba_module",
    "pinned",
    "signed",
    "take_waiting",
    "unsigned",
    "with_sizes",
]
