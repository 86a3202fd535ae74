import re
from html.parser import HTMLParser

import pandas as pd

from hpsearch.report.figures import Picture
from hpsearch.report.first_page import first_page
from hpsearch.report.html import embedded, html, inline
from hpsearch.report.markdown import markdown
from hpsearch.report.section import MOST_ROWS, Section, Table, counts
from hpsearch.report.sections import SECTIONS
from hpsearch.report.style import COLOURS
from hpsearch.text import plain
from tests.example_results import case
from tests.report.built import sections_of

VOID = {"meta", "link", "br", "img", "use", "path", "rect", "image", "stop"}


class Page(HTMLParser):
    """Elements and visible text of a page."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.text, self.open = [], [], []
        self.feed(source)
        self.close()
        self.seen = " ".join("".join(self.text).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.text.append(data)

    def all(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def test_the_page_is_well_formed_and_fetches_and_runs_nothing(results_and_files):
    source = results_and_files[1]["report.html"]
    page = Page(source)
    assert page.open == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "base", "form"}  # figures are drawn
    assert not re.search(r"https?:|//www|@import|javascript:", source)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert all(link.startswith(("#", "summary.json", "data:image/png")) for link in page.all("href"))
    assert len(source) < 1_500_000


def test_every_reference_finds_its_one_target(example, results_and_files):
    source = results_and_files[1]["report.html"]
    page = Page(source)
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    wanted = [link[1:] for link in page.all("href") if link.startswith("#")] + re.findall(r"url\(#([^)]+)\)", source)
    assert set(sections_of(example)) - {"answer"} < set(wanted) <= set(ids)


def test_figures_say_in_words_what_they_show(example, results_and_files):
    page = Page(results_and_files[1]["report.html"])
    labels = [each["aria-labelledby"] for _, each in page.elements if each.get("role") == "img"]
    keys = [key for key in SECTIONS if f"figures/{key}.svg" in results_and_files[1]]
    lender = first_page(sections_of(example)).lender.key
    assert labels == ["front-shows", *(f"{key}-shows" for key in keys if key != lender)]
    assert set(labels) <= set(page.all("id"))
    for key in keys:
        assert " ".join(sections_of(example)[key].alt(str).split()) in page.seen
    assert {"best_so_far", "plane", "isolation", "learning_curves", "costs"} <= set(keys)


def test_names_are_shown_as_they_are(results_and_files):
    results, files = results_and_files
    seen = Page(files["report.html"]).seen
    for name in (results.title, results.question, results.metric, *results.variants, *results.searched):
        assert plain(name) in seen


def test_colours_follow_the_page(results_and_files):
    source = results_and_files[1]["report.html"]
    figures = source[source.index("<main>") :]
    for name, (light, dark) in COLOURS.items():
        assert light not in figures
        assert f"--{name}: {light};" in source
        assert f"--{name}: {dark};" in source
    assert "var(--ink)" in figures


def test_no_dates_and_no_paths(results_and_files):
    for text in results_and_files[1].values():
        assert not re.search(r"\b20\d\d-\d\d-\d\d|/tmp/|/home/|/root/", text)


SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt">{}</svg>'


def test_figures_that_have_no_room_become_pixels_and_then_links():
    pictures = {
        "heavy": Picture(SVG.format("<path/>" * 9000), b"0" * 900),
        "light": Picture(SVG.format("<path/>"), b"0" * 900),
    }
    ways = {
        room: {key: element.split()[0] for key, element in embedded(pictures, room).items()}
        for room in (99_000, 9_000, 900)
    }
    assert ways[99_000] == {"heavy": "<svg>" + "<path/>" * 9000 + "</svg>", "light": "<svg><path/></svg>"}
    assert ways[9_000] == {"heavy": "<img", "light": "<svg><path/></svg>"}
    assert ways[900] == {"heavy": "<a", "light": "<svg><path/></svg>"}


def test_letters_are_outlined_once_and_ids_that_nothing_needs_go():
    letter = '<defs>\n <path id="DejaVuSans-13" d="M 0 0 \nL 1 1"/>\n</defs>\n<use href="#DejaVuSans-13"/>'
    mark = '<g id="axes_1"><path id="m1" d="M 2 2"/><use href="#m1" clip-path="url(#p1)"/><clipPath id="p1"/></g>'
    first, second = embedded({key: Picture(SVG.format(letter + mark), b"") for key in "ab"}).values()
    assert first == (
        '<svg><defs><path id="DejaVuSans-13" d="M 0 0 L 1 1"/></defs><use href="#DejaVuSans-13"/>'
        '<g><path id="a-m1" d="M 2 2"/><use href="#a-m1" clip-path="url(#a-p1)"/><clipPath id="a-p1"/></g></svg>'
    )
    assert second == (
        '<svg><use href="#DejaVuSans-13"/>'
        '<g><path id="b-m1" d="M 2 2"/><use href="#b-m1" clip-path="url(#b-p1)"/><clipPath id="b-p1"/></g></svg>'
    )


def test_a_letter_is_outlined_where_it_is_still_drawn():
    heavy = '<path id="DejaVuSans-13" d="M 0 0"/><use href="#DejaVuSans-13"/>'
    pictures = {"a": Picture(SVG.format(heavy + "<path/>" * 900), b"0"), "b": Picture(SVG.format(heavy), b"0")}
    elements = embedded(pictures, 900)
    assert elements["a"].startswith("<img")
    assert 'id="DejaVuSans-13"' in elements["b"]


def test_coordinates_lose_what_nobody_sees_and_scales_do_not():
    shapes = '<path d="M 1.234567 -0.001 L 10 2.5"/><use x="3.14159" transform="scale(0.015625)"/>'
    assert (
        inline(SVG.format(shapes), "k")
        == '<svg><path d="M 1.23 -0 L 10 2.5"/><use x="3.14" transform="scale(0.015625)"/></svg>'
    )


def test_a_table_may_break_long_words_of_its_headings():
    frame = pd.DataFrame({"n": [1]})
    columns = (counts("n", "Test neg_mean_squared_error"), counts("n", "Test balanced_accuracy"))
    section = Section("wide", "Wide", (), tables=(Table("All", frame, columns),))
    page = html(case("usual"), [section], {})
    assert re.findall(r'<th scope="col" class="number( long)?">', page) == [" long", ""]


def test_a_long_table_shows_its_beginning_and_says_where_the_rest_is():
    frame = pd.DataFrame({"n": range(MOST_ROWS + 7)})
    section = Section("long", "Long", (), tables=(Table("All", frame, (counts("n", "n"),)),))
    source = html(case("usual"), [section], {})
    assert source.count("<tr>") == 1 + MOST_ROWS
    assert '7 more rows are in <a href="summary.json">' in source
    assert "7 more rows are in [summary.json]" in markdown(case("usual"), [section])
