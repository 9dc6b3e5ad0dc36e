"""The only place that knows numba: what compiles, where compiled code is kept, and how a batch is divided among threads."""

from vmenv.jit.clock import NEVER_NS, monotonic_ns, soon_ns
from vmenv.jit.compile import bind, borrow, compiled, lent, numba_module
from vmenv.jit.marking import drawing, jittable, lend, name_apart, pinned, signed, take_waiting, unsigned, with_sizes
from vmenv.jit.passing import quick_to_pass
from vmenv.jit.seeding import pcg64, seed_words
from vmenv.jit.sources import code_digest, is_ours

__all__ = [
    "NEVER_NS",
    "bind",
    "borrow",
    "code_digest",
    "compiled",
    "drawing",
    "is_ours",
    "jittable",
    "lend",
    "lent",
    "monotonic_ns",
    "name_apart",
    "numba_module",
    "pcg64",
    "pinned",
    "quick_to_pass",
    "seed_words",
    "signed",
    "soon_ns",
    "take_waiting",
    "unsigned",
    "with_sizes",
]
