"""Parts of a report: a section's builder, the view of the results that it takes, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hpsearch.analysis.comparison.profiles import ENOUGH_TASKS
from hpsearch.analysis.exact import all_are_exact
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.views import searching
from hpsearch.report.section import Section, worded
from hpsearch.report.text import listing
from hpsearch.results.results import FINISHED, Results
from hpsearch.strategies import INDEPENDENT


@dataclass(frozen=True)
class Need:
    """Condition on the results without which a section does not apply.

    Attributes
    ----------
    met
        Whether the results meet it.
    otherwise
        Reason for leaving the section out, as half a sentence; ``{noun}`` is what the study compares.
    silent
        Whether the page does not mention that sections are left out for this reason.
    """

    met: Callable[[Results], bool]
    otherwise: str
    silent: bool = False

    def matches(self, reason: str) -> bool:
        """Return whether a reason is this need's."""
        return reason.startswith(self.otherwise.partition("{")[0])


@dataclass(frozen=True)
class Part:
    """A section's builder.

    Attributes
    ----------
    topic
        What the section is about, for the line that says why it was left out.
    chapter
        Heading that the section stands under.
    view
        Function of the results to what `build` takes.
    needs
        Conditions on the results; a section whose needs are not met is left out.
    """

    topic: str
    build: Callable[[Results], Section]
    chapter: str
    view: Callable[[Results], Results] = lambda results: results
    needs: tuple[Need, ...] = ()

    def __call__(self, results: Results) -> Section:
        """Build the section."""
        view = self.view(results)
        return worded(self.build(view), view)

    def obstacle(self, results: Results) -> str:
        """Return the reason why the section does not apply; empty if it does."""
        unmet = (need.otherwise for need in self.needs if not need.met(results))
        return next(unmet, "").replace("{noun}", results.noun)


def left_out(parts: Mapping[str, Part], results: Results) -> dict[str, str]:
    """Return the reason for each part that does not apply, by key."""
    obstacles = {key: part.obstacle(results) for key, part in parts.items()}
    return {key: obstacle for key, obstacle in obstacles.items() if obstacle}


def closing_line(parts: Mapping[str, Part], reasons: Mapping[str, str]) -> str:
    """Return the line that lists omitted parts by reason, without silent ones; empty if no part is omitted."""
    topics: dict[str, list[str]] = {}
    for key, reason in reasons.items():
        if any(need.silent and need.matches(reason) for need in parts[key].needs):
            continue
        topics.setdefault(reason, []).append(parts[key].topic)
    groups = [f"{listing(names)} ({reason})" for reason, names in topics.items()]
    return f"Not shown: {'; '.join(groups)}." if groups else ""


def _begun(results: Results) -> bool:
    return bool(results.trials["state"].isin(FINISHED).any())


SEVERAL_VARIANTS = Need(lambda results: len(results.variants) > 1, "the study has one {noun}", silent=True)
SEVERAL_SEARCHES = Need(lambda results: len(searching(results).variants) > 1, "fewer than two variants search")
RANDOM = Need(lambda results: not all_are_exact(results), "nothing in the study is random")
SEARCH = Need(lambda results: bool(searching(results).variants), "nothing is searched")
SPACE = Need(lambda results: bool(results.space), "no hyperparameter is searched")
CLAIMS = Need(lambda results: bool(results.settings.get("claims")), "the study makes no claims", silent=True)
DEFAULTS = Need(
    lambda results: len(results.default_tests) > 0,
    "no run started with them; [search] first asks for that",
)
CURVES = Need(lambda results: len(results.curves) > 0 or not _begun(results), "no trial reports its epochs")
SEVERAL_TASKS = Need(lambda results: len(tasks(results)) > 1, "the study has one task", silent=True)
TRUE_VALUES = Need(
    lambda results: len(results.true_values) > 0, "no true value of its trials is available", silent=True
)
RANGES = Need(
    lambda results: len(results.ranges) > 0 or not _begun(results),
    "no strategy of this study records ranges that it narrows",
)
INDEPENDENT_DRAWS = Need(
    lambda results: bool(results.labels_of(INDEPENDENT)),
    f"no strategy of the study draws its trials independently, as {listing(INDEPENDENT, 'or')} do",
)
ENOUGH = Need(lambda results: len(tasks(results)) >= ENOUGH_TASKS, f"it needs {ENOUGH_TASKS} tasks")
