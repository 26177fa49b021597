"""Scores by the command line: every yardstick that applies, what is skipped and why, and comparisons."""

import json

import numpy as np
import pytest
import sacrebleu
import torch
from safetensors.torch import load_file

from beyond_mle.files import read_jsonl, write_jsonl
from beyond_mle.outputs import read_outputs
from beyond_mle.report import style
from beyond_mle.solvers.checkpoint import save_weights

MLE, CONTROL, CONVEX = (f"g/transformer/{name}/seed1" for name in ("mle", "mle-continued", "convex-exp,order=1"))
KNOB = "plane/isotropic-gaussian/js/seed1"
DUEL = "plane/plane-generator/js-adversarial/seed1"
STRINGS = "strings/tabular/convex-exp,order=0.5/seed1"


def scores(world, key: str) -> dict:
    return json.loads(world.layout.scores(key).read_text())


def values(world, key: str) -> dict[tuple[str, str], float]:
    found = scores(world, key)["scores"]
    assert len({(row["decoder"], row["metric"]) for row in found}) == len(found)
    return {(row["decoder"], row["metric"]): row["value"] for row in found}


def test_text_is_measured_by_its_outputs_and_by_its_probabilities(finished):
    found = values(finished, MLE)
    metrics = {
        decoder: {metric for own, metric in found if own == decoder} - {"log-p", "impossible"}
        for decoder in ("greedy", "sample", "none")
    }
    once = {"bleu", "validity", "mode-hit", "repetition", "distinct-1", "distinct-2"}
    assert metrics["greedy"] <= once
    assert {"bleu", "validity", "mode-hit", "repetition"} <= metrics["greedy"]
    assert {"support-coverage", "distinct-outputs"} <= metrics["sample"]
    distance = {"kl", "js", "total-variation", "q-mode", "log-q-mode", "support-mass"}
    assert metrics["none"] == {"nll", "nll-token", "entropy", *distance}
    assert scores(finished, MLE)["skipped"] == {}


def test_bleu_is_sacrebleu_s_of_the_files(finished):
    texts = [texts[0] for texts in read_outputs(finished.layout.outputs(MLE, "greedy"))]
    targets = [row["targets"] for row in read_jsonl(finished.layout.data("g") / "test.jsonl")]
    expected = sacrebleu.corpus_bleu(texts, list(zip(*targets, strict=True)), tokenize="none").score
    assert values(finished, MLE)["greedy", "bleu"] == pytest.approx(expected)
    assert "tok:none" in scores(finished, MLE)["signatures"]["bleu"]


def test_the_items_file_makes_up_the_scores(finished):
    found, checked = values(finished, MLE), set()
    with np.load(finished.layout.items(MLE)) as arrays:
        for name, items in arrays.items():
            decoder, metric = name.split("/")
            assert len(items) == (3 if metric in ("kl", "js") else len(items))
            (score,) = style.metric(metric).of_items(items, np.ones((1, len(items))))
            assert score == pytest.approx(found[decoder, metric]), name
            assert name in {row.get("items") for row in scores(finished, MLE)["scores"]}
            checked.add(metric)
    assert {"bleu", "validity", "nll", "nll-token", "entropy", "kl", "support-coverage"} <= checked


def test_the_oracle_is_at_no_distance_from_p_and_lacks_entropies_by_position(finished):
    found = values(finished, "g/oracle/mle/seed1")
    assert found["none", "kl"] == pytest.approx(0, abs=1e-7)
    assert found["none", "support-mass"] == pytest.approx(100)
    assert "sequence-entropy" in {metric for _, metric in found}
    assert scores(finished, "g/oracle/mle/seed1")["skipped"] == {"held-out": "needs entropies by position"}


def test_every_member_has_its_rows_with_its_labels(finished):
    rows = scores(finished, KNOB)["scores"]
    sigma = {row["pi"]: row["value"] for row in rows if row["metric"] == "sigma"}
    assert list(sigma) == [0.05, 0.4, 0.95]
    assert sigma[0.05] > sigma[0.95]
    js = {row["pi"]: row["value"] for row in rows if row["metric"] == "js"}
    recorded = {row["pi"]: row["loss"] for row in read_jsonl(finished.layout.training_log(KNOB))}
    assert js == pytest.approx(recorded)  # each at the π of its own member
    assert {row["branch"] for row in rows} == {0}
    with np.load(finished.layout.items(KNOB)) as arrays:
        assert not arrays.files


def test_what_a_yardstick_lacks_is_said(finished):
    assert scores(finished, DUEL)["skipped"] == {"density": "needs log-probabilities"}
    assert {metric for _, metric in values(finished, DUEL)} >= {"coverage", "quality", "kl-kernel", "js-kernel"}


def test_a_language_is_measured_against_its_optimum(finished):
    found = values(finished, STRINGS)
    assert found["none", "distance-from-optimum"] < 1e-4
    assert found["none", "kl"] == pytest.approx(found["none", "kl-optimum"], abs=1e-4)
    assert scores(finished, STRINGS)["skipped"] == {}


def test_a_yardstick_that_is_switched_off_is_neither_measured_nor_skipped(finished):
    finished.values = {**finished.values, "yardsticks": {"distance": False, "held-out": False, "diversity": False}}
    finished.save()
    finished.run("measure", run=MLE)
    left = {"bleu", "validity", "mode-hit", "log-p", "support-coverage"}
    assert {metric for _, metric in values(finished, MLE)} <= left
    assert scores(finished, MLE)["skipped"] == {}


def test_a_yardstick_that_fails_on_this_run_says_why(finished):
    weights = load_file(finished.layout.weights(DUEL))
    lost = {name: torch.full_like(tensor, torch.nan) for name, tensor in weights.items()}
    save_weights(finished.layout.weights(DUEL), lost)
    finished.run("measure", run=DUEL)
    assert scores(finished, DUEL)["skipped"]["sample-quality"] == "the model diverged: its samples are not finite"
    assert scores(finished, DUEL)["scores"] == []


def test_the_same_run_gives_the_same_bytes(finished):
    for key in (MLE, CONVEX, KNOB, DUEL):
        before = finished.layout.scores(key).read_bytes()
        finished.run("measure", run=key)
        assert finished.layout.scores(key).read_bytes() == before


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"outputs": ["a"]}, {"outputs": ["a", "b"]}], "line 2: 2 outputs instead of 1; sample again"),
        ([{"outputs": ["a"]}, {"outputs": []}], "line 2: nothing under 'outputs'; sample the run again"),
        ([{"output": ["a"]}], "line 1: nothing under 'outputs'"),
        (["a"], "line 1: nothing under 'outputs'"),
    ],
)
def test_outputs_of_another_format_are_one_line(finished, rows, message):
    before = finished.layout.scores(CONVEX).read_bytes()
    for key in (CONVEX, CONTROL):
        output = finished.layout.outputs(key, "greedy")
        kept = output.read_bytes()
        write_jsonl(output, rows)
        assert f"{output}, {message}" in finished.refused("measure", run=CONVEX)
        assert finished.layout.scores(CONVEX).read_bytes() == before
        output.write_bytes(kept)


def test_outputs_of_other_sources_are_one_line(finished):
    output = finished.layout.outputs(CONVEX, "greedy")
    write_jsonl(output, read_jsonl(output)[:2])
    assert finished.refused("measure", run=CONVEX) == f"{output}: 2 lines for 4 sources; sample the run again"


def test_missing_files_are_one_line_and_leave_no_scores(finished):
    finished.layout.scores(MLE).unlink()
    output = finished.layout.outputs(MLE, "sample")
    output.rename(output.with_suffix(".away"))
    assert "sample.jsonl: no such file" in finished.refused("measure", run=MLE)
    output.with_suffix(".away").rename(output)
    finished.layout.weights(MLE).unlink()
    assert "model.safetensors: no such checkpoint" in finished.refused("measure", run=MLE)
    finished.layout.summary(MLE).unlink()
    assert finished.refused("measure", run=MLE).endswith(f"no such file; train the run '{MLE}' first")
    assert not finished.layout.scores(MLE).exists()
