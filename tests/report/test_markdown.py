import re

import pytest
from markdown_it import MarkdownIt

from hpsearch.report.markdown import _anchor, _paragraph, escape
from hpsearch.text import plain
from tests.example_results import NASTY
from tests.report.test_html import Page


def seen(source):
    """Render Markdown with embedded HTML to a page, without images."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)
    return Page(re.sub(r"<img[^>]*>", "", html))


@pytest.mark.parametrize(
    "text",
    [
        NASTY,
        "<b>x</b> &amp; &lt;",
        "[a](b) ![c](d) <e@f.g>",
        "***x*** __y__ ~~z~~ `code`` \\* \\",
        "# x #",
        "a_b_c",
        "https://example.org",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "# {}", "| h |\n| - |\n| {} |", "**{}**"])
def test_any_text_is_shown_as_it_is(text, frame):
    page = seen(frame.format(escape(text)))
    assert plain(text) in page.seen
    assert {tag for tag, _ in page.elements} <= {"p", "h1", "table", "thead", "tbody", "tr", "th", "td", "strong"}


@pytest.mark.parametrize("text", ["- x", "+ x", "= x", "1. x", "12) x", "* x", "> x", "---", "# x", "0.5 x"])
def test_no_paragraph_begins_a_list_or_a_rule(text):
    page = seen(_paragraph(escape(text)))
    assert page.seen == text
    assert [tag for tag, _ in page.elements] == ["p"]


def test_the_document_shows_every_name_and_no_markup_of_theirs(results_and_files):
    results, files = results_and_files
    page = seen(files["report.md"])
    for name in (results.title, results.question, results.metric, *results.variants, *results.searched):
        assert plain(name) in page.seen
    tags = {tag for tag, _ in page.elements}
    assert tags <= {
        "p",
        "h1",
        "h2",
        "h3",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "strong",
        "a",
        "pre",
        "code",
        "hr",
        "ul",
        "li",
    }


def test_links_and_figures_are_files_that_are_kept_with_the_document(results_and_files):
    _, files = results_and_files
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", files["report.md"])
    assert len([link for link in links if link.startswith("figures/")]) >= 5
    headings = {_anchor(heading) for heading in re.findall(r"^#+ (.*)$", files["report.md"], re.MULTILINE)}
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings
        else:
            assert link == "summary.json" or link.startswith("figures/")
            assert link.replace(".png", ".svg") in files
