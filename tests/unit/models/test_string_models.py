"""The two models of finite languages."""

import pytest
import torch

from beyond_mle.registry import MODELS
from beyond_mle.tasks.strings import FiniteLanguage, LanguageData, StringsOptions
from beyond_mle.types import Strings

KINDS = ["tabular", "string-network"]
LANGUAGES = [StringsOptions(symbols=[2, 3]), StringsOptions(symbols=[2, 2, 2], shortest=1), StringsOptions(symbols=[4])]


def make(kind: str, options: StringsOptions) -> tuple[torch.nn.Module, FiniteLanguage]:
    torch.manual_seed(3)
    language = FiniteLanguage(options)
    model = MODELS[kind](MODELS[kind].Options(), LanguageData(language).spec)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model, language


def everything(language: FiniteLanguage) -> Strings:
    return Strings(torch.arange(len(language.support)))


@pytest.mark.parametrize("options", LANGUAGES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_the_probabilities_of_all_strings_sum_to_one(kind, options):
    model, language = make(kind, options)
    log_prob = model.log_prob(everything(language))
    assert float(log_prob.total_B.exp().sum().detach()) == pytest.approx(1, abs=1e-12)
    assert log_prob.length_B.tolist() == language.length_N.tolist()
    assert (log_prob.certainty, log_prob.boundary) == ("exact", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_any_strings_in_any_order(kind):
    model, language = make(kind, LANGUAGES[1])
    chosen = torch.tensor([5, 0, 5, 13])
    log_prob = model.log_prob(Strings(chosen))
    torch.testing.assert_close(log_prob.total_B, model.log_prob(everything(language)).total_B[chosen])
    assert log_prob.length_B.tolist() == [language.length_N[i] for i in chosen]


@pytest.mark.parametrize("kind", KINDS)
def test_they_compute_in_double_precision(kind):
    model, language = make(kind, LANGUAGES[0])
    assert model.log_prob(everything(language)).total_B.dtype == torch.float64


def test_the_network_is_causal():
    """q(x_1) does not depend on what follows: strings with the same first symbol share that factor."""
    model, _ = make("string-network", StringsOptions(symbols=[2, 2, 2]))
    q = model.log_prob(Strings(torch.arange(8))).total_B.exp().reshape(2, 2, 2)
    features = model.features_PF[:3]  # the empty prefix, then (0,) and (0, 0)
    first_V = model.layers(features[:1]).masked_fill(~model.allowed_PV[:1], float("-inf")).softmax(1)[0]
    torch.testing.assert_close(q.sum((1, 2)), first_V[:2])
    assert not features[0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_gets_a_gradient(kind):
    model, language = make(kind, LANGUAGES[1])
    (torch.tensor(language.p_N) * model.log_prob(everything(language)).total_B).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())
