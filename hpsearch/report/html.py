"""The report as one self-contained HTML file: inline styles and figures, no scripts, no external resources."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from markupsafe import escape as escape_markup

from hpsearch.report.figures import Picture
from hpsearch.report.first_page import by_chapter, first_page
from hpsearch.report.glossary import Linker, anchor
from hpsearch.report.section import MOST_ROWS, Section
from hpsearch.report.style import COLOURS
from hpsearch.results.results import Results
from hpsearch.text import plain

ROOM = 1_100_000  # maximum characters of all figures, which keeps the page below 1.5 MB
_NUMBERS = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r'(href="#|url\(#)([^")]+)')
_GLYPH = re.compile(r'<path id="(DejaVuSans[^"]*)"[^>]*/>')  # outline of a letter, equal in all figures
_DRAWN = re.compile(r'(?<=\s)(?:d|x|y|points)="[^"]*"')


def html(
    results: Results,
    sections: Iterable[Section],
    pictures: Mapping[str, Picture],
    closing: str = "",
    chapters: Mapping[str, str] | None = None,
) -> str:
    """Render the whole document.

    Parameters
    ----------
    pictures
        Figures by section key.
    closing
        Last line.
    chapters
        Heading that each section stands under, by section key.
    """
    environment = Environment(
        loader=PackageLoader("hpsearch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    environment.tests["long"] = lambda text: _is_long(text, most=28)
    environment.tests["long_heading"] = lambda text: _is_long(text, most=20)  # bold, beside wrapped names
    by_key = {section.key: section for section in sections}
    terms = Linker(lambda word, term: f'<a class="term" href="#{anchor(term)}">{word}</a>')
    return environment.get_template("report.html.j2").render(
        heading=plain(results.title or results.name),
        front=first_page(by_key),
        chapters=by_chapter(by_key, chapters),
        terms=terms,
        anchor=anchor,
        question=plain(results.question),
        closing=plain(closing),
        drawings={key: Markup(element) for key, element in embedded(pictures).items()},
        most_rows=MOST_ROWS,
        colours=COLOURS,
        escape=escape,
        markup=Markup,
    )


def _is_long(text: str, most: int) -> bool:
    """Return whether the text has words of more letters, so that a table must break inside them."""
    return any(len(word) > most for word in text.split())


def escape(text: str) -> str:
    """Escape text for HTML."""
    return str(escape_markup(text))


def embedded(pictures: Mapping[str, Picture], room: int = ROOM) -> dict[str, str]:
    """Return an HTML element per figure, `room` characters at most in total where possible.

    While the total is too large, replace the largest figure by its pixels where that is smaller, then by a link to its
    file. Each letter's outline is defined once, in the first figure that uses it.
    """
    elements = {key: inline(picture.svg, key) for key, picture in pictures.items()}
    pixels = {key: _pixels(picture.png) for key, picture in pictures.items()}
    links = {key: f'<a href="figures/{key}.png">figures/{key}.png</a>' for key in pictures}
    for smaller in (pixels, links):
        for key in sorted(elements, key=lambda key: -len(elements[key])):
            if sum(map(len, elements.values())) > room and len(smaller[key]) < len(elements[key]):
                elements[key] = smaller[key]
    return _with_glyphs_once(elements)


def _with_glyphs_once(elements: Mapping[str, str]) -> dict[str, str]:
    defined: set[str] = set()

    def first(glyph: re.Match[str]) -> str:
        repeated = glyph[1] in defined
        defined.add(glyph[1])
        return "" if repeated else glyph[0]

    return {key: _GLYPH.sub(first, element).replace("<defs></defs>", "") for key, element in elements.items()}


def _pixels(png: bytes) -> str:
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}">'


def inline(svg: str, key: str) -> str:
    """Prepare an SVG element for a page with several figures: make ids unique and use the page's colours.

    Keep the ids of glyphs, since figures share them. Remove unreferenced ids, title, namespaces and metadata: HTML
    does not need them, and they contain the file's only URLs.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", body).replace("xlink:href", "href")
    body = re.sub(r'\s(width|height)="[\d.]+pt"', "", body, count=2)
    used = {name for _, name in _REFERENCE.findall(body)}
    body = re.sub(r'\s+id="([^"]*)"', lambda id_: f' id="{_own(id_[1], key)}"' if id_[1] in used else "", body)
    body = _REFERENCE.sub(lambda match: f"{match[1]}{_own(match[2], key)}", body)
    for name, (light, _) in COLOURS.items():
        body = body.replace(light, f"var(--{name})")
    body = _DRAWN.sub(lambda match: _NUMBERS.sub(_short, match[0]), body)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", " ", body).replace("> <", "><").strip()


def _own(name: str, key: str) -> str:
    return name if name.startswith("DejaVuSans") else f"{key}-{name}"


def _short(coordinate: re.Match[str]) -> str:
    """Round a coordinate to a hundredth of a point, an invisible difference."""
    return f"{float(coordinate[0]):.2f}".rstrip("0").rstrip(".")
