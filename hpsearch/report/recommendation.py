"""What to use, in a sentence made of the verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from hpsearch.analysis.comparison.pairings import reference
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.report.section import level_name
from hpsearch.report.text import Fact, listing, plural
from hpsearch.results.results import STRATEGY, Results
from hpsearch.text import plain

_COUNTS = dict(enumerate(("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")))
_MOST_NAMED = 3  # levels that a sentence names; it counts more


def recommended(results: Results, factor: str) -> tuple[str, ...]:
    """Return the levels of a factor among which the verdicts see no reason to choose, the reference first if there.

    These are the levels that are better than the reference; if none is, those that fail less often and are not worse;
    if none does, the reference and all that are not worse and do not fail more often.
    """
    base = reference(results, factor)
    of_factor = [each for each in verdicts(results) if each.factor == factor and each.against == base]
    better = tuple(each.level for each in of_factor if each.verdict == "better")
    if better:
        return _not_worse(results, factor, better)
    reliable = tuple(each.level for each in of_factor if each.failures_verdict == "better" and not _is_out(each))
    return reliable or (base, *(each.level for each in of_factor if not _is_out(each)))


def to_use(results: Results, factor: str) -> tuple[str, ...]:
    """Return the levels of a factor that the sentence says to use: of the recommended ones, or the reference alone.

    It is the reference alone where which of the recommended ones is best is not resolved.
    """
    base = reference(results, factor)
    chosen = recommended(results, factor)
    rest = [each for each in verdicts(results) if each.factor == factor and each.against == base and not _is_out(each)]
    if base not in chosen or not any(each.at_planned_budget for each in rest):
        return chosen
    return chosen if _no_difference(rest) else (base,)


def _no_difference(rest: Sequence[Verdict]) -> str:
    """Return the size that all differences are below, if the verdicts say so: what matters, or the noise."""
    if all(each.verdict == "equivalent" for each in rest):
        return "that matters"
    if all(each.within_noise for each in rest if each.verdict == "not resolved"):
        return "larger than the noise of one training"
    return ""


def _is_out(verdict: Verdict) -> bool:
    """Return whether its level is worse than the reference, or fails more often without being better."""
    return verdict.verdict == "worse" or (verdict.failures_verdict == "worse" and verdict.verdict != "better")


def _not_worse(results: Results, factor: str, levels: Sequence[str]) -> tuple[str, ...]:
    """Return the levels without those that another of them beats."""
    beaten = set()
    for each in verdicts(results):
        if each.factor == factor and {each.level, each.against} <= set(levels):
            beaten |= {each.against} if each.verdict == "better" else set()
            beaten |= {each.level} if each.verdict == "worse" else set()
    return tuple(level for level in levels if level not in beaten) or tuple(levels)


def recommendation(results: Results, facts: dict[str, Fact]) -> str:
    """Return the sentence on what to use, one for each factor of several levels; empty if nothing is compared.

    Adds its names and numbers to `facts`.
    """
    if results.is_null:
        return _null(results, facts)
    factors = [factor for factor, labels in results.factors.items() if len(labels) > 1]
    sentences = [_sentence(results, factor, f"_{place}", facts) for place, factor in enumerate(factors, 1)]
    return " ".join(filter(None, sentences))


def _null(results: Results, facts: dict[str, Fact]) -> str:
    """Say what a null study shows: its false alarms."""
    pairs = verdicts(results)
    facts |= {f"null_{place}": name for place, name in enumerate(results.variants)}
    opening = (
        "This is a null study: {null_0} is compared with itself, and only chance makes a difference. "
        "A verdict better or worse would be a false alarm"
    )
    if not any(each.repeats for each in pairs):
        return f"{opening}. No repeat is complete yet."
    alarms = [each for each in pairs if each.verdict in ("better", "worse")]
    if not alarms:
        return f"{opening}; there is none."
    facts |= {"alarm": alarms[0].verdict, "alarm_level": alarms[0].level, "alarm_against": alarms[0].against}
    return f"{opening}, and there is one: {{alarm_level}} is called {{alarm}} than {{alarm_against}}."


def _sentence(results: Results, factor: str, s: str, facts: dict[str, Fact]) -> str:
    base = reference(results, factor)
    of_factor = [each for each in verdicts(results) if each.factor == factor]
    against_base = [each for each in of_factor if each.against == base]
    if not against_base:
        return ""
    several = len([labels for labels in results.factors.values() if len(labels) > 1]) > 1
    noun = "strategy" if factor == STRATEGY else "level" if several else plain(factor)
    facts |= {f"base{s}": level_name(results, factor, base), f"count{s}": _count(len(against_base) + 1)}
    facts[f"factor{s}"] = factor
    lead = f"{{factor{s}}}: " if several else ""
    kinds = {each.level: each.verdict for each in against_base}
    if not any(each.repeats for each in against_base):
        return f"{lead}No {noun} can be compared yet: no repeat is complete."
    if not any(each.at_planned_budget for each in against_base):
        facts |= {f"plan_trials{s}": int((results.first_plan or {}).get("trials", 0)), f"trials{s}": results.budget}
        return f"{lead}No verdict: the plan has {{plan_trials{s}}} trials per run, and these runs have {{trials{s}}}."
    chosen = recommended(results, factor)
    facts |= {f"use{s}": _names(results, factor, chosen, "or"), f"rest{s}": _names(results, factor, chosen)}
    worse = [level for level, kind in kinds.items() if kind == "worse"]
    failing = _failing(results, factor, s, facts, against_base) + _valueless(results, factor, s, facts, against_base)
    if "better" in kinds.values():
        return lead + _better(results, factor, s, facts, against_base, chosen) + failing
    facts[f"worse{s}"] = _names(results, factor, worse)
    small = all(each.within_margin for each in against_base if each.verdict == "worse")
    by = ", but by less than the margin" if small else ""
    beaten = f" {{worse{s}}} {'is' if len(worse) == 1 else 'are'} worse than {{base{s}}}{by}." if worse else ""
    beaten += failing
    rest = [each for each in against_base if not _is_out(each)]
    if not rest:
        return f"{lead}Use {{base{s}}}.{beaten}"
    if base not in chosen:  # the chosen ones fail less often, as the sentence goes on to say
        return f"{lead}Use {{use{s}}}.{beaten}"
    who = _who(noun, len(rest) + 1, s, every=len(rest) == len(kinds))
    facts[f"others{s}"] = _count(len(rest) + 1)
    if size := _no_difference(rest):
        return f"{lead}No difference {size} between {who}: use any.{beaten}"
    facts[f"after{s}"] = max(each.repeats for each in rest)
    repeats = f"{{after{s}}} {plural(int(facts[f'after{s}']), 'repeat')}"
    best = "best" if len(rest) > 1 else "better"
    return f"{lead}Which of {who} is {best} is not resolved after {repeats}; until it is, use {{base{s}}}.{beaten}"


def _failing(results: Results, factor: str, s: str, facts: dict[str, Fact], against_base: Sequence[Verdict]) -> str:
    """Say which levels fail more or less often than the reference; empty if nothing is resolved of it."""
    text = ""
    for kind, often in (("worse", "more"), ("better", "less")):
        levels = [each.level for each in against_base if each.failures_verdict == kind]
        facts |= {f"{often}{s}": _names(results, factor, levels)} if levels else {}
        verb = "fails" if len(levels) == 1 else "fail"
        text += f" {{{often}{s}}} {verb} {often} often than {{base{s}}}." if levels else ""
    return text


def _valueless(results: Results, factor: str, s: str, facts: dict[str, Fact], against_base: Sequence[Verdict]) -> str:
    """Say which levels have no finite value at all, where this is not said as a rate; empty if none."""
    levels = [
        each.level
        for each in against_base
        if each.failures_verdict == "not resolved" and 0 < each.failed_level_of == each.failed_level
    ]
    facts |= {f"valueless{s}": _names(results, factor, levels)} if levels else {}
    return f" {{valueless{s}}} gave no finite value." if levels else ""


def _who(noun: str, count: int, s: str, *, every: bool) -> str:
    """Return the compared levels in words: all of them by their number, or those that are named."""
    return f"the {{others{s}}} {plural(count, noun)}" if every or count > _MOST_NAMED else f"{{rest{s}}}"


def _better(
    results: Results,
    factor: str,
    s: str,
    facts: dict[str, Fact],
    against_base: Sequence[Verdict],
    chosen: Sequence[str],
) -> str:
    beating = [each for each in against_base if each.level in chosen and each.verdict == "better"]
    by_margin = " by at least the margin" if all(each.by_margin for each in beating) else ""
    small = all(each.within_margin for each in beating)
    verb = "is" if len(beating) == 1 else "are"
    sentence = f"Use {{use{s}}}, which {verb} better than {{base{s}}}{by_margin}"
    if small:
        sentence += ", but by less than the margin"
    if len(chosen) > 1:
        sentence += "; between these nothing is resolved" if not _equal(results, factor, chosen) else ""
    return f"{sentence}."


def _equal(results: Results, factor: str, chosen: Sequence[str]) -> bool:
    among = [each for each in verdicts(results) if each.factor == factor and {each.level, each.against} <= set(chosen)]
    return bool(among) and all(each.verdict == "equivalent" for each in among)


def _count(count: int) -> str:
    return _COUNTS.get(count, str(count))


def _names(results: Results, factor: str, levels: Sequence[str], conjunction: str = "and") -> str:
    names = [level_name(results, factor, level) for level in levels]
    rest = len(names) - _MOST_NAMED
    if rest > 1:  # naming the last one is as short as counting it
        named = ", ".join(map(plain, names[:_MOST_NAMED]))
        return f"{named} {conjunction} {_count(rest)} others"
    return listing(names, conjunction) if names else ""
