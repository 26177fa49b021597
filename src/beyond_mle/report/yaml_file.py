"""Reading the YAML files beside a study: published numbers and claims."""

from pathlib import Path
from typing import Any

import yaml

from beyond_mle.errors import UserError


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises:
        UserError: if the file is missing or does not parse.
    """
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
