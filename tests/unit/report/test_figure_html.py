import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from pandas import DataFrame

from beyond_mle.report import figure_html, figures

DATA = DataFrame({"name": ["a", "b"], "mean": [1.0, 2.0]})


@pytest.fixture
def panels() -> Figure:
    """Two panels with shared axes."""
    figure = Figure()
    for axis, title in zip(figure.subplots(1, 2, sharey=True), ("CTC", r"$\pi$ = 0.1"), strict=True):
        axis.plot([1, 2], [3, 4], label="convex-exp")
        axis.set(title=title, xlabel="order")
    figure.axes[0].set_ylabel("BLEU")
    figures.legend(figure, {"convex-exp": figure.axes[0].lines[0]})
    return figure


def test_a_shown_figure_is_embedded_described_and_leads_to_its_files(panels, tmp_path):
    stem = tmp_path / "figures" / "table1" / "entropy"
    html = figure_html.show(panels, DATA, stem, 'Entropy, "H".', place="Shao et al. 2023, Figure 2").data
    soup = BeautifulSoup(html, "html.parser")
    assert soup.img["src"].startswith("data:image/svg+xml;charset=utf-8,%3C?xml")
    assert (
        soup.img["alt"]
        == 'Entropy, "H". 2 panels. Titles: CTC; pi = 0.1. Axes: BLEU against order. Series: convex-exp.'
    )
    links = {a.text: a["href"] for a in soup.find_all("a")}
    assert links == {
        "Data (CSV)": "figures/table1/entropy.csv",
        "SVG": "figures/table1/entropy.svg",
        "Source": "#source",
        "Command": "#command",
    }
    assert all((tmp_path / links[name]).exists() for name in ("Data (CSV)", "SVG"))
    assert soup.find(class_="place").text == "Shao et al. 2023, Figure 2."


def test_a_figure_without_a_place_in_a_paper_names_none(panels, tmp_path):
    html = figure_html.show(panels, DATA, tmp_path / "figures" / "page" / "name", "Caption.").data
    assert BeautifulSoup(html, "html.parser").find(class_="place") is None


def test_names_along_an_axis_are_told_and_the_numbers_of_another_are_not():
    figure = Figure()
    figure.subplots().barh(["mle", "convex-exp"], [3, 4])
    assert figure_html.description(figure) == "1 panel. Along an axis: mle; convex-exp."


def test_what_stands_for_a_missing_figure_is_described_as_that():
    assert figure_html.description(figures.empty()) == "not measured in this study."
