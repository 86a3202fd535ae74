"""Versions, processor and BLAS of this process: what the bits of a value depend on besides its seed."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpsearch.blas import kernels
from hpsearch.version import __version__

_CPUINFO = Path("/proc/cpuinfo")


@cache
def environment() -> dict[str, str]:
    """Return the versions, the processor and the BLAS libraries with their kernels, as stored with each run.

    With equal environments the same seed gives the same trials, bit by bit. Otherwise values may differ in their last
    digits, and the searches then take other ways.
    """
    libraries = {name: version(name) for name in ("optuna", "numpy", "scipy", "scikit-learn")}
    return {
        "hpsearch": __version__,
        "python": platform.python_version(),
        **libraries,
        "processor": _processor(),
        "blas": ", ".join(kernels()) or "unknown",
    }


def differences(environments: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the distinct values of each part in which the environments differ, in their order."""
    parts = dict.fromkeys(part for each in environments for part in each)
    values = {part: list(dict.fromkeys(each.get(part, "unknown") for each in environments)) for part in parts}
    return {part: distinct for part, distinct in values.items() if len(distinct) > 1}


def resumed_elsewhere(stored: Iterable[Mapping[str, Any]]) -> str:
    """Return a warning if runs that are resumed now were trained in another environment, too; empty if none was.

    Parameters
    ----------
    stored
        Attributes of the runs that have begun and are resumed.
    """
    now = environment()
    others = [[each for each in attributes.get("environments", []) if each != now] for attributes in stored]
    moved = [environments for environments in others if environments]
    if not moved:
        return ""
    changed = differences([now, *(each for environments in moved for each in environments)])
    instead = ", ".join(f"{part} {values[0]} instead of {' or '.join(values[1:])}" for part, values in changed.items())
    runs = "1 run goes" if len(moved) == 1 else f"{len(moved)} runs go"
    return f"{runs} on with {instead}: values may differ from those of a study that was not moved"


def _processor() -> str:
    """Return the model of the processor as Linux names it, else the name of its architecture."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine() or "unknown"
