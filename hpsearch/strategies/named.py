"""A strategy by name: what it is made with, what it may be asked for, and what can be expected of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any, Literal, get_type_hints

from optuna.samplers import BaseSampler

from hpsearch.checks import rule_of
from hpsearch.errors import UsageError, choose_from


@dataclass(frozen=True)
class NamedStrategy:
    """A line of the table of strategies. Called with a seed and options, it makes a sampler.

    Attributes
    ----------
    name
        The name in study files and on the command line.
    make
        A function or class that takes ``seed`` and the options as keywords; the types that it declares are checked.
    draws
        How trials are drawn: "independent" (uniformly at random), "sequence" (quasi-random, evenly spread), "grid", or
        "adaptive": by the values of the trials before.
    random_start
        Whether the first ten trials are the uniform draws that all such strategies share.
    joint
        What it draws jointly of the parameters that all trials have.
    single_objective
        Whether it refuses a study with several objectives.
    package
        What must be installed for it and is no dependency of ours; our extra that brings it is named as the strategy.
    """

    name: str
    make: Callable[..., BaseSampler] = field(repr=False)
    draws: Literal["independent", "sequence", "grid", "adaptive"] = "adaptive"
    random_start: bool = True
    joint: Literal["nothing", "numbers", "everything"] = "nothing"
    single_objective: bool = False
    package: str | None = None

    def __call__(self, seed: int, **options: Any) -> BaseSampler:
        """Make the sampler.

        Raises
        ------
        UsageError
            If an option is unknown or its value is not allowed, or if a package that the strategy needs is missing.
        """
        given = self.checked(options)
        if self.package is not None and find_spec(self.package) is None:
            needed = f"needs the package {self.package}: pip install 'hpsearch[{self.name}]'"
            raise UsageError(f"strategy {self.name!r} {needed}")
        return self.make(seed=seed, **given)

    def with_options(self, options: Mapping[str, Any]) -> Callable[[int], BaseSampler]:
        """A function from a seed to a sampler with these options, which are tried at once; it can be pickled.

        Raises
        ------
        UsageError
            As for a call.
        """
        self(0, **options)
        return partial(self, **options)

    @property
    def options(self) -> dict[str, Any]:
        """The options' names, and the types that they are declared with."""
        function = self.make.__init__ if inspect.isclass(self.make) else self.make
        declared = get_type_hints(function, include_extras=True)
        keywords = inspect.signature(self.make).parameters.values()
        return {each.name: declared[each.name] for each in keywords if each.name != "seed"}

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The `options`, their names and types checked."""
        known = self.options
        for name in options:
            if not known:
                raise UsageError(f"strategy {self.name!r} has no options, got {name!r}")
            if name not in known:
                raise UsageError(choose_from(f"option of strategy {self.name!r}", name, known))
        return {name: self._checked(name, value, known[name]) for name, value in options.items()}

    def _checked(self, name: str, value: Any, hint: Any) -> Any:
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(hint).validate_python(value, strict=True)
        except ValidationError as error:
            raise UsageError(f"option {name} of strategy {self.name!r} {rule_of(error.errors()[0])}") from None
