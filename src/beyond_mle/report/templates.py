"""HTML of the report from plain data, by the templates beside this file."""

from pathlib import Path

from IPython.display import HTML
from jinja2 import Environment, FileSystemLoader

from beyond_mle.report.cells import told
from beyond_mle.report.table_files import downloads

FOLDER = Path(__file__).parent / "template"
_ENVIRONMENT = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
_ENVIRONMENT.filters |= {"told": told, "downloads": downloads}


def fill(template: str, **parts: object) -> HTML:
    """A template's HTML.

    Args:
        template: the name of its file.
        parts: whatever it names.
    """
    return HTML(_ENVIRONMENT.get_template(template).render(parts).strip())
