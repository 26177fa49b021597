"""Outputs by the command line: of every kind of decoder, in the order of the sources."""

import pytest

from beyond_mle.decoding.text_decoder import decode_corpus
from beyond_mle.jobs import find_job
from beyond_mle.outputs import read_outputs
from beyond_mle.stages.fitted import fitted

MLE = "g/transformer/mle/seed1"
DUEL = "plane/plane-generator/js-adversarial/seed1"


def test_a_deterministic_decoder_gives_one_output_per_source_in_their_order(finished):
    job = find_job(finished.study, MLE)
    with fitted(job, finished.layout) as found:
        one_by_one = decode_corpus(
            job.decoders["greedy"].make(), found.load()[0], found.data.pairs("test").sources(), 1
        )
        expected = [[text] for text in found.data.decode(one_by_one)]
    assert read_outputs(finished.layout.outputs(MLE, "greedy")) == expected


def test_a_sampling_decoder_gives_as_many_as_it_is_told_of_which_fewer_are_the_first(finished):
    three = read_outputs(finished.layout.outputs(MLE, "sample"))
    assert [len(texts) for texts in three] == [3] * len(three)
    assert len({tuple(column) for column in zip(*three, strict=True)}) == 3, "the passes drew the same numbers"
    decoders = {**finished.values["decoders"], "sample": {"samples": 2, "max_extra": 4}}
    finished.values = {**finished.values, "decoders": decoders}
    finished.save()
    finished.run("sample", run=MLE, decoder="sample")
    assert read_outputs(finished.layout.outputs(MLE, "sample")) == [texts[:2] for texts in three]


def test_the_most_likely_output_of_the_oracle_is_the_mode(finished):
    job = find_job(finished.study, "g/oracle/mle/seed1")
    with fitted(job, finished.layout) as found:
        modes = [row["outputs"][:1] for row in found.data.truth()]
    assert read_outputs(finished.layout.outputs("g/oracle/mle/seed1", "exact")) == modes


def test_points_are_the_outputs_of_one_thing(finished):
    (points,) = read_outputs(finished.layout.outputs(DUEL, "points"))
    assert len(points) == 6
    assert all(len(point) == 2 for point in points)


def test_the_same_run_gives_the_same_samples(finished):
    for key, decoder in ((MLE, "sample"), (DUEL, "points")):
        before = finished.layout.outputs(key, decoder).read_bytes()
        finished.run("sample", run=key, decoder=decoder)
        assert finished.layout.outputs(key, decoder).read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"run": MLE, "decoder": "gredy"}, f"run '{MLE}' has no decoder 'gredy': did you mean 'greedy'?"),
        ({"run": "g/transformer/mle/seed2", "decoder": "greedy"}, "preset 'tiny' has no run 'g/transformer/mle/seed2'"),
    ],
)
def test_unknown_names_are_one_line(finished, options, message):
    assert finished.refused("sample", **options).startswith(message)


def test_a_run_that_is_not_trained_is_one_line_and_leaves_no_outputs(finished):
    output = finished.layout.outputs(MLE, "greedy")
    output.unlink()
    finished.layout.weights(MLE).unlink()
    assert "model.safetensors: no such checkpoint" in finished.refused("sample", run=MLE, decoder="greedy")
    finished.layout.summary(MLE).unlink()
    assert finished.refused("sample", run=MLE, decoder="greedy").endswith(f"train the run '{MLE}' first")
    assert not output.exists()


def test_decoders_are_for_runs_of_one_member(finished):
    experiments = finished.values["experiments"]
    finished.values = {
        **finished.values,
        "experiments": {**experiments, "knob": {**experiments["knob"], "decoders": ["points"]}},
    }
    finished.save()
    key = "plane/isotropic-gaussian/js/seed1"
    message = finished.refused("sample", run=key, decoder="points")
    assert message == f"run '{key}' has 3 members: decoders are for runs of one"
    assert not finished.layout.outputs(key, "points").exists()
