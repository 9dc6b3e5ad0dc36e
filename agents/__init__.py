"""Learners: a folder for each kind of decision, and what all trainings share.

Importing this makes known how the policies that they train are loaded. No learner is loaded by it.
"""

from __future__ import annotations

import importlib
import pkgutil

for _found in pkgutil.iter_modules(__path__):
    if _found.ispkg:
        importlib.import_module(f"{__name__}.{_found.name}")
