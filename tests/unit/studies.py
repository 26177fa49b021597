"""A small study, and ways to change it."""

from copy import deepcopy
from typing import Any

SIZES = {"width": 8, "heads": 2, "feedforward": 8, "encoder_layers": 1, "decoder_layers": 1}
SMALL: dict[str, Any] = {
    "preset": "tiny",
    "seeds": [1, 2],
    "tasks": {"g": {"kind": "grammar"}},
    "models": {"transformer": SIZES},
    "objectives": {"mle-continued": {"kind": "mle"}},
    "solvers": {"first": {"kind": "minibatch", "steps": 2, "batch_size": 64, "learning_rate": 0.001}},
    "experiments": {
        "e": {
            "task": "g",
            "model": "transformer",
            "decoders": ["greedy"],
            "stages": {
                "first": {"objectives": ["mle"], "solver": "first"},
                "second": {
                    "objectives": ["mle-continued", {"convex-exp": {"order": 2}}],
                    "solver": "first",
                    "start_from": "mle",
                    "control": "mle-continued",
                },
            },
        }
    },
}


def changed(*changes: tuple[str, Any], base: dict[str, Any] = SMALL) -> dict[str, Any]:
    """The study with other values at these places, keys with dots between."""
    values = deepcopy(base)
    for path, value in changes:
        *parts, last = path.split(".")
        place: Any = values
        for part in parts:
            place = place[int(part) if isinstance(place, list) else part]
        place[int(last) if isinstance(place, list) else last] = value
    return values
