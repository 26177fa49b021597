"""What every decoder must do with every model that it can see: reproducible outputs within their limits."""

from collections.abc import Callable
from typing import Any

import pytest
import tiny
import torch
from torch.nn import functional as F

from beyond_mle.decoding.length_limit import LengthLimit
from beyond_mle.decoding.regression_decoder import RegressionDecoder
from beyond_mle.decoding.sampling import Draws
from beyond_mle.decoding.text_decoder import TextDecoder
from beyond_mle.registry import DECODERS
from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.text.padding import pad

PAIRS = tiny.with_decoder()
ON_TEXT = [pair for pair in PAIRS if issubclass(DECODERS[pair[3]], TextDecoder)]
ONE_OUTPUT = [pair for pair in ON_TEXT if not issubclass(DECODERS[pair[3]].Options, Draws)]


def each(pairs: list[tuple[str, str, str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pair", [pytest.param(pair, id=f"{pair[1]}/{pair[3]}") for pair in pairs])


class Setting:
    """A decoder, a model that it can see, and the test sources."""

    def __init__(self, label: str, parts: tiny.Parts):
        self.decoder: Any = parts.job.new_decoder(label, parts.objective)
        self.model, self.data = parts.model, parts.data

    @property
    def source_BS(self) -> torch.Tensor:
        return pad(self.data.pairs("test").sources())

    def decode(self, source_BS: torch.Tensor, seed: int = 1) -> list[list[int]]:
        return self.decoder.decode(self.model, source_BS, torch.Generator().manual_seed(seed))

    def outputs(self, batch_size: int = 2, generator: torch.Generator | None = None, **more: Any) -> list[list[Any]]:
        return self.decoder.outputs(self.model, self.data, "test", batch_size, generator, **more)


@pytest.fixture
def setting(pair: tuple[str, str, str, str], data_of: Callable[[str], Any]) -> Setting:
    task, model, objective, decoder = pair
    (solver, *_) = tiny.fitting_solvers(task, model, objective)
    job = tiny.make_job(task, model, objective, solver, (decoder,))
    return Setting(decoder, tiny.Parts(job, data_of(task)))


@each(PAIRS)
def test_equal_seeds_give_equal_outputs(setting: Setting) -> None:
    first, again = (setting.outputs(generator=torch.Generator().manual_seed(4)) for _ in range(2))
    assert first == again


@each(ON_TEXT)
def test_every_source_has_its_outputs_as_text(setting: Setting) -> None:
    outputs = setting.outputs()
    assert len(outputs) == len(setting.data.pairs("test"))
    assert all(len(texts) == setting.decoder.samples for texts in outputs)
    assert all(isinstance(text, str) for texts in outputs for text in texts)
    assert setting.outputs(limit=2) == setting.outputs()[:2] or setting.decoder.samples > 1
    assert len(setting.outputs(limit=2)) == 2


@each(ON_TEXT)
def test_progress_counts_every_pass_over_the_sources(setting: Setting) -> None:
    done: list[int] = []
    setting.outputs(progress=done.append)
    assert sum(done) == len(setting.data.pairs("test")) * setting.decoder.samples


@each(ON_TEXT)
def test_outputs_hold_no_boundary_symbols_and_keep_to_their_limits(setting: Setting) -> None:
    source_BS, options = setting.source_BS, setting.decoder.options
    outputs = setting.decode(source_BS)
    assert len(outputs) == len(source_BS)
    assert not {PAD, BOS, EOS} & {token for output in outputs for token in output}
    assert all(0 <= token < setting.data.spec.vocabulary_size for output in outputs for token in output)
    if isinstance(options, LengthLimit):
        limits = options.lengths(source_BS, setting.model).tolist()
        assert all(options.min_length <= len(output) <= limit for output, limit in zip(outputs, limits, strict=True))
    else:
        assert all(len(output) <= 128 for output in outputs)  # the models' positions


# The oracle's outputs have the lengths that they have.
@each([pair for pair in ON_TEXT if issubclass(DECODERS[pair[3]].Options, LengthLimit) and pair[1] != "oracle"])
def test_outputs_can_be_kept_short(setting: Setting) -> None:
    cls = type(setting.decoder)
    setting.decoder = cls(cls.Options(max_ratio=0, max_extra=2, min_length=2))
    assert {len(output) for output in setting.decode(setting.source_BS)} == {2}


@each(ONE_OUTPUT)
def test_padding_and_batch_do_not_matter(setting: Setting) -> None:
    source_BS = setting.source_BS
    together = setting.decode(source_BS)
    assert setting.decode(F.pad(source_BS, (0, 3), value=PAD)) == together
    alone = [setting.decode(row[row != PAD][None])[0] for row in source_BS]
    assert alone == together


@each([pair for pair in ON_TEXT if pair not in ONE_OUTPUT])
def test_a_sample_needs_a_generator(setting: Setting) -> None:
    with pytest.raises(ValueError, match="Generator"):
        setting.decoder.decode(setting.model, setting.source_BS)


@each([pair for pair in ON_TEXT if pair not in ONE_OUTPUT])
def test_samples_differ(setting: Setting) -> None:
    source_BS = setting.source_BS[:1].expand(60, -1)
    assert len(set(map(tuple, setting.decode(source_BS)))) > 1


@each([pair for pair in PAIRS if pair[3] == "parameters"])
def test_every_case_has_its_parameters(setting: Setting) -> None:
    outputs = setting.outputs()
    assert outputs == [[part.figures()] for part in setting.model.parts]
    assert setting.outputs(limit=1) == outputs[:1]


@each([pair for pair in PAIRS if issubclass(DECODERS[pair[3]], RegressionDecoder)])
def test_every_input_has_its_predictions(setting: Setting) -> None:
    done: list[int] = []
    outputs = setting.outputs(progress=done.append)
    assert sum(done) == len(outputs) == len(setting.data.split("test"))
    assert {len(own) for own in outputs} == {getattr(setting.decoder.options, "samples", 1)}
    assert torch.tensor(outputs).isfinite().all()
    assert len(setting.outputs(limit=2)) == 2


@each([pair for pair in PAIRS if pair[3] == "density-map"])
def test_a_map_of_a_density_has_a_density_for_each_place(setting: Setting) -> None:
    outputs, spec = setting.outputs(), setting.data.spec
    q_BG = torch.tensor([own["q"] for (own,) in outputs])
    assert q_BG.shape == (setting.decoder.options.inputs, setting.decoder.options.points)
    assert (q_BG >= 0).all()
    assert (q_BG.sum(1) * (spec.high - spec.low) / q_BG.shape[1] < 1.01).all()
    assert len({own["x"] for (own,) in outputs}) == len(outputs)


@each([pair for pair in PAIRS if pair[3] == "points"])
def test_points_are_finite_and_as_many_as_asked_for(setting: Setting) -> None:
    (points,) = setting.outputs(generator=torch.Generator().manual_seed(0))
    assert torch.tensor(points).shape == (setting.decoder.options.samples, setting.data.spec.dimensions)
    assert torch.tensor(points).isfinite().all()
