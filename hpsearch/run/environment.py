"""Versions, processor and BLAS of this process: what the bits of a value depend on besides its seed."""

import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

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


def _processor() -> str:
    """Return the model of the processor as Linux names it, else the name of its architecture."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine() or "unknown"
