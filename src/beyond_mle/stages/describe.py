"""Write what configurations may say: docs/options.md for people, config/schema.json for editors.

python -m beyond_mle describe

A configuration that begins with `# yaml-language-server: $schema=schema.json` is checked and completed by editors. With
--plugins the kinds of plug-ins are among the others, for files of your own:

python -m beyond_mle describe --plugins mine.py --options mine.md --schema mine.json
"""

import json
from pathlib import Path
from typing import Any

from beyond_mle.files import write_text
from beyond_mle.options_reference import markdown
from beyond_mle.plugins import load_plugins
from beyond_mle.schema import schema
from beyond_mle.stages import command_line


def main() -> None:
    """Write the files that the command line names."""
    parser = command_line.parser(__doc__)
    parser.add_argument("--options", type=Path, default=Path("docs/options.md"), help="what to write, in Markdown")
    parser.add_argument("--schema", type=Path, default=Path("config/schema.json"), help="what to write, in JSON")
    parser.add_argument("--plugins", nargs="*", help="plug-in files; given, installed plug-ins count too")
    arguments = parser.parse_args()
    if arguments.plugins is not None:
        load_plugins(arguments.plugins)
    write_text(arguments.options, markdown())
    write_text(arguments.schema, text_of(schema()))


def text_of(schema: dict[str, Any]) -> str:
    """A schema as JSON with a line per key and per definition: small, and lines that change are those that differ."""

    def lines(mapping: dict[str, Any], indent: str) -> str:
        rows = [f"{indent}{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in mapping.items()]
        return ",\n".join(rows)

    own = {key: value for key, value in schema.items() if key not in ("properties", "definitions")}
    parts = [f' "{part}": {{\n{lines(schema[part], "  ")}\n }}' for part in ("properties", "definitions")]
    return "{\n" + ",\n".join([lines(own, " "), *parts]) + "\n}\n"
