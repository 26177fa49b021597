"""The stages that run a trained model, as functions in one process."""

import json
import math

import pytest
import torch
from beyond_mle.decoding.corpus import decode_corpus
from beyond_mle.stages.decode import decode
from beyond_mle.stages.evaluate import evaluate
from beyond_mle.stages.score import score
from beyond_mle.text.task_data import TaskData
from beyond_mle.training import checkpoint

from beyond_mle import config
from beyond_mle.errors import UserError
from beyond_mle.files import read_jsonl, write_jsonl
from beyond_mle.stages import loading
from beyond_mle.symbols import EOS
from beyond_mle.text import vocabulary
from beyond_mle.text.encoded import EncodedPairs

STUDY = config.Study(
    preset="own",
    tasks={"grammar": {"kind": "grammar"}},
    models={"transformer": {"width": 8, "heads": 2, "encoder_layers": 1, "decoder_layers": 1, "feedforward": 8}},
    decoders={
        "greedy": {},
        "sample": {"max_extra": 5},
        "sample-2": {"kind": "sample", "max_extra": 5, "samples": 2},
        "sample-5": {"kind": "sample", "max_extra": 5, "samples": 5},
    },
    training={"first": {"steps": 1, "batch_tokens": 64, "learning_rate": 0.001, "device": "cpu"}},
    evaluation={"batch_size": 2, "enumerate_sources": 2},
    experiments=[
        {
            "task": "grammar",
            "model": "transformer",
            "decoders": ["greedy"],
            "stages": [{"objectives": ["mle"], "training": "first"}],
        }
    ],
)
RUN = config.find_run(STUDY, "grammar/transformer/mle/seed1")
PAIRS = [("a b", "b a"), ("a", "a"), ("b c a", "a c b")]
TRUTH = [{"outputs": [target, "c"], "log_p": [math.log(0.75), math.log(0.25)]} for _, target in PAIRS]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A prepared task, and weights of an untrained model."""
    folder = tmp_path_factory.mktemp("world")
    sources, targets = zip(*PAIRS, strict=True)
    tokenizer = vocabulary.train([*sources, *targets], vocabulary.VocabularyOptions(kind="words"))
    vocabulary.save(tokenizer, folder / "vocabulary.json")
    encoded = [[*ids, EOS] for ids in vocabulary.encode(tokenizer, sources)]
    EncodedPairs.from_pairs(encoded, vocabulary.encode(tokenizer, targets)).save(folder / "test.npz")
    write_jsonl(folder / "test.jsonl", ({"source": source, "targets": [target]} for source, target in PAIRS))
    write_jsonl(folder / "truth.jsonl", TRUTH)
    model = loading.new_model(STUDY, RUN, TaskData(folder))
    checkpoint.save_weights(folder / "model.safetensors", checkpoint.copy_weights(model))
    return folder


def decoded(world, decoder, tmp_path):
    output = tmp_path / f"{decoder}.jsonl"
    decode(STUDY, RUN, decoder, world, world / "model.safetensors", output)
    return [row["outputs"] for row in read_jsonl(output)]


def test_a_deterministic_decoder_gives_one_output_in_the_order_of_the_sources(world, tmp_path):
    data = TaskData(world)
    model = loading.trained_model(STUDY, RUN, data, world / "model.safetensors")
    outputs = decode_corpus(loading.decoder(STUDY, "greedy"), model, data.pairs("test").sources(), 1)
    assert decoded(world, "greedy", tmp_path) == [[text] for text in data.decode(outputs)]


def test_a_sampling_decoder_gives_as_many_as_it_is_told(world, tmp_path):
    one, two, five = (decoded(world, name, tmp_path) for name in ("sample", "sample-2", "sample-5"))
    assert [len(outputs) for outputs in (*one, *two, *five)] == [1] * 3 + [2] * 3 + [5] * 3
    assert len({tuple(column) for column in zip(*five, strict=True)}) == 5, "the passes drew the same numbers"
    assert [outputs[:1] for outputs in five] == one
    assert [outputs[:2] for outputs in five] == two
    assert decoded(world, "sample-5", tmp_path) == five


def test_samples_are_scored_in_the_same_process(world, tmp_path):
    outputs = decoded(world, "sample-5", tmp_path)
    metrics = score(STUDY, RUN, world, tmp_path / "sample-5.jsonl", None)["metrics"]
    distinct = [len(set(texts)) for texts in outputs]
    assert metrics["distinct-outputs"] == pytest.approx(sum(distinct) / len(distinct))
    valid = [text in row["outputs"] for row, texts in zip(TRUTH, outputs, strict=True) for text in texts]
    assert metrics["validity"] == pytest.approx(100 * sum(valid) / len(valid))


def test_evaluation_compares_the_model_with_p(world, tmp_path):
    evaluate(STUDY, RUN, world, world / "model.safetensors", tmp_path / "model.json")
    metrics = json.loads((tmp_path / "model.json").read_text())["metrics"]
    data = TaskData(world)
    model = loading.trained_model(STUDY, RUN, data, world / "model.safetensors")
    q_mode, distances = [], []
    for row, truth in list(enumerate(TRUTH))[:2]:
        source = data.pairs("test").source(row)
        pairs = EncodedPairs.from_pairs([source] * 2, data.encode(truth["outputs"]))
        with torch.inference_mode():
            q = model.log_prob(pairs.batch(torch.arange(2).numpy())).joint_B.exp().tolist()
        p = [0.75, 0.25]
        q_mode.append(q[0])
        distances.append((sum(abs(a - b) for a, b in zip(p, q, strict=True)) + 1 - sum(q)) / 2)
    assert metrics["q-mode"] == pytest.approx(sum(q_mode) / 2, rel=1e-5)
    assert metrics["total-variation"] == pytest.approx(sum(distances) / 2, rel=1e-5)
    assert 0 < metrics["js"] < math.log(2)
    assert metrics.keys() >= {"nll", "kl", "support-mass"}


def test_missing_weights_leave_no_file(world, tmp_path):
    for stage in (
        lambda output: decode(STUDY, RUN, "greedy", world, tmp_path / "none", output),
        lambda output: evaluate(STUDY, RUN, world, tmp_path / "none", output),
    ):
        with pytest.raises(UserError, match="no such checkpoint"):
            stage(tmp_path / "output")
        assert not (tmp_path / "output").exists()
