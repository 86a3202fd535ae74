"""The plan of a study of objectives given in Python."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

from optuna.trial import Trial

from hpsearch.api.arguments import Arguments
from hpsearch.api.returned import Search
from hpsearch.errors import UsageError
from hpsearch.objectives import Objective
from hpsearch.objectives.base import Direction
from hpsearch.objectives.declared import Space
from hpsearch.objectives.plain import as_objective
from hpsearch.storage import StoredStudy
from hpsearch.study.cells import cells_of_objectives, check_defaults
from hpsearch.study.runs import Plan, StartsFrom
from hpsearch.study.variant import Searcher, check_confirm, warn_of_short_searches

Tuned = Objective | Callable[[Trial], float]
"""What can be tuned: an `Objective`, or a function from an optuna trial to a number."""

_NO_DIRECTION = (
    'direction is not given, so the function is minimized: write direction="minimize" if less is better, or '
    'direction="maximize" if more is'
)


def plan_of(objective: Tuned | Mapping[str, Tuned], strategies: Mapping[str, Searcher], arguments: Arguments) -> Plan:
    """Return the plan of a study of one objective, of the factors that vary it, or of labelled objectives.

    Raises
    ------
    UsageError
        If objectives, strategies and arguments do not fit each other.
    """
    for strategy in strategies.values():
        check_confirm(strategy.confirm, arguments.trials)
    tuned = _objectives(objective, arguments.direction, arguments.space)
    cells = None
    if arguments.factors is not None or isinstance(objective, Mapping):
        search = {"pruner": arguments.pruner, "first": arguments.first}
        factors = dict(arguments.factors or {})
        cells = cells_of_objectives(tuned, factors, strategies, search, arguments.trials, arguments.repeats)
    elif arguments.first == "defaults":
        check_defaults(tuned.values())
    searchers = [cell.searcher for cell in cells] if cells else strategies.values()
    warn_of_short_searches((each.confirm for each in searchers), arguments.trials)
    one = next(iter(tuned.values()))
    earlier = _starts_from(arguments.start_from)
    start = {} if earlier is None else {"from": earlier.study}
    settings = {"strategies": list(strategies), "seed": arguments.seed, "pruner": arguments.pruner} | start
    return Plan(
        name=arguments.name,
        objectives=cells[0].objectives if cells else {one.task: one},
        strategies=strategies,
        trials=arguments.trials,
        repeats=arguments.repeats,
        seed=arguments.seed,
        direction=arguments.direction or one.direction,
        metric=one.metric,
        pruner=arguments.pruner,
        retrain=arguments.retrain,
        content={"search": settings},
        cells=cells,
        margin=arguments.margin,
        starts_with_defaults=arguments.first == "defaults",
        catch=arguments.catch,
        seconds=arguments.timeout,
        trial_timeout=arguments.trial_timeout,
        batch=arguments.batch,
        until_resolved=arguments.until_resolved,
        starts_from=earlier,
    )


def _objectives(
    objective: Tuned | Mapping[str, Tuned], direction: Direction | None, space: Space | None
) -> dict[str, Objective]:
    """Return the objectives by label; a single one has an empty label."""
    labelled = objective if isinstance(objective, Mapping) else {"": objective}
    if not labelled:
        raise UsageError("objectives must be at least one, got none")
    if direction is None and not all(isinstance(each, Objective) for each in labelled.values()):
        warnings.warn(_NO_DIRECTION, stacklevel=4)  # at the call of `search` or `compare`
    return {label: as_objective(each, direction, space) for label, each in labelled.items()}


def _starts_from(earlier: str | Search | None) -> StartsFrom | None:
    """Return the earlier study; of a search with its trials, wherever they are stored."""
    if earlier is None:
        return None
    if isinstance(earlier, str):
        return StartsFrom(earlier)
    study = earlier.study
    trials = study.get_trials(deepcopy=False)
    run = StoredStudy(study.study_name, study.directions, study.user_attrs, {}, trials)
    return StartsFrom(str(study.user_attrs["study"]), runs=(run,))
