"""Fetch one file of the catalogue, from the mirror if there is one.

python -m beyond_mle download --name multi30k/train.en.gz --output results/sources/multi30k/train.en.gz
"""

from pathlib import Path

from beyond_mle.stages import command_line
from beyond_mle.text.download import fetch, read_catalogue


def main() -> None:
    """Run the command line."""
    parser = command_line.parser(__doc__, "output")
    parser.add_argument("--catalogue", type=Path, default=Path("config/sources.yaml"))
    parser.add_argument("--name", required=True, help="the file's name in the catalogue")
    parser.add_argument("--mirror", help="a folder that holds the files; BEYOND_MLE_MIRROR takes precedence")
    arguments = parser.parse_args()
    mirror = command_line.mirror(arguments.mirror)
    catalogue = read_catalogue(arguments.catalogue)
    fetch(arguments.name, arguments.output, catalogue, mirror)
    origin = f"mirror {mirror}" if mirror else catalogue[arguments.name].url
    print(f"{arguments.name}: {arguments.output.stat().st_size} bytes from {origin}, checksum verified")
    print(f"licence: {catalogue[arguments.name].licence}")
