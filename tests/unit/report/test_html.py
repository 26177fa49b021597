import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from beyond_mle.report.html import to_html

PROVENANCE = {
    "command": "./run snakemake page.html",
    "notebook": "index.py",
    "commit": "0123456789ab",
    "versions": {"python": "3.11"},
    "device": "CPU",
    "seconds": 1.0,
    "inputs": [{"path": "a/b.csv", "sha256": "0123456789ab"}],
}


def render(*cells, **changes) -> BeautifulSoup:
    page = {
        "name": "middle",
        "pages": {"index": "All results", "middle": "A <title>", "last": "The last"},
        "preset": "smoke",
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


def test_tables_of_the_text_have_head_cells_of_columns():
    soup = render(v4.new_markdown_cell("| a | b |\n|--:|---|\n| 1 | 2 |"))
    assert [(th.text, th["scope"], th.get("style")) for th in soup.main.find_all("th")] == [
        ("a", "col", "text-align: right"),
        ("b", "col", None),
    ]
    assert [td.text for td in soup.main.find_all("td")] == ["1", "2"]


def test_links_to_the_source_lead_to_the_cell_that_shows_them():
    link = v4.new_output("display_data", {"text/html": '<a class="source" href="#source">Source</a>'})
    cells = [v4.new_code_cell(text, outputs=[link], id=text) for text in ("one", "two")]
    soup = render(*cells)
    assert [soup.find(id=a["href"][1:]).text.strip() for a in soup.find_all("a", class_="source")] == ["one", "two"]


def test_code_is_apart_from_its_output():
    soup = render(code("secret = 42"))
    assert "secret" in soup.find(class_="code").text
    assert soup.find(id="out").find_parent(class_="code") is None
    assert len(soup.find_all("input", type="checkbox")) == 1


def test_parameters_are_not_shown():
    soup = render(code("path = 'x'", tags=["parameters"]), code("path = 'y'", tags=["injected-parameters"]))
    assert "path" not in soup.main.text


def test_the_frame_shows_caveat_and_provenance():
    soup = render(caveat="Numbers mean <nothing>.")
    assert soup.title.text == "A <title>"
    assert soup.find(class_="caveat").text == "Numbers mean <nothing>."
    assert "0123456789ab" in soup.footer.text
    assert "a/b.csv" in soup.footer.text
    assert soup.find(id="command").code.text == "./run snakemake page.html"


@pytest.mark.parametrize(
    ("name", "neighbours"),
    [
        ("index", {"next": "middle.html"}),
        ("middle", {"prev": "index.html", "next": "last.html"}),
        ("last", {"prev": "middle.html"}),
    ],
)
def test_every_page_leads_to_all_and_to_its_neighbours(name, neighbours):
    soup = render(name=name)
    links = soup.header.ol.find_all("a")
    assert [a["href"] for a in links] == ["index.html", "middle.html", "last.html"]
    assert [a["href"] for a in links if a.get("aria-current") == "page"] == [f"{name}.html"]
    assert {a["rel"][0]: a["href"] for a in soup.footer.nav.find_all("a")} == neighbours


def test_there_is_no_empty_banner():
    assert render().find(class_="caveat") is None
