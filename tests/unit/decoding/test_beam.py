import pytest
import torch
from toy_models import ToyStepwise, all_outputs, random_sources

from beyond_mle.decoding.beam import Beam, beam_search
from beyond_mle.decoding.greedy import Greedy
from beyond_mle.symbols import EOS
from beyond_mle.text.padding import pad

PENALTIES = [0.0, 0.6, 1.0, 2.0]


def search(model, sources, limit, size, penalty, min_length=0):
    limit_B = torch.as_tensor(limit).expand(len(sources))
    return beam_search(model, pad(sources), limit_B, size, penalty, min_length)


def beam_by_hand(model, source, limit, size, penalty):
    """The textbook loop for one sentence, without any early stop."""
    live, finished = [((), 0.0)], []
    for length in range(limit + 1):
        ends, continuations = [], []
        for tokens, total in live:
            for token, log_prob in enumerate(model.next_log_probs(source, tokens).tolist()):
                if token == EOS:
                    ends.append((tokens, total + log_prob))
                elif log_prob > -torch.inf and length < limit:
                    continuations.append(((*tokens, token), total + log_prob))
        considered = sorted(ends + continuations, key=lambda pair: -pair[1])[:size]
        finished += [
            (list(tokens), total / (length + 1) ** penalty) for tokens, total in ends if (tokens, total) in considered
        ]
        live = sorted(continuations, key=lambda pair: -pair[1])[:size]
    return sorted(finished, key=lambda pair: -pair[1])[:size]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_beam_as_wide_as_the_tree_is_exhaustive_search(penalty):
    model, sources, limit = ToyStepwise(), random_sources(4), 4
    outputs = all_outputs(limit)
    found = search(model, sources, limit, len(outputs), penalty)
    for source, hypotheses in zip(sources, found, strict=True):
        scores = {y: model.log_prob(source, y) / (len(y) + 1) ** penalty for y in outputs}
        ranked = sorted(outputs, key=lambda y: -scores[y])
        assert [tuple(h.tokens) for h in hypotheses] == ranked
        assert [h.score for h in hypotheses] == pytest.approx([scores[y] for y in ranked], abs=1e-5)


def test_no_output_is_shorter_than_allowed():
    model, sources, limit = ToyStepwise(), random_sources(4), 4
    outputs = [y for y in all_outputs(limit) if len(y) >= 2]
    found = search(model, sources, limit, len(outputs), penalty=0.0, min_length=2)
    for source, hypotheses in zip(sources, found, strict=True):
        ranked = sorted(outputs, key=lambda y: -model.log_prob(source, y))
        assert [tuple(h.tokens) for h in hypotheses] == ranked


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("sharpness", [0.5, 3.0])
def test_early_stop_and_batching_change_nothing(size, penalty, sharpness):
    model, sources = ToyStepwise(size, sharpness), random_sources(25, size)
    limits = torch.tensor([1 + 3 * (len(source) % 4) for source in sources])
    found = search(model, sources, limits, size, penalty)
    for source, limit, hypotheses in zip(sources, limits.tolist(), found, strict=True):
        expected = beam_by_hand(model, source, limit, size, penalty)
        assert [h.tokens for h in hypotheses] == [tokens for tokens, _ in expected]
        assert [h.score for h in hypotheses] == pytest.approx([score for _, score in expected], abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_size_one_is_greedy(seed):
    model, source_BS = ToyStepwise(seed), pad(random_sources(40, seed))
    limit = {"max_ratio": 0.5, "max_extra": 1}
    beam, greedy = Beam(Beam.Options(size=1, **limit)), Greedy(Greedy.Options(**limit))
    assert beam.decode(model, source_BS) == greedy.decode(model, source_BS)


def test_padding_and_batch_do_not_matter():
    model, sources = ToyStepwise(), random_sources(20)
    beam = Beam(Beam.Options(size=3, length_penalty=1.0))
    together = beam.decode(model, torch.nn.functional.pad(pad(sources), (0, 3)))
    assert together == [beam.decode(model, pad([source]))[0] for source in sources]


def test_a_wider_beam_finds_a_likelier_output_on_average():
    model, sources = ToyStepwise(sharpness=1.0), random_sources(60)
    best = {size: [h[0].score for h in search(model, sources, 4, size, 0.0)] for size in (1, 5)}
    assert sum(best[5]) > sum(best[1])


def test_stops_as_soon_as_nothing_better_can_come():
    model = ToyStepwise()
    model.table[:] = torch.tensor([0, 0, 0.9, 0.05, 0.03, 0.02]).log()
    [[best, *_]] = search(model, [[4, EOS]], 20, 2, 0.0)
    assert best.tokens == []
    assert model.steps == 2  # the second finished hypothesis, .05·.9, beats every live one


def test_outputs_that_cannot_end_are_not_returned():
    model = ToyStepwise()
    model.table[..., EOS] = -torch.inf
    assert search(model, [[4, EOS]], 3, 2, 0.0) == [[]]
    assert Beam(Beam.Options(size=2)).decode(model, pad([[4, EOS]])) == [[]]
