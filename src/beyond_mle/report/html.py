"""An executed notebook as one self-contained HTML page: nothing is fetched, and formulas are MathML."""

from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

_TEMPLATE = Path(__file__).parent / "template"


class _Renderer(IPythonRenderer):
    """Markdown to HTML with formulas converted, where nbconvert leaves them to MathJax."""

    def inline_math(self, body: str) -> str:
        """A formula in the text."""
        return convert(body, display="inline")

    def block_math(self, body: str) -> str:
        """A formula on its own line."""
        return convert(body, display="block")

    def latex_environment(self, name: str, body: str) -> str:
        r"""A formula between \begin and \end."""
        return convert(rf"\begin{{{name}}}{body}\end{{{name}}}", display="block")


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
        page: what the template shows around it: title, preset, home, caveat, provenance.
    """
    exporter = _Exporter(extra_template_paths=[str(_TEMPLATE)], template_file="page.html.j2")
    notebook.metadata["title"] = page["title"]
    html, _ = exporter.from_notebook_node(notebook, resources={"page": page})
    return html
