"""Every page of the report as a browser, a telephone, a printer and a screen reader get it."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from chromium import PROGRAM, Tab, browser
from project import ROOT, Project

from beyond_mle.config import load
from beyond_mle.report.pages import PageFiles, study_pages

STUDY = load(ROOT / "config/smoke.yaml")
PAGES = study_pages(STUDY)
PRINTED_WIDTH = 688
"""CSS pixels between the margins of a sheet of A4."""
pytestmark = [pytest.mark.xdist_group("smoke"), pytest.mark.parametrize("page", PAGES)]
in_browser = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def report(smoke: Project) -> Path:
    """The folder of the pages."""
    return smoke.folder / "results/smoke/report"


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """A tab of a browser."""
    with browser() as opened:
        yield opened


@cache
def parsed(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "lxml")


def test_a_page_is_small(report: Path, page: str) -> None:
    assert (report / f"{page}.html").stat().st_size < 2_000_000


def test_every_link_leads_somewhere(report: Path, page: str) -> None:
    broken = []
    for link in parsed(report / f"{page}.html").find_all("a"):
        address = urlsplit(link["href"])
        if address.scheme == "data":
            assert link["download"]
        elif not address.scheme:
            file = report / (unquote(address.path) or f"{page}.html")
            known = file.exists() and (not address.fragment or parsed(file).find(id=unquote(address.fragment)))
            broken += [] if known else [link["href"]]
    assert broken == []


def test_every_page_leads_to_all_others(report: Path, page: str) -> None:
    soup = parsed(report / f"{page}.html")
    menu, foot = soup.header.nav, soup.footer.nav
    assert [link["href"] for link in menu.ol.find_all("a")] == [f"{name}.html" for name in PAGES]
    assert [link["href"] for link in menu.find_all("a", attrs={"aria-current": "page"})] == [f"{page}.html"]
    place = PAGES.index(page)
    neighbours = [name for name in (PAGES[place - 1 : place] + PAGES[place + 1 : place + 2])]
    assert [link["href"] for link in foot.find_all("a")] == [f"{name}.html" for name in neighbours]


def test_every_image_is_described(report: Path, page: str) -> None:
    texts = [image.get("alt", "") for image in parsed(report / f"{page}.html").find_all("img")]
    assert [text for text in texts if len(text.split()) < 5] == []
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_every_head_cell_says_what_it_is_the_head_of(report: Path, page: str) -> None:
    scopes = {head.get("scope") for head in parsed(report / f"{page}.html").find_all("th")}
    assert scopes <= {"col", "colgroup", "row", "rowgroup"}


def test_no_column_is_without_a_word(report: Path, page: str) -> None:
    for table in parsed(report / f"{page}.html").select("figure.table table"):
        rows = [row.find_all("td") for row in table.select("tbody tr:not(.group)")]
        assert all(any(cell.text.strip() for cell in column) for column in zip(*rows, strict=True))


def test_the_caveat_stands_once(report: Path, page: str) -> None:
    caveat = PageFiles(page, STUDY, report.parent).caveat
    assert caveat
    assert parsed(report / f"{page}.html").body.text.count(caveat) == 1


@in_browser
@pytest.mark.parametrize("width", [390, 1440])
def test_a_screen_shows_the_page_without_scrolling_sideways(report: Path, tab: Tab, page: str, width: int) -> None:
    tab.open(report / f"{page}.html", width)
    assert tab.complaints() == []
    assert [url for url in tab.requests() if not url.startswith(("file:", "data:"))] == []
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


@in_browser
def test_a_telephone_shows_each_number_beside_what_it_is_of(report: Path, tab: Tab, page: str) -> None:
    """A wide table scrolls in its own box, up to its last column, and the first column stays."""
    tab.open(report / f"{page}.html", 390)
    unreadable = """[...document.querySelectorAll("main .table:not(.sentences) .scroll")].flatMap(box => {
        box.scrollLeft = box.scrollWidth;
        const rows = [...box.querySelectorAll("tbody tr:not(.group)")];
        return rows.filter(row => row.checkVisibility() && row.cells.length > 1).filter(row => {
            const ends = [row.cells[0], row.cells[row.cells.length - 1]];
            const [first, last] = ends.map(cell => cell.getBoundingClientRect());
            return first.left < 0 || first.right > last.left + 1 || last.right > innerWidth;
        }).map(row => row.innerText);
    })"""
    assert tab.value(unreadable) == []


@in_browser
def test_one_switch_shows_all_source_and_a_link_shows_one_cell(report: Path, tab: Tab, page: str) -> None:
    tab.open(report / f"{page}.html", 1440)
    shown = "[...document.querySelectorAll('.code')].filter(cell => cell.checkVisibility()).length"
    assert tab.value(shown) == 0
    if parsed(report / f"{page}.html").select('figure a[href^="#source"]'):
        tab.value("document.querySelector('figure a[href^=\"#source\"]').click()")
        assert tab.value(shown) == 1
    tab.value("document.getElementById('show-code').click()")
    assert tab.value(shown) == len(parsed(report / f"{page}.html").select(".code")) > 0


@in_browser
def test_print_has_whole_tables_and_neither_source_nor_navigation(report: Path, tab: Tab, page: str) -> None:
    tab.open(report / f"{page}.html", PRINTED_WIDTH, media="print")
    tab.value("document.getElementById('show-code').click()")
    assert tab.value("document.documentElement.scrollWidth") <= PRINTED_WIDTH
    unwanted = (
        "[...document.querySelectorAll('nav, .code, .links, .switch')].filter(one => one.checkVisibility()).length"
    )
    assert tab.value(unwanted) == 0


@in_browser
def test_a_dark_screen_gets_light_letters_on_dark(report: Path, tab: Tab, page: str) -> None:
    lightness = "(getComputedStyle(document.body).{} ?? '').match(/\\d+/g).slice(0, 3).reduce((a, b) => +a + +b) / 765"
    for scheme, is_dark in (("dark", True), ("light", False)):
        tab.open(report / f"{page}.html", 1440, prefers_color_scheme=scheme)
        ink, paper = (tab.value(lightness.format(name)) for name in ("color", "backgroundColor"))
        assert abs(ink - paper) > 0.6
        assert (ink > paper) == is_dark
