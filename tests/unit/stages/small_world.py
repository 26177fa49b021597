"""A study of three small worlds, and the command lines of its stages."""

import contextlib
import io
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from beyond_mle.config import check, resolved
from beyond_mle.errors import UserError
from beyond_mle.layout import Layout

ROOT = Path(__file__).parents[3]
SIZES = {"width": 8, "heads": 2, "feedforward": 8, "encoder_layers": 1, "decoder_layers": 1, "max_positions": 64}
STEPS = {"kind": "minibatch", "steps": 3, "batch_size": 64, "learning_rate": 0.01, "dev_items": 4, "device": "cpu"}
CLAIMS = """
ours:
  - wide: A broad fit is wider than a narrow one
    source: ours
    where: {task: plane, metric: sigma, is_global: true, pi: 0.05}
    minus: [{pi: 0.95}]
  - narrow: A broad fit is narrower than a narrow one
    source: ours
    expect: < 0
    where: {task: plane, metric: sigma, is_global: true, pi: 0.05}
    minus: [{pi: 0.95}]
  - absent: Nobody has measured this
    source: ours
    where: {task: other, metric: sigma}
"""
STUDY: dict[str, Any] = {
    "preset": "tiny",
    "caveat": "Numbers mean nothing.",
    "substitutes": {"g": "wmt14-ende"},
    "tasks": {
        "g": {"kind": "grammar", "train": 1500, "dev": 5, "test": 4, "styles": 2, "clause": 0, "adjective": 0},
        "plane": {"mixture_seed": None, "covariance": [[4, 0], [0, 0.25]], "grid_step": 0.3, "train": 300},
        "strings": {"symbols": [2, 2], "seed": 1},
    },
    "models": {"transformer": SIZES},
    "objectives": {"mle-continued": {"kind": "mle"}},
    "solvers": {
        "steps": STEPS,
        "duel": {**STEPS, "validation": None},
        "knob": {"kind": "minima", "along": "pi", "values": [0.05, 0.4, 0.95], "anchors": [0.05], "device": "cpu"},
        "exact": {"kind": "full-batch", "steps": 200, "device": "cpu"},
    },
    "decoders": {"sample": {"samples": 3, "max_extra": 4}, "greedy": {"max_extra": 4}, "points": {"samples": 6}},
    "yardsticks": {
        "sample-quality": {"samples": 500},
        "distance": {"sources": 3},
    },
    "checks": {"draws": 10},
    "evaluation": {"batch_size": 2, "speed_sentences": 2},
    "experiments": {
        "text": {
            "task": "g",
            "model": "transformer",
            "decoders": ["greedy", "sample"],
            "pages": ["table1_autoregressive"],
            "stages": {
                "first": {"objectives": ["mle"], "solver": "steps"},
                "second": {
                    "objectives": ["mle-continued", {"convex-exp": {"order": [1, 3]}}],
                    "solver": "steps",
                    "start_from": "mle",
                    "control": "mle-continued",
                },
            },
        },
        "oracle": {
            "task": "g",
            "model": "oracle",
            "decoders": ["exact"],
            "stages": {"p": {"objectives": ["mle"], "solver": "closed-form"}},
        },
        "knob": {
            "task": "plane",
            "model": "isotropic-gaussian",
            "stages": {"js": {"objectives": ["js"], "solver": "knob"}},
        },
        "duel": {
            "task": "plane",
            "model": "plane-generator",
            "decoders": ["points"],
            "stages": {"duel": {"objectives": ["js-adversarial"], "solver": "duel"}},
        },
        "strings": {
            "task": "strings",
            "model": "tabular",
            "stages": {"exact": {"objectives": [{"convex-exp": {"order": [0.5]}}], "solver": "exact"}},
        },
    },
}


@dataclass
class World:
    """The files of a study, and its stages."""

    folder: Path
    values: dict[str, Any]

    def __post_init__(self) -> None:
        self.study_file = self.folder / "study.yaml"
        self.layout = Layout(self.folder / "results")

    @property
    def study(self):
        """The checked study."""
        return check(self.values)

    def save(self) -> None:
        """Write the study's file."""
        (self.folder / "claims.yaml").write_text(CLAIMS)
        self.values.setdefault("claims", [str(self.folder / "claims.yaml")])
        self.study_file.write_text(resolved(self.study))

    def run(self, stage: str, **options: Any) -> str:
        """Run a stage by its command line, in this process; what it prints."""
        words = {"study": self.study_file, "results": self.layout.results, **options}
        return run(stage, **{name: word for name, word in words.items() if word is not None})

    def refused(self, stage: str, **options: Any) -> str:
        """The one line with which a stage refuses to do its work, leaving no half-written file."""
        with pytest.raises(UserError) as error:
            self.run(stage, **options)
        assert "\n" not in str(error.value)
        assert not list(self.folder.rglob("*.part"))
        return str(error.value)


def run(stage: str, **options: Any) -> str:
    """Run a stage by its command line; an option may be a list of words."""
    words = []
    for name, value in options.items():
        words += [f"--{name}", *(map(str, value) if isinstance(value, list) else [str(value)])]
    printed, before = io.StringIO(), sys.argv
    sys.argv = [stage, *words]
    try:
        with contextlib.redirect_stdout(printed):
            import_module(f"beyond_mle.stages.{stage}").main()
    finally:
        sys.argv = before
    return printed.getvalue()
