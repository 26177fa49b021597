import pytest
import torch
from toy_models import ToyStepwise, random_sources

from beyond_mle.decoding.greedy import Greedy
from beyond_mle.symbols import EOS
from beyond_mle.text.padding import pad


def greedy_by_hand(model, source, limit, min_length):
    tokens = ()
    while len(tokens) < limit:
        log_probs = model.next_log_probs(source, tokens).clone()
        if len(tokens) < min_length:
            log_probs[EOS] = -torch.inf
        best = int(log_probs.argmax())
        if best == EOS:
            break
        tokens = (*tokens, best)
    return list(tokens)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("min_length", [0, 1, 2])
def test_batch_is_the_argmax_at_every_step_of_every_sentence(seed, min_length):
    model, sources = ToyStepwise(seed), random_sources(40, seed)
    outputs = Greedy(Greedy.Options(max_ratio=0.5, max_extra=2, min_length=min_length)).decode(model, pad(sources))
    expected = [greedy_by_hand(model, source, int(0.5 * len(source)) + 2, min_length) for source in sources]
    assert outputs == expected
    assert min(map(len, outputs)) >= min_length
    assert len({len(output) for output in outputs}) > 2  # rows left the batch at different steps


def test_padding_and_batch_do_not_matter():
    model, sources = ToyStepwise(), random_sources(20)
    greedy = Greedy(Greedy.Options())
    together = greedy.decode(model, torch.nn.functional.pad(pad(sources), (0, 3)))
    assert together == [greedy.decode(model, pad([source]))[0] for source in sources]


def test_decoding_stops_with_the_last_open_sentence():
    model = ToyStepwise()
    [output] = Greedy(Greedy.Options(max_ratio=0, max_extra=30)).decode(model, pad([[4, EOS]]))
    assert model.steps == len(output) + 1
