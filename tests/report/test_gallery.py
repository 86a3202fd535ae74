import json
from dataclasses import asdict

import pytest

from hpsearch.analysis.claims import Decision
from hpsearch.errors import UsageError
from hpsearch.report.gallery import gallery, read_pages, write_gallery
from hpsearch.report.gallery_titles import CHAPTER, COLUMNS, GROUPS, LECTURE, WORDS
from hpsearch.study.shipped import by_folder

DECISION = Decision(
    text="The gap | narrows",
    source="a book",
    word="holds",
    effect=0.123,
    low=0.1,
    high=0.146,
    effect_is="difference",
    measure="gap",
    reduced="end",
    direction="less",
    across="every",
    compared="with against without",
    cell="",
    margin=None,
    cells=1,
    cells_for=1,
    won=5,
    drawn=0,
    lost=0,
    repeats=5,
    repeats_planned=5,
    exact=False,
    diverged=0,
    rule="planned",
    level_percent=4.0,
    claims=1,
    planned=True,
    needed=None,
    planned_may_resolve=False,
    reason="",
)


def report(folder, name, *decisions, files=("figures/figure.png",)):
    (folder / name).mkdir()
    tables = {"Claims": [asdict(each) for each in decisions]}
    content = {
        "study": {"name": name, "title": f"About {name}", "repeats": 5},
        "sections": {"claims": {"tables": tables}} if decisions else {},
        "files": list(files),
    }
    (folder / name / "summary.json").write_text(json.dumps(content))


def test_every_shipped_study_of_the_chapter_and_the_lecture_has_titles():
    folders = {folder.name: set(studies) for folder, studies in by_folder().items()}
    assert set(CHAPTER) == folders["chapter"]
    assert set(LECTURE) == folders["lecture"]


@pytest.mark.parametrize("titles", [*GROUPS, *COLUMNS.values(), *WORDS.values(), *CHAPTER.values(), *LECTURE.values()])
def test_titles_are_in_five_languages(titles):
    assert all(titles)
    assert titles.english.isascii()
    assert not any(each.isascii() for each in titles[1:])


def test_claims_stand_in_the_order_of_the_chapter_with_word_effect_and_figure(tmp_path):
    for name in ("fizzbuzz", "dropout", "weight-decay"):
        report(tmp_path, name, DECISION)
    page = gallery(read_pages(tmp_path))
    assert page.index("weight-decay/report.md") < page.index("dropout/report.md") < page.index("fizzbuzz/report.md")
    [row] = [line for line in page.splitlines() if "](dropout/report.md)" in line]
    for part in ("The gap \\| narrows", "✓ holds", "0.123", "0.100", "0.146", "ドロップアウト", "드롭아웃"):
        assert part in row
    assert '<img src="dropout/figures/figure.png"' in row


def test_each_claim_has_a_row_of_its_own_and_the_words_are_counted(tmp_path):
    from dataclasses import replace

    report(tmp_path, "dropout", DECISION, replace(DECISION, word="does not hold", text="Another"))
    page = gallery(read_pages(tmp_path))
    assert "2 claims" in page
    assert "1 holds, 1 does not hold" in page
    assert page.count("dropout/report.md)") == 2  # of the title and of the figure
    assert "✗ does not hold" in page


def test_variations_stand_beside_their_study_and_other_reports_below(tmp_path):
    report(tmp_path, "dropout", DECISION)
    report(tmp_path, "dropout-digits-quick", DECISION)
    report(tmp_path, "digits")
    page = gallery(read_pages(tmp_path))
    assert page.index("`dropout`") < page.index("`dropout-digits-quick`") < page.index("## Other reports")
    assert "[digits](digits/report.md) | About digits" in page


def test_a_report_without_figure_has_no_image(tmp_path):
    report(tmp_path, "dropout", DECISION, files=())
    assert "<img" not in gallery(read_pages(tmp_path))


def test_markup_in_names_is_harmless(tmp_path):
    from dataclasses import replace

    report(tmp_path, "dropout", replace(DECISION, text="<script>*x*\n| y"))
    page = gallery(read_pages(tmp_path))
    assert "<script>" not in page
    assert len({line.count("|") - line.count("\\|") for line in page.splitlines() if line.startswith("|")}) == 1


def test_a_folder_without_reports_and_a_damaged_summary_are_one_line(tmp_path):
    with pytest.raises(UsageError, match="there is no report"):
        write_gallery(tmp_path)
    (tmp_path / "dropout").mkdir()
    (tmp_path / "dropout" / "summary.json").write_text("{}")
    with pytest.raises(UsageError, match="is no summary"):
        write_gallery(tmp_path)


def test_the_page_is_written_into_the_folder(tmp_path):
    report(tmp_path, "dropout", DECISION)
    assert write_gallery(tmp_path) == tmp_path / "README.md"
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == gallery(read_pages(tmp_path))
