"""Run a command: an error that hpsearch can explain is one line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from hpsearch.cli.messages import logged, say
from hpsearch.cli.stopping import StoppedError
from hpsearch.errors import HpsearchError, UsageError

if TYPE_CHECKING:
    from hpsearch.cli.answer import Answer
    from hpsearch.cli.screen import Screen

INTERRUPTED = 130  # as shells have it for a program that Ctrl-C ended


def guarded(
    command: Callable[[Screen], Answer | None], *, quiet: bool = False, debug: bool = False, json: bool = False
) -> None:
    """Run a command with a screen for its progress, and print its answer; `debug` shows the traceback of an error.

    With `json`, progress goes to standard error, and the answer is one JSON document on standard output.
    """
    from hpsearch.cli.screen import Screen

    try:
        with logged(quiet=quiet):
            screen = Screen(quiet=quiet, stderr=json)
            answer = command(screen)
            if json and answer is not None:
                Screen().write_lines(answer.json())
            elif answer is not None:
                answer.print(screen)
    except HpsearchError as error:
        if debug:
            raise
        fail(str(error), _code(error))
    except KeyboardInterrupt:
        fail("stopped", INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        fail(f"{type(error).__name__}: {error} (--debug shows where)", 1)


def _code(error: HpsearchError) -> int:
    if isinstance(error, StoppedError):
        return INTERRUPTED
    return 2 if isinstance(error, UsageError) else 1


def fail(message: str, code: int) -> NoReturn:
    """Say the message and exit with the code."""
    say(message)
    sys.exit(code)
