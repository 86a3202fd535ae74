"""The option ``--allow-code``: classes that a study names are imported and run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def with_code(command: Callable[[Console], None]) -> Callable[[Console], None]:
    """Return the command with classes of one's own allowed; the current folder is searched for their modules, too."""

    def allowed(console: Console) -> None:
        from hpsearch.objectives.estimators import code_allowed

        folder = str(Path.cwd())
        if folder not in sys.path:
            sys.path.insert(0, folder)
        with code_allowed():
            command(console)

    return allowed
