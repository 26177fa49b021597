import pytest
import torch
from toy_models import N_SOURCES, WORDS, ToyOnePass, V, random_sources, source_code

from beyond_mle.decoding.mask_predict import MaskPredict, least_certain
from beyond_mle.decoding.single_pass import SinglePass
from beyond_mle.errors import UserError
from beyond_mle.models.cmlm import CMLM
from beyond_mle.options import parse
from beyond_mle.symbols import PAD, UNK
from beyond_mle.text.padding import pad
from beyond_mle.types import TextSpec


class ToyRefining(ToyOnePass):
    """Every shown token adds its own random row to the scores at every other position."""

    mask = UNK

    def __init__(self, seed: int = 0, influence: float = 1.5, longest: int = 6):
        super().__init__(seed, longest, possible=tuple(range(1, longest + 1)))
        self.words = self.words.double()
        generator = torch.Generator().manual_seed(seed + 1)
        self.influence = influence * torch.randn(longest, V, longest, V, generator=generator, dtype=torch.float64)
        self.influence[:, [PAD, UNK]] = 0
        self.calls = 0

    def token_log_probs(self, encoded, length_B):
        position_T = torch.arange(int(length_B.max()))
        return self.token_log_probs_given(encoded, torch.where(position_T < length_B[:, None], UNK, PAD))

    def token_log_probs_given(self, encoded, token_BT):
        self.calls += 1
        length_B, longest = (token_BT != PAD).sum(1), token_BT.shape[1]
        logits = self.words[source_code(encoded.source_BS), length_B, :longest]
        for u in range(longest):
            logits = logits + self.influence[u, token_BT[:, u], :longest]
        return logits.log_softmax(dim=2)


def refine(model: ToyRefining, source: list[int], length: int, passes: int) -> tuple[list[int], float]:
    """Mask-predict of one source and one length, as the paper's text has it: tokens and Σ log q / (T + 2)."""
    tokens, scores = [UNK] * length, [0.0] * length
    for i in range(passes):
        lowest = sorted(range(length), key=lambda t: (scores[t], t))[: int(length * (passes - i) / passes)]
        shown = [UNK if t in lowest else token for t, token in enumerate(tokens)]
        for t in range(length):
            if shown[t] == UNK:
                logits = model.words[sum(source) % N_SOURCES, length, t].clone()
                for u, token in enumerate(shown):
                    logits += model.influence[u, token, t]
                log_probs = logits.log_softmax(0)
                tokens[t] = max(WORDS, key=lambda word: float(log_probs[word]))
                scores[t] = float(log_probs[tokens[t]])
    return tokens, sum(scores) / (length + 2)


@pytest.mark.parametrize("length_beam", [1, 3])
@pytest.mark.parametrize("passes", [1, 2, 3, 4, 10])
def test_agrees_with_the_algorithm_written_out(passes, length_beam):
    model, sources = ToyRefining(), random_sources(40)
    outputs = MaskPredict(MaskPredict.Options(iterations=passes, length_beam=length_beam)).decode(model, pad(sources))
    assert model.calls == passes
    for source, output in zip(sources, outputs, strict=True):
        length_log_probs = model.lengths[sum(source) % N_SOURCES]
        lengths = sorted(range(1, 7), key=lambda length: -float(length_log_probs[length]))[:length_beam]
        assert output == max((refine(model, source, length, passes) for length in lengths), key=lambda pair: pair[1])[0]


def random_cmlm() -> CMLM:
    torch.manual_seed(0)
    sizes = dict(width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, max_positions=16)
    return CMLM(CMLM.Options(**sizes, max_length_offset=3), TextSpec(12)).eval()


@pytest.mark.parametrize("model", [ToyRefining(), random_cmlm()], ids=["toy", "cmlm"])
@pytest.mark.parametrize("length_beam", [1, 4])
def test_one_pass_is_single_pass(model, length_beam):
    source_BS = pad(random_sources(30))
    one = MaskPredict(MaskPredict.Options(iterations=1, length_beam=length_beam))
    single = SinglePass(SinglePass.Options(length_beam=length_beam))
    assert one.decode(model, source_BS) == single.decode(model, source_BS)


def test_further_passes_make_a_difference():
    model, source_BS = ToyRefining(), pad(random_sources(30))
    one, four = (MaskPredict(MaskPredict.Options(iterations=n)).decode(model, source_BS) for n in (1, 4))
    assert one != four


@pytest.mark.parametrize("model", [ToyRefining(), random_cmlm()], ids=["toy", "cmlm"])
def test_padding_and_batch_do_not_matter(model):
    sources, decoder = random_sources(20), MaskPredict(MaskPredict.Options(iterations=3))
    together = decoder.decode(model, torch.nn.functional.pad(pad(sources), (0, 2)))
    assert together == [decoder.decode(model, pad([source]))[0] for source in sources]


def test_of_equal_scores_the_first_is_hidden():
    score_RT = torch.tensor([[-1.0, -2.0, -1.0, 0.0], [-1.0, -1.0, -1.0, -1.0]])
    assert least_certain(score_RT, torch.tensor([2, 0])).tolist() == [[True, True, False, False], [False] * 4]


@pytest.mark.parametrize("name", ["iterations", "length_beam"])
def test_at_least_one_pass_and_one_length(name):
    with pytest.raises(UserError, match=rf"decoders.mask-predict.{name}"):
        parse(MaskPredict.Options, {name: 0}, "decoders.mask-predict")
