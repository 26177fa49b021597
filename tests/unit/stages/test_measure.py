import math

import pytest
from beyond_mle.stages.score import score

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.files import write_jsonl
from beyond_mle.text.scoring import Scoring
from beyond_mle.yardsticks.overlap import overlap, overlap_metrics

STUDY = config.Study(
    preset="own",
    tasks={"grammar": {"kind": "grammar"}},
    models={"transformer": {}},
    objectives={},
    decoders={"greedy": {}, "sample": {"samples": 2}},
    training={"first": {"steps": 1, "batch_tokens": 1, "learning_rate": 1.0}},
    evaluation={"bootstrap_samples": 20},
    experiments=[
        {
            "task": "grammar",
            "model": "transformer",
            "decoders": ["greedy", "sample"],
            "stages": [{"objectives": ["mle", "convex-exp"], "training": "first", "control": "mle"}],
        }
    ],
)
RUN = config.find_run(STUDY, "grammar/transformer/convex-exp/seed1")
REFERENCES = [["a b c d e", "a b c e d"], ["f g h i"], ["k l m n"]]
TRUTH = [
    {"outputs": ["a b c d e", "a b c e d"], "log_p": [math.log(0.75), math.log(0.25)]},
    {"outputs": ["f g h i"], "log_p": [0.0]},
    {"outputs": ["k l m n", "n m l k"], "log_p": [math.log(0.5), math.log(0.5)]},
]
ONE = [["a b c d e"], ["f g x i"], ["n m l k"]]
TWO = [["a b c d e", "a b c e d"], ["f g x i", "f g h i"], ["n m l k", "n m l k"]]


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    write_jsonl(folder / "test.jsonl", ({"source": "s", "targets": targets} for targets in REFERENCES))
    write_jsonl(folder / "truth.jsonl", TRUTH)
    return folder


@pytest.fixture
def file(tmp_path):
    """Writes lines of outputs to a file."""

    def write(lines, name="decoded.jsonl"):
        write_jsonl(tmp_path / name, ({"outputs": outputs} for outputs in lines))
        return tmp_path / name

    return write


def test_one_output_per_source(data, file):
    scores = score(STUDY, RUN, data, file(ONE), None)
    metrics = scores["metrics"]
    flat = [outputs[0] for outputs in ONE]
    expected = overlap(flat, REFERENCES, overlap_metrics(Scoring(tokenise="none")))
    assert {name: metrics[name] for name in expected.metrics} == expected.metrics
    assert scores["signatures"] == expected.signatures
    assert metrics["validity"] == pytest.approx(200 / 3)
    assert metrics["mode-hit"] == pytest.approx(100 / 3)
    assert "distinct-1" in metrics
    assert not {"self-bleu", "distinct-outputs", "support-coverage"} & metrics.keys()
    assert scores["paired"] == {}


def test_several_outputs_are_scored_as_so_many_pairs(data, file):
    metrics = score(STUDY, RUN, data, file(TWO), None)["metrics"]
    flat = [text for texts in TWO for text in texts]
    doubled = [references for references in REFERENCES for _ in range(2)]
    expected = overlap(flat, doubled, overlap_metrics(Scoring(tokenise="none"))).metrics
    assert {name: metrics[name] for name in expected} == expected
    assert metrics["validity"] == pytest.approx(100 * 5 / 6)
    assert metrics["mode-hit"] == pytest.approx(100 * 2 / 6)
    assert metrics["log-p"] == pytest.approx((math.log(0.75) + math.log(0.25) + 2 * math.log(0.5)) / 5)
    assert metrics["distinct-outputs"] == pytest.approx(5 / 3)
    assert metrics["support-coverage"] == pytest.approx(100 * (1 + 1 + 0.5) / 3)


def test_repeating_every_output_changes_no_score_of_quality(data, file):
    once = score(STUDY, RUN, data, file(ONE), None)["metrics"]
    thrice = score(STUDY, RUN, data, file([texts * 3 for texts in ONE]), None)["metrics"]
    for name in ("bleu", "validity", "mode-hit", "log-p", "repetition"):
        assert thrice[name] == pytest.approx(once[name]), name
    assert thrice["distinct-outputs"] == 1


def test_only_single_outputs_are_compared_with_the_control_s(data, file):
    control = [["a b c d e"], ["f g h i"], ["k l m n"]]
    paired = score(STUDY, RUN, data, file(ONE), file(control, "control.jsonl"))["paired"]
    assert paired.keys() == {"bleu"}
    assert paired["bleu"]["control"] == "mle"
    assert paired["bleu"]["difference"] < 0
    doubled = [texts * 2 for texts in control]
    assert score(STUDY, RUN, data, file(TWO), file(doubled, "control.jsonl"))["paired"] == {}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (TWO[:2], r"decoded\.jsonl: 2 lines for 3 test sources; decode the run again"),
        ([*TWO[:2], ["k"]], r"decoded\.jsonl, line 3: 1 outputs instead of 2; decode"),
        ([*TWO[:2], []], r"decoded\.jsonl, line 3: no texts under 'outputs'; decode"),
        ([*TWO[:2], "kl"], "line 3: no texts"),
        ([*TWO[:2], ["k", 1]], "line 3: no texts"),
    ],
)
def test_a_file_of_another_shape_is_refused(data, file, lines, message):
    with pytest.raises(UserError, match=message):
        score(STUDY, RUN, data, file(lines), None)


def test_lines_of_another_format_are_refused(data, tmp_path):
    for number, line in enumerate([{"output": "a"}, "a"]):
        path = tmp_path / f"old{number}.jsonl"
        write_jsonl(path, [line] * 3)
        with pytest.raises(UserError, match="line 1: no texts under 'outputs'"):
            score(STUDY, RUN, data, path, None)


def test_the_control_must_have_one_output_too(data, file):
    with pytest.raises(UserError, match=r"control\.jsonl, line 1: 2 outputs instead of 1"):
        score(STUDY, RUN, data, file(ONE), file(TWO, "control.jsonl"))
