"""Cards of HTML that show a result in a notebook: one style, light and dark, without scripts and without network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from hpsearch.text import plain, shorten

LIGHT = {"ink": "#1f2328", "muted": "#5f6873", "grid": "#d8dde3", "paper": "#ffffff", "series-1": "#0072b2"}
DARK = {"ink": "#e6e9ed", "muted": "#a7b0bb", "grid": "#3b434d", "paper": "#14181d", "series-1": "#4fa8e0"}
"""Colours of light and dark notebooks, as in reports."""

MOST_ROWS = 12
"""Rows of a table that a card shows."""

_LONGEST = 120  # letters of a name

_CARD = "hpsearch-card"
_LIGHT_THEMES = ('[data-jp-theme-light="true"]', ".vscode-light", 'html[theme="light"]')
_DARK_THEMES = ('[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast", 'html[theme="dark"]')


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def _themed(themes: Sequence[str], colours: dict[str, str]) -> str:
    return f"{','.join(f'{theme} .{_CARD}' for theme in themes)}{{{_variables(colours)}}}"


_STYLE = Markup(
    f"<style>.{_CARD}{{{_variables(LIGHT)}background:var(--paper);color:var(--ink);border:1px solid var(--grid);"
    "border-radius:6px;padding:.7em 1em;max-width:46em;box-sizing:border-box;font:14px/1.45 system-ui,sans-serif}"
    f"@media(prefers-color-scheme:dark){{.{_CARD}{{{_variables(DARK)}}}}}"
    f"{_themed(_LIGHT_THEMES, LIGHT)}{_themed(_DARK_THEMES, DARK)}"
    f".{_CARD} p{{margin:0 0 .5em;overflow-wrap:anywhere}}.{_CARD} .answer{{font-weight:600;font-size:1.05em}}"
    f".{_CARD} .note{{color:var(--muted);font-size:.92em}}"
    f".{_CARD} .wide{{overflow-x:auto;margin:0 0 .5em}}.{_CARD} svg{{display:block;max-width:100%;height:auto}}"
    f".{_CARD} table{{border-collapse:collapse;margin:0;color:inherit;background:none;font-size:.95em}}"
    f".{_CARD} caption{{text-align:left;color:var(--muted);padding:0 0 .2em;caption-side:top}}"
    f".{_CARD} tbody tr,.{_CARD} thead tr{{background:none;color:inherit}}"
    f".{_CARD} th,.{_CARD} td{{text-align:left;vertical-align:top;padding:.15em 1em .15em 0;border:0;"
    "border-bottom:1px solid var(--grid);overflow-wrap:break-word;max-width:24em}</style>"
)


def card(answer: str, *parts: str) -> str:
    """Return a card: the answer in bold, then parts from `paragraph`, `table` and drawings.

    Text is escaped; what is `Markup` stands as it is.
    """
    body = Markup("").join(parts)
    return str(Markup('{}<div class="{}"><p class="answer">{}</p>{}</div>').format(_STYLE, _CARD, clean(answer), body))


def paragraph(text: str) -> Markup:
    """Return a note."""
    return Markup('<p class="note">{}</p>').format(clean(text))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> Markup:
    """Return a table of at most `MOST_ROWS` rows; its caption says how many there are."""
    every = list(rows)
    more = f", the first {MOST_ROWS} of {len(every)}" if len(every) > MOST_ROWS else ""
    head = _cells("th scope=col", headings)
    body = Markup("").join(Markup("<tr>{}</tr>").format(_cells("td", row)) for row in every[:MOST_ROWS])
    return Markup(
        '<div class="wide"><table><caption>{}{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(caption, more, head, body)


def _cells(tag: str, texts: Iterable[str]) -> Markup:
    opening, closing = Markup(f"<{tag}>"), Markup(f"</{tag.partition(' ')[0]}>")
    return Markup("").join(opening + clean(text) + closing for text in texts)


def clean(text: str) -> str:
    """Return text in one line that hides nothing; of a very long one its beginning and end."""
    if isinstance(text, Markup):
        return text
    return " ".join(shorten(word, _LONGEST) for word in plain(text).split(" "))
