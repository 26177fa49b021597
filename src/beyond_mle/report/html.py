"""An executed notebook as one self-contained HTML page: nothing is fetched, and formulas are MathML."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from beyond_mle.report.templates import FOLDER


class _Renderer(IPythonRenderer):
    """Markdown to HTML with formulas converted, where nbconvert leaves them to MathJax, and with accessible tables."""

    def inline_math(self, body: str) -> str:
        """A formula in the text."""
        return convert(body, display="inline")

    def block_math(self, body: str) -> str:
        """A formula on its own line."""
        return convert(body, display="block")

    def latex_environment(self, name: str, body: str) -> str:
        r"""A formula between \begin and \end."""
        return convert(rf"\begin{{{name}}}{body}\end{{{name}}}", display="block")

    def table(self, text: str) -> str:
        """A table of the text, which scrolls by itself like those of the report's own."""
        return f'<div class="scroll" tabindex="0"><table>{text}</table></div>'

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Its cells; a head cell is that of a column."""
        place = f' style="text-align: {align}"' if align else ""
        return f'<th scope="col"{place}>{text}</th>' if head else f"<td{place}>{text}</td>"


class _Exporter(HTMLExporter):
    """nbconvert's HTML with the page template of this package."""

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """The filter that the template applies to Markdown cells and outputs."""
        return MarkdownWithMath(renderer=_Renderer(escape=False, exclude_anchor_links=True)).render(source)


def to_html(notebook: NotebookNode, page: dict[str, Any]) -> str:
    """Render an executed notebook.

    Args:
        notebook: with its outputs.
        page: what the template shows around it: name, pages, preset, caveat, answer, provenance.
    """
    exporter = _Exporter(extra_template_paths=[str(FOLDER)], template_file="page.html.j2")
    notebook.metadata["title"] = page["pages"][page["name"]]
    html, _ = exporter.from_notebook_node(notebook, resources={"page": page})
    return html
