"""Named strategies: how a sampler is made, its checked options, and its traits."""

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
    """Entry of the strategy table. Called with a seed and options, it makes a sampler.

    Attributes
    ----------
    name
        Name in study files and on the command line.
    make
        Function or class that takes ``seed`` and the options as keywords; its annotated types are checked.
    draws
        How trials are drawn: "independent" (uniformly at random), "sequence" (quasi-random, evenly spread), "grid", or
        "adaptive" (using the values of earlier trials).
    random_start
        Whether the first ten trials are the uniform draws shared by all strategies with this trait.
    joint
        Which of the parameters common to all trials are drawn jointly.
    single_objective
        Whether the strategy rejects studies with several objectives.
    rule
        Version of the rule that new studies are searched by; None if there is only one.
    package
        Optional package that the strategy requires; our extra that installs it is named like the strategy.
    """

    name: str
    make: Callable[..., BaseSampler] = field(repr=False)
    draws: Literal["independent", "sequence", "grid", "adaptive"] = "adaptive"
    random_start: bool = True
    joint: Literal["nothing", "numbers", "everything"] = "nothing"
    single_objective: bool = False
    rule: int | None = None
    package: str | None = None

    @property
    def learns(self) -> bool:
        """Whether it uses the values of earlier trials."""
        return self.draws == "adaptive"

    def __call__(self, seed: int, **options: Any) -> BaseSampler:
        """Make the sampler.

        Raises
        ------
        UsageError
            If an option is unknown or its value is not allowed, or if a package that the strategy needs is missing.
        """
        checked_options = self.checked(options)
        if self.package is not None and find_spec(self.package) is None:
            needed = f"needs the package {self.package}: pip install 'hpsearch[{self.name}]'"
            raise UsageError(f"strategy {self.name!r} {needed}")
        return self.make(seed=seed, **checked_options)

    def with_options(self, options: Mapping[str, Any]) -> Callable[[int], BaseSampler]:
        """Check the options at once and return a picklable function from a seed to a sampler with them.

        Raises
        ------
        UsageError
            As for a call.
        """
        self(0, **options)
        return partial(self, **options)

    @property
    def options(self) -> dict[str, Any]:
        """Names of the options and their annotated types."""
        function = self.make.__init__ if inspect.isclass(self.make) else self.make
        declared = get_type_hints(function, include_extras=True)
        keywords = inspect.signature(self.make).parameters.values()
        return {each.name: declared[each.name] for each in keywords if each.name != "seed"}

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `options` after checking their names and types."""
        hints = self.options
        for name in options:
            if not hints:
                raise UsageError(f"strategy {self.name!r} has no options, got {name!r}")
            if name not in hints:
                raise UsageError(choose_from(f"option of strategy {self.name!r}", name, hints))
        return {name: self._checked(name, value, hints[name]) for name, value in options.items()}

    def _checked(self, name: str, value: Any, hint: Any) -> Any:
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(hint).validate_python(value, strict=True)
        except ValidationError as error:
            raise UsageError(f"option {name} of strategy {self.name!r} {rule_of(error.errors()[0])}") from None
