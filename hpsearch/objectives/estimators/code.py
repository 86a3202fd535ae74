"""Classes of one's own as estimators, ``"module:Class"``: imported only where that is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Any

from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.objectives.estimators.table import ESTIMATORS, Estimator

_FORM = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_METHODS = ("fit", "predict", "get_params")

_ALLOWED: ContextVar[bool] = ContextVar("_ALLOWED", default=False)


@contextmanager
def code_allowed() -> Iterator[None]:
    """Allow, in this context, that ``[model] estimator`` names a class of any module, which is then imported and run.

    A study file or a storage of a stranger may name any code. Without this, such a name is refused.
    """
    token = _ALLOWED.set(True)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def is_own_class(name: object) -> bool:
    """Return whether an estimator's name has the form ``"module:Class"``."""
    return isinstance(name, str) and _FORM.fullmatch(name) is not None


def estimator_of(name: str) -> type[Estimator]:
    """Return the estimator `name`: an entry of `ESTIMATORS`, or a class of one's own, which is not imported yet."""
    return _own_class(name) if is_own_class(name) else ESTIMATORS[name]


def check_name(name: object, *, imports: bool) -> str:
    """Return the name of an estimator if it may be used.

    Parameters
    ----------
    imports
        Whether a class of one's own will be imported, which has to be allowed.

    Raises
    ------
    UsageError
        If there is no such estimator, or it is a class of one's own and these are not allowed.
    """
    if is_own_class(name):
        if imports and not _ALLOWED.get():
            raise UsageError(
                f"{quoted(name)} is code that would be imported and run: if you trust it, allow it with --allow-code, "
                "or in Python with allow_code=True"
            )
        return str(name)
    if not isinstance(name, str) or name not in ESTIMATORS:
        raise UsageError(f'{choose_from("estimator", name, ESTIMATORS)}, or name a class as "module:Class"')
    return name


@cache
def _own_class(path: str) -> type[Estimator]:
    """Return the entry of a class of one's own. It has no default space."""
    both = dict.fromkeys(("classification", "regression"), path)
    return type("OwnClass", (_OwnClass,), {"name": path, "classes": both})


class _OwnClass(Estimator):
    """A class that scikit-learn's conventions hold for, in any module."""

    space = None

    @classmethod
    def kind(cls, task: str) -> type[Any]:
        """Import and return the class.

        Raises
        ------
        UsageError
            If it can't be imported or made, lacks a method, or is for another task.
        """
        from sklearn.base import is_classifier, is_regressor

        module, _, name = cls.name.partition(":")
        try:
            kind = getattr(import_module(module), name)
        except Exception as error:  # whatever the module raises
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"{cls.name!r} can't be imported ({reason})") from error
        missing = [method for method in _METHODS if not callable(getattr(kind, method, None))]
        if not isinstance(kind, type) or missing:
            what = f"lacks {' and '.join(missing)}" if isinstance(kind, type) else "is no class"
            raise UsageError(f"{cls.name!r} must be a class with {', '.join(_METHODS)}, and {what}")
        try:
            made = kind()
            made.get_params(deep=False)
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"{cls.name!r} must have a default for each parameter ({reason})") from error
        other = {"classification": is_regressor, "regression": is_classifier}[task]
        if other(made):
            raise UsageError(f"{cls.name!r} is not for {task}, which the data is for")
        return kind
