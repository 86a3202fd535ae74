"""The option ``--allow-code``: classes that a study names are imported and run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.cli.answer import Answer
    from hpsearch.cli.screen import Screen


def with_code(command: Callable[[Screen], Answer]) -> Callable[[Screen], Answer]:
    """Return the command with classes of one's own allowed; the current folder is searched for their modules, too."""

    def allowed(console: Screen) -> Answer:
        from hpsearch.objectives.estimators import code_allowed

        folder = str(Path.cwd())
        if folder not in sys.path:
            sys.path.insert(0, folder)
        with code_allowed():
            return command(console)

    return allowed
