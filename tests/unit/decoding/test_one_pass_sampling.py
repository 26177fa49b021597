import itertools

import pytest
import torch
from toy_models import N_SOURCES, WORDS, ToyOnePass, assert_frequencies, random_sources

from beyond_mle.decoding.one_pass_sampling import OnePassSampling
from beyond_mle.models.cmlm import CMLM
from beyond_mle.models.vanilla_nat import VanillaNAT
from beyond_mle.symbols import EOS, PAD, UNK
from beyond_mle.text.padding import pad
from beyond_mle.types import TextBatch, TextSpec


def sampling(temperature: float = 1.0) -> OnePassSampling:
    return OnePassSampling(OnePassSampling.Options(temperature=temperature))


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_frequencies_are_the_exact_probabilities(temperature):
    model, source, n = ToyOnePass(longest=3, possible=(1, 3)), [4, 5, EOS], 20_000
    code = sum(source) % N_SOURCES
    probability = {}
    for length in (1, 3):
        token_TV = (model.words[code, length, :length].double() / temperature).softmax(1)
        for words in itertools.product(WORDS, repeat=length):
            tokens = float(torch.stack([token_TV[t, word] for t, word in enumerate(words)]).prod())
            probability[words] = float(model.lengths[code, length].exp()) * tokens
    assert_frequencies(sampling(temperature).decode(model, pad([source] * n), seeded(1)), probability)


@pytest.mark.parametrize("kind", [VanillaNAT, CMLM])
def test_samples_come_from_the_model_s_own_log_prob(kind):
    torch.manual_seed(0)
    sizes = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
    model = kind(kind.Options(**sizes, max_length_offset=1), TextSpec(6)).eval()
    source, n = [4, EOS], 10_000  # lengths 1, 2, 3
    outputs = [words for length in (1, 2, 3) for words in itertools.product([UNK, 4, 5], repeat=length)]
    target_BT = torch.tensor([[*words, *[PAD] * (3 - len(words))] for words in outputs])
    with torch.no_grad():
        joint_B = model.log_prob(TextBatch(pad([source] * len(outputs)), target_BT)).joint_B
    probability = dict(zip(outputs, joint_B.double().exp().tolist(), strict=True))
    assert_frequencies(sampling().decode(model, pad([source] * n), seeded(2)), probability)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_equal_seeds_give_equal_samples_and_others_do_not():
    model, source_BS = ToyOnePass(), pad(random_sources(50))
    first, same, other = (sampling().decode(model, source_BS, seeded(seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_at_a_low_temperature_only_the_length_is_random():
    model, sources = ToyOnePass(), random_sources(50)
    for source, sample in zip(sources, sampling(1e-4).decode(model, pad(sources), seeded(3)), strict=True):
        table_TV = model.words[sum(source) % N_SOURCES, len(sample), : len(sample)]
        assert sample == table_TV.argmax(1).tolist()


@pytest.mark.parametrize("cut", [{"nucleus": 0.6}, {"cutoff": 0.3}])
def test_a_cut_is_of_the_tokens_and_not_of_the_length(cut):
    model, source = ToyOnePass(longest=3, possible=(1, 2, 3)), [4, 5, EOS]
    options = OnePassSampling.Options(**cut)
    code = sum(source) % N_SOURCES
    samples = OnePassSampling(options).decode(model, pad([source] * 500), seeded(1))
    assert {len(sample) for sample in samples} == {1, 2, 3}
    for length in (1, 2, 3):
        left_TV = options.cut(model.words[code, length, :length]).isfinite()
        drawn = [{sample[t] for sample in samples if len(sample) == length} for t in range(length)]
        assert drawn == [set(row.nonzero().flatten().tolist()) for row in left_TV]
        assert left_TV.sum() < 3 * length, "the cut should leave out something"


def test_needs_a_generator():
    with pytest.raises(ValueError, match="Generator"):
        sampling().decode(ToyOnePass(), pad([[*WORDS, EOS]]))
