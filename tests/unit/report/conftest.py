"""A small study with made-up results: two directions of translation with known p, and summaries."""

import json
from pathlib import Path

import pytest
import yaml

from beyond_mle import config

SMALL_MODEL = {"width": 8, "heads": 2, "feedforward": 16, "encoder_layers": 1, "decoder_layers": 1}
FIRST = {"objectives": ["mle"], "training": "short"}
SECOND = {
    "objectives": ["mle-continued", "convex-exp"],
    "training": "short",
    "start_from": "mle",
    "control": "mle-continued",
}
TABLE1, TABLE2, TABLE3 = "table1_autoregressive", "table2_summarization", "table3_nonautoregressive"
TRANSFORMER = {
    "task": "grammar-ab",
    "model": "transformer",
    "decoders": ["greedy", "beam5"],
    "pages": [TABLE1, TABLE3],
    "stages": [FIRST, {**SECOND, "objectives": ["mle-continued", "convex-exp", "convex-exp-k3"]}],
}
VANILLA_NAT = {
    "task": "grammar-ab",
    "model": "vanilla-nat",
    "decoders": ["single-pass"],
    "pages": [TABLE3],
    "objective_options": {"convex-exp": {"order": 3}},
    "stages": [FIRST, SECOND],
}
OTHER_DIRECTION = {"task": "grammar-ba", "seeds": [1, 2], "together": True, "stages": [FIRST, SECOND]}
SMOKE = yaml.safe_load((Path(__file__).parents[3] / "config" / "smoke.yaml").read_text())
STUDY = {
    "preset": "made-up",
    "adversarial": SMOKE["adversarial"],
    "illustration": SMOKE["illustration"],
    "theory": SMOKE["theory"],
    "caveat": "Made-up numbers.",
    "seeds": [1, 2, 3],
    "substitutes": {"grammar-ab": "wmt14-ende", "grammar-ba": "wmt14-deen", "grammar-summary": "cnndm"},
    "tasks": {
        "grammar-ab": {"kind": "grammar"},
        "grammar-ba": {"kind": "grammar", "direction": "ba"},
        "grammar-summary": {"kind": "grammar-summary"},
    },
    "models": {
        "transformer": {"kind": "transformer", **SMALL_MODEL},
        "vanilla-nat": {"kind": "vanilla-nat", **SMALL_MODEL},
    },
    "objectives": {
        "mle": {"kind": "mle"},
        "mle-continued": {"kind": "mle"},
        "convex-exp": {"kind": "convex-exp", "order": 1},
        "convex-exp-k3": {"kind": "convex-exp", "order": 3},
    },
    "decoders": {
        "greedy": {"kind": "greedy"},
        "beam5": {"kind": "beam"},
        "single-pass": {"kind": "single-pass"},
    },
    "training": {"short": {"steps": 40, "batch_tokens": 100, "learning_rate": 0.001}},
    "experiments": [
        TRANSFORMER,
        VANILLA_NAT,
        {**TRANSFORMER, **OTHER_DIRECTION},
        {**VANILLA_NAT, **OTHER_DIRECTION},
        {**TRANSFORMER, **OTHER_DIRECTION, "task": "grammar-summary", "pages": [TABLE2]},
    ],
}
# BLEU of seed 2 on grammar-ab, 10 less on the other tasks; seeds 1 and 3 lie 0.5 below and above, and 0.1 more for the
# second-stage runs. With beam search the spread is twice as large, so that gaps between searches spread too.
BLEU = {
    ("transformer", "mle"): {"greedy": 60.0, "beam5": 64.0},
    ("transformer", "mle-continued"): {"greedy": 61.0, "beam5": 65.0},
    ("transformer", "convex-exp"): {"greedy": 63.0, "beam5": 65.5},
    ("transformer", "convex-exp-k3"): {"greedy": 64.0, "beam5": 65.25},
    ("vanilla-nat", "mle"): {"single-pass": 20.0},
    ("vanilla-nat", "mle-continued"): {"single-pass": 22.0},
    ("vanilla-nat", "convex-exp"): {"single-pass": 40.0},
}
ENTROPY = {"mle": 0.5, "mle-continued": 0.45, "convex-exp": 0.4, "convex-exp-k3": 0.3}


@pytest.fixture
def study() -> config.Study:
    return config.check(STUDY)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder results/{preset} with every file that the report reads before tables are made."""
    folder = tmp_path / "results" / "made-up"
    write_results(folder)
    return folder


def write_results(folder: Path) -> None:
    """Write the made-up study and its results."""
    _write(folder / "study.yaml", yaml.safe_dump(STUDY))
    for run in config.runs(config.check(STUDY)):
        _write_run(folder / "runs" / run.key, run)
    counts = {"read": 100, "kept": 98, "dropped": {"too long": 2}}
    for task in STUDY["tasks"]:
        _write_json(folder / "truth" / f"{task}.json", _truth())
        _write_json(folder / "data" / task / "cleaning.json", {"train": counts, "test": counts})
    _write_json(folder / "speed" / "grammar-ab.json", _speeds())


def _write_run(folder: Path, run: config.Run) -> None:
    shift = run.seed - 2
    for decoder, bleu in BLEU[run.model, run.objective].items():
        spread = (0.6 if run.start_from else 0.5) * (2 if decoder == "beam5" else 1)
        value = bleu + shift * spread - (0 if run.task == "grammar-ab" else 10)
        metrics = {
            "bleu": value,
            "chrf": value + 5,
            "validity": 0.9 * value,
            "mode-hit": 0.5 * value,
            "log-p": -3.0,
        }
        if run.task == "grammar-summary":
            metrics |= {"rouge1": value + 2, "rouge2": value - 20, "rougel": value}
        against = {"control": run.control, "difference": 2.0, "low": 1.0, "high": 3.0, "p": 0.01}
        paired = {name: against for name in ("bleu", "rouge1") if run.control and name in metrics}
        _write_json(folder / "scores" / f"{decoder}.json", {"metrics": metrics, "signatures": {}, "paired": paired})
    entropy = ENTROPY[run.objective] + 0.01 * shift
    own = {"nll": 4 - entropy, "entropy": entropy, "kl": 0.1, "log-q-mode": -1.3 - entropy}
    _write_json(folder / "scores" / "model.json", {"metrics": own, "signatures": {}, "paired": {}})
    records = [{"step": step, "loss": 3 / step + 0.1 * shift} for step in (10, 20, 30, 40)]
    records += [{"step": step, "validation": 50 + step / 10 + shift} for step in (20, 40)]
    _write(folder / "training.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    _write_json(folder / "training.json", {"steps": 40, "parameters": 12345, "device": "CPU (made up)"})


def _truth() -> list[dict]:
    rows = [
        ("mode", None, "none", {"bleu": 80.0, "validity": 100.0, "mode-hit": 100.0, "log-p": -1.5}),
        ("sample", None, "none", {"bleu": 55.0, "validity": 100.0, "mode-hit": 20.0, "log-p": -3.5}),
    ]
    for order in (0.0, 1.0, 3.0):
        output = {"validity": 100.0, "mode-hit": 90.0 + order, "log-p": -1.6}
        rows += [
            ("closed-form", order, "greedy", {"bleu": 74.0 + order, **output}),
            ("closed-form", order, "exact", {"bleu": 80.0, **output}),
            (
                "closed-form",
                order,
                "none",
                {"sequence-entropy": 2 - order / 3, "kl": order / 9, "log-q-mode": order / 6 - 1.7},
            ),
        ]
    names = ("objective", "order", "decoder", "metrics")
    return [{"model": "truth", **dict(zip(names, row, strict=True))} for row in rows]


def _speeds() -> list[dict]:
    systems = [("transformer", "greedy", 200.0, 10.0), ("transformer", "beam5", 50.0, 30.0)]
    systems.append(("vanilla-nat", "single-pass", 1000.0, 2.0))
    return [
        {
            "model": model,
            "objective": "mle",
            "decoder": decoder,
            "batch": 64,
            "sentences_per_second": rate,
            "latency_ms": latency,
            "device": "CPU (made up)",
        }
        for model, decoder, rate, latency in systems
    ]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, value: object) -> None:
    _write(path, json.dumps(value))
