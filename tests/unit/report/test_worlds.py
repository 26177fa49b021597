import inspect

import pytest
from bs4 import BeautifulSoup

from beyond_mle.capabilities import KnownOutputs, implements
from beyond_mle.registry import TASKS
from beyond_mle.report.page import Page
from beyond_mle.report.sources import quoted

pytestmark = pytest.mark.usefixtures("at_root")


def soup(study, finished, page: str) -> BeautifulSoup:
    return BeautifulSoup(Page(page, study, finished).worlds().data, "html.parser")


def test_tasks_of_one_kind_are_introduced_once_each_by_an_example(study, finished):
    found = soup(study, finished, "modality_and_length")
    first_words = inspect.getdoc(TASKS["grammar"]).split(":")[0]
    assert found.text.count(first_words) == 1
    titles = [details.summary.text.strip() for details in found.find_all("details")]
    assert len(titles) == len(set(titles)) == len(Page("modality_and_length", study, finished).tasks)


def test_an_example_says_the_same_in_every_style(study, finished):
    page = Page("modality_and_length", study, finished)
    shown = soup(study, finished, "modality_and_length").find_all("details")
    for details, data in zip(shown, page.data(object).values(), strict=True):
        source = next((one for one in quoted(data, 1) if one.garden_path), quoted(data, 1)[0])
        rows = [[cell.text for cell in tr.find_all("td")] for tr in details.table.tbody.find_all("tr")]
        assert source.text in details.dl.text
        assert {text for _, text, _ in rows} <= set(source.truth["outputs"])
        assert sum(float(odds.removesuffix("\N{NO-BREAK SPACE}%")) for *_, odds in rows) == pytest.approx(100, abs=0.2)


def test_the_example_is_the_first_garden_path(study, finished):
    found = soup(study, finished, "table1_autoregressive")
    (data,) = Page("table1_autoregressive", study, finished).data(object).values()
    path = next(source for source in quoted(data, 1) if source.garden_path)
    assert path.text in found.dl.text
    assert "garden path" in found.text
    assert f"{100 * path.garden_path.p_mode:.3g}\N{NO-BREAK SPACE}%" in found.text


@pytest.mark.parametrize(("page", "kind"), [("plane-fits", "plane"), ("finite-fits", "strings")])
def test_a_world_that_is_not_of_text_has_its_prose_alone(study, finished, page, kind):
    found = soup(study, finished, page)
    assert inspect.getdoc(TASKS[kind]).split(",")[0] in found.text
    assert not found.find("details")


def test_quoted_sources_are_the_first_and_the_first_garden_path_if_none_of_them_is_one(study, finished):
    for data in Page("modality_and_length", study, finished).data(object).values():
        assert implements(type(data), KnownOutputs)
        for first in (1, 2, 3):
            found = quoted(data, first)
            assert [source.index for source in found[:first]] == list(range(first))
            assert all(source.garden_path for source in found[first:])
            assert not found[first:] or not any(source.garden_path for source in found[:first])
