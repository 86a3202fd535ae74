import json
import math
import re
from importlib.resources import files

import pytest

from hpsearch.report.markdown import escape, markdown
from hpsearch.report.part import left_out
from hpsearch.report.sections import SECTIONS
from hpsearch.report.summary import SCHEMA, summary
from hpsearch.report.text import number
from hpsearch.text import plain
from tests.example_results import case
from tests.report.built import EXAMPLES, sections_of

NUMBER = re.compile(r"(?<![\w.])−?-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def parts(name):
    """Return the results of an example, its parsed summary, and its Markdown by section."""
    results = case(name)
    sections = list(sections_of(name).values())
    read = json.loads(summary(results, sections, ["summary.json"], left_out(SECTIONS, results)))
    texts = [markdown(results, [section]) for section in sections]
    texts = [text.removeprefix(heading(results)).partition("\n## Glossary")[0] for text in texts]
    return results, read, dict(zip(sections_of(name), texts, strict=True))


def heading(results):
    """Return the study's title and question as the document has them."""
    return markdown(results, []).partition("\n---\n")[0].rstrip("\n")


def prose(text, facts, captions=()):
    """Return a section's sentences and alternative text, without headings, tables, code and names."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = {f"**{escape(caption)}**" for caption in captions}
    lines = [line for line in text.splitlines() if not line.startswith(("#", "|", "Data:")) and line not in titles]
    sentences = re.sub(r"\(figures/[^)]*\)", "", "\n".join(lines))
    for name in sorted((fact for fact in facts.values() if isinstance(fact, str)), key=len, reverse=True):
        sentences = sentences.replace(escape(plain(name)), " ") if name else sentences
    return sentences


def is_written(token, facts):
    """Return whether a number in the text equals one of the facts, rounded in one of the usual ways."""
    for fact in facts.values():
        if isinstance(fact, int | float):
            ways = {
                number(fact),
                str(fact),
                f"{fact:#.2g}",
                f"{fact:.2g}",
                f"{fact:.1g}",
                f"{fact:.3g}",
                f"{fact:.2f}",
                f"{fact:.0f}",
                f"{100 * fact:.0f}",
            }
            whole, _, exponent = token.replace("−", "-").partition("e")
            places = len(whole.partition(".")[2])
            ways |= {f"{fact:.{places}f}", f"{100 * fact:.{places}f}", str(round(fact, -1)), str(round(fact, -2))}
            ways |= {f"{fact:.{places}e}"} if exponent else set()
            if token.replace("−", "-") in {way.replace("−", "-") for way in ways}:
                return True
    return False


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_summary_holds_every_number_that_the_text_names(name):
    _, read, texts = parts(name)
    found = 0
    for key, text in texts.items():
        held = read["sections"][key]
        facts = dict(enumerate(fact for part in [held, *held["cards"]] for fact in part["facts"].values()))
        for token in NUMBER.findall(prose(text, facts, held["tables"])):
            assert is_written(token, facts), (key, token, prose(text, facts, held["tables"]))
            found += 1
    assert found >= 5


def test_a_number_that_is_no_fact_would_be_noticed():
    assert NUMBER.findall("It is 0.9123, −1 and 1.5e-05 of 7.") == ["0.9123", "−1", "1.5e-05", "7"]
    assert not is_written("0.9124", {"mean": 0.91234, "runs": 5, "name": "0.9124"})
    assert is_written("0.9123", {"mean": 0.91234})


def check(value, schema, whole, place="summary"):
    """Check a value against a JSON schema, for the keywords in `KEYWORDS` only."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    unknown = set(schema) - {"$schema", "$defs", "title", "description", *KEYWORDS}
    assert not unknown, unknown
    for keyword in KEYWORDS & set(schema):
        assert KEYWORD_RULES[keyword](value, schema[keyword]), (place, keyword, schema[keyword], value)
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        for key, item in value.items():
            assert key in properties or others is not False, (place, key)
            check(item, properties.get(key, others), whole, f"{place}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            check(item, schema.get("items", {}), whole, f"{place}[{index}]")


TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None),
    "boolean": bool,
}  # fmt: skip
KEYWORD_RULES = {
    "type": lambda value, names: isinstance(
        value,
        tuple(TYPES[name] for name in names if name != "number") + (int, float) * ("number" in names)
        if isinstance(names, list)
        else TYPES[names],
    ),
    "required": lambda value, names: set(names) <= set(value),
    "const": lambda value, wanted: value == wanted,
    "enum": lambda value, choices: value in choices,
    "minimum": lambda value, least: value >= least,
    "properties": lambda value, _: isinstance(value, dict),
    "additionalProperties": lambda value, _: isinstance(value, dict),
    "items": lambda value, _: isinstance(value, list),
}
KEYWORDS = set(KEYWORD_RULES)


def the_schema():
    return json.loads(files("hpsearch.report").joinpath("summary.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_summary_is_as_its_schema_has_it(name):
    check(parts(name)[1], the_schema(), the_schema())
    assert the_schema()["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize(
    "spoil",
    [
        lambda read: read.pop("files"),
        lambda read: read.update(more=1),
        lambda read: read.update(schema=SCHEMA + 1),
        lambda read: read["study"].update(direction="up"),
        lambda read: read["study"].update(epochs_budget=0.5),
        lambda read: read["sections"]["best"]["facts"].update(name=[]),
        lambda read: read["sections"]["best"]["cards"].append({"level": "bad", "title": "", "text": "", "facts": {}}),
    ],
)
def test_a_summary_that_is_not_as_its_schema_has_it_is_noticed(spoil):
    read = json.loads(json.dumps(parts("usual")[1]))
    spoil(read)
    with pytest.raises(AssertionError):
        check(read, the_schema(), the_schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_summary_is_strict_json_about_the_study(name):
    results, read, _ = parts(name)
    assert read["schema"] == SCHEMA
    assert list(read["study"]["variants"]) == list(results.variants)
    assert [key for key in SECTIONS if key not in read["left_out"]] == list(read["sections"])
    assert read["files"] == ["summary.json"]


def test_numbers_that_are_not_finite_are_null():
    results, read, _ = parts("all diverged, infinite")
    rows = read["sections"]["variants"]["tables"]["The strategies, over their complete runs"]
    assert [row["validation"] for row in rows] == [None] * len(results.variants)
    assert results.runs["value"].map(math.isinf).all()


def test_the_table_of_strategies_is_there_unrounded():
    results, read, _ = parts("usual")
    rows = read["sections"]["variants"]["tables"]["The strategies, over their complete runs"]
    values = results.runs.groupby("variant")["value"].mean()
    assert {row["variant"]: row["validation"] for row in rows} == pytest.approx(values.to_dict(), rel=1e-14)
