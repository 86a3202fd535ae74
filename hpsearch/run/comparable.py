"""Check that the trials of two calls are comparable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hpsearch.errors import UsageError
from hpsearch.objectives import DEFAULT_FAMILY, FAMILIES

# Settings that may change between two calls without making trials incomparable.
_FREE = (
    "title",
    "question",
    "report.",
    "figure.",
    *(f"data.{key}" for key in ("ignore", "numbers", "categories", "dates", "missing")),  # its fingerprint tells
    "search.strategies",
    "search.trials",
    "search.repeats",
    "search.retrain",
    "search.trial_seconds",
    "search.confirm",  # a run's content has it in "strategy", with the options
    "strategies.",
    "factors.",
    "claims",
)

_FINGERPRINT = "data.fingerprint"
_READ_OTHERWISE = (
    "; if the file is the same, an earlier version read it otherwise: name codes with leading zeros, such as 01234, in "
    "numbers = [...] of [data], and dates that were texts in categories = [...]"
)


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the settings that affect comparability."""
    return hashlib.sha256(json.dumps(_comparable(content), sort_keys=True).encode()).hexdigest()


def _comparable(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content as ``section.key``: value, without the settings that may change."""
    flat = dict(_flat(content))
    kept = {key: value for key, value in flat.items() if not key.startswith(_FREE)}
    return {key: value for key, value in kept.items() if not _is_default(key, value, flat)}


def _is_default(key: str, value: Any, flat: Mapping[str, Any]) -> bool:
    """Return whether a study without this key of the model has this value."""
    table, _, name = key.partition(".")
    family = FAMILIES.get(flat.get("family", DEFAULT_FAMILY))
    if table != "model" or family is None:
        return False
    defaults = family.default_model()
    return name in defaults and _as_json(defaults[name]) == _as_json(value)


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def check_comparable(study: str, stored: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to mix trials made with the content `stored` with trials made with `now`.

    Raises
    ------
    UsageError
        If they differ; the message names the first differing key and the remedy.
    """
    old, new = _comparable(stored), _comparable(now)
    changed = [key for key in sorted(old | new) if old.get(key) != new.get(key)]
    if changed:
        first = changed[0]
        more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
        file = new.get("data.source") == "csv" and _FINGERPRINT in changed
        raise UsageError(
            f"the storage holds trials of {study!r} with another {first}: {old.get(first)!r} there, "
            f"{new.get(first)!r} now{more}; they can't be compared, so give the study another name or another --storage"
            f"{_READ_OTHERWISE if file else ''}"
        )
