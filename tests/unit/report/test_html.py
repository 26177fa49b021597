import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from beyond_mle.report.html import to_html

PROVENANCE = {
    "notebook": "index.py",
    "commit": "0123456789ab",
    "versions": {"python": "3.11"},
    "device": "CPU",
    "seconds": 1.0,
    "inputs": [{"path": "a/b.csv", "sha256": "0123456789ab"}],
}


def render(*cells, **changes) -> BeautifulSoup:
    page = {
        "title": "A title",
        "preset": "smoke",
        "home": "index.html",
        "caveat": "",
        "provenance": PROVENANCE,
    }
    html = to_html(v4.new_notebook(cells=list(cells)), {**page, **changes})
    return BeautifulSoup(html, "html.parser")


def code(source: str, **metadata) -> dict:
    output = v4.new_output("display_data", {"text/html": '<p id="out">42</p>'})
    return v4.new_code_cell(source, outputs=[output], metadata=metadata, execution_count=1)


def test_nothing_is_fetched():
    soup = render(v4.new_markdown_cell("# A\n$x$"), code("1"))
    sources = [tag["src"] for tag in soup.find_all(src=True)]
    styles = [tag["href"] for tag in soup.find_all("link", href=True)]
    assert [url for url in sources + styles if not url.startswith("data:")] == []
    assert soup.find("script") is None
    assert "url(http" not in soup.text
    assert "@import" not in soup.text


@pytest.mark.parametrize(
    ("markdown", "display"),
    [
        ("text $q \\propto p^{1/(1-k/T)}$", "inline"),
        ("$$\\mathcal{L} = -\\mathbb{E}[f(g(p))]$$", "block"),
        ("\\begin{equation}\nx^2\n\\end{equation}", "block"),
    ],
)
def test_formulas_become_mathml(markdown, display):
    soup = render(v4.new_markdown_cell(markdown))
    assert soup.find("math")["display"] == display
    assert "$" not in soup.main.text
    assert "\\" not in soup.main.text


def test_code_is_folded_and_its_output_is_not():
    soup = render(code("secret = 42"))
    assert "secret" in soup.find("details", class_="code").text
    assert soup.find(id="out").find_parent("details") is None


def test_parameters_are_not_shown():
    soup = render(code("path = 'x'", tags=["parameters"]), code("path = 'y'", tags=["injected-parameters"]))
    assert "path" not in soup.main.text


def test_the_frame_shows_caveat_way_back_and_provenance():
    soup = render(caveat="Numbers mean <nothing>.")
    assert soup.title.text == "A title"
    assert soup.find(class_="caveat").text == "Numbers mean <nothing>."
    assert soup.header.a["href"] == "index.html"
    assert "0123456789ab" in soup.footer.text
    assert "a/b.csv" in soup.footer.text


def test_the_index_has_no_way_back_and_no_empty_banner():
    soup = render(home=None)
    assert soup.header.a is None
    assert soup.find(class_="caveat") is None
