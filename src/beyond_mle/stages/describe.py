"""Write the reference of all options, and the JSON schema of configuration files.

python -m beyond_mle describe

A configuration that begins with `# yaml-language-server: $schema=schema.json` is checked and completed by editors. With
--plugins both know the kinds of plug-ins too; write them elsewhere then.
"""

import json
from pathlib import Path
from typing import Any

from beyond_mle.files import write_text
from beyond_mle.options_reference import reference
from beyond_mle.plugins import load_plugins
from beyond_mle.schema import study_schema
from beyond_mle.stages import command_line


def main() -> None:
    """Write both."""
    parser = command_line.parser(__doc__)
    parser.add_argument("--reference", type=Path, default=Path("docs/options.md"), help="Markdown; %(default)s")
    parser.add_argument("--schema", type=Path, default=Path("config/schema.json"), help="JSON; %(default)s")
    parser.add_argument("--plugins", nargs="*", help="plug-in files; with it, installed plug-ins count too")
    arguments = parser.parse_args()
    if arguments.plugins is not None:
        load_plugins(arguments.plugins)
    write_text(arguments.reference, reference())
    write_text(arguments.schema, schema_text())


def schema_text() -> str:
    """The schema as the file holds it: a line for each definition."""
    schema = study_schema()
    definitions = [f"  {json.dumps(name)}: {_line(one)}" for name, one in schema.pop("$defs").items()]
    rest = [f" {json.dumps(name)}: {_line(one)}" for name, one in schema.items()]
    inner = ",\n".join(definitions)
    return "{\n" + ",\n".join([*rest, f' "$defs": {{\n{inner}\n }}']) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
