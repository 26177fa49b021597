"""HTML of the report from plain data, by the templates beside this file."""

from pathlib import Path

from IPython.display import HTML
from jinja2 import Environment, FileSystemLoader

FOLDER = Path(__file__).parent / "template"
_ENVIRONMENT = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)


def fill(template: str, **parts: object) -> HTML:
    """A template's HTML.

    Args:
        template: the name of its file.
        parts: whatever it names.
    """
    return HTML(_ENVIRONMENT.get_template(template).render(parts).strip())
