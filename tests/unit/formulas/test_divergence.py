"""Identities and limits of the divergences, on random distributions and against quadrature-free closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.formulas import divergence as d

ATOMS = 6
logits = st.lists(st.floats(-3, 3), min_size=ATOMS, max_size=ATOMS)
pis = st.floats(1e-3, 1 - 1e-3)
EXACT = dict(rtol=1e-9, atol=1e-9)
COUNTING = torch.zeros(ATOMS, dtype=torch.float64)

# Six atoms whose divergences are, to all digits given, those of a published check of equations 14 to 18.
P = torch.tensor([0.0129864852, 0.8183892804, 0.0449554218, 0.0176784036, 0.0158332031, 0.0901572059]).double()
Q = torch.tensor([0.1269380249, 0.6809047322, 0.1360437159, 0.0146008282, 0.0051311132, 0.0363815856]).double()


def distribution(values: list[float]) -> torch.Tensor:
    return torch.log_softmax(torch.tensor(values, dtype=torch.float64), 0)


@given(logits, logits, pis)
def test_divergences_are_not_negative_and_vanish_at_equality(a, b, pi):
    log_p, log_q = distribution(a), distribution(b)
    for measure in (d.kl, d.reverse_kl, d.chi_squared, lambda *x: d.js(*x, pi), lambda *x: d.renyi(*x, 0.7)):
        assert measure(log_p, log_q, COUNTING) >= -1e-12
        assert abs(measure(log_p, log_p, COUNTING)) < 1e-12


@given(logits, logits, pis)
def test_js_is_symmetric_up_to_pi_and_bounded_by_the_label(a, b, pi):
    log_p, log_q = distribution(a), distribution(b)
    js = d.js(log_p, log_q, COUNTING, pi)
    torch.testing.assert_close(js, d.js(log_q, log_p, COUNTING, 1 - pi), **EXACT)  # (13)
    assert js <= d.binary_entropy(pi) + 1e-12


@given(logits, logits, pis, logits)
def test_the_best_discriminator_gives_js_less_the_labels_entropy(a, b, pi, other):
    log_p, log_q = distribution(a), distribution(b)
    best = d.optimal_logit(log_p, log_q, pi)
    value = d.adversarial_value(best, log_p, log_q, COUNTING, pi)
    torch.testing.assert_close(value, d.js(log_p, log_q, COUNTING, pi) - d.binary_entropy(pi), **EXACT)
    worse = best + torch.tensor(other, dtype=torch.float64)
    assert d.adversarial_value(worse, log_p, log_q, COUNTING, pi) <= value + 1e-12


@given(logits, logits, pis)
def test_the_slope_of_js_in_pi_joins_the_two_kls(a, b, pi):
    """dJS_π/dπ = KL[P‖M] − KL[Q‖M] exactly, so KL[P‖Q] at π = 0 and −KL[Q‖P] at π = 1."""
    log_p, log_q = distribution(a), distribution(b)
    step = 1e-5 * min(pi, 1 - pi)
    slope = (d.js(log_p, log_q, COUNTING, pi + step) - d.js(log_p, log_q, COUNTING, pi - step)) / (2 * step)
    log_m = d.log_mixture(log_p, log_q, pi)
    exact = d.kl(log_p, log_m, COUNTING) - d.kl(log_q, log_m, COUNTING)
    torch.testing.assert_close(slope, exact, rtol=1e-5, atol=1e-5)
    for end, limit in ((0.0, d.kl(log_p, log_q, COUNTING)), (1.0, -d.reverse_kl(log_p, log_q, COUNTING))):
        log_end = log_q if end == 0 else log_p
        at_end = d.kl(log_p, log_end, COUNTING) - d.kl(log_q, log_end, COUNTING)
        torch.testing.assert_close(at_end, limit, **EXACT)


@given(logits, logits)
def test_the_remainder_after_the_chi_squared_term_is_of_third_order(a, b):
    log_p, log_q = distribution(a), distribution(b)
    for left, right, mirrored in ((log_p, log_q, False), (log_q, log_p, True)):
        kl, chi = d.kl(left, right, COUNTING), d.chi_squared(left, right, COUNTING)
        third = torch.sum((left.exp() - right.exp()).abs() ** 3 / right.exp() ** 2)
        for pi in (1e-2, 1e-3):
            js = d.js(log_p, log_q, COUNTING, 1 - pi if mirrored else pi)
            # Lagrange's remainder is π³/6 ∫ (P−Q)³/M² at some smaller π, and M is at least (1 − π) times `right`.
            assert abs(js - pi * kl + pi**2 / 2 * chi) <= pi**3 / 6 * third / (1 - pi) ** 2 + 1e-14


def test_the_published_check_of_equations_14_to_18():
    log_p, log_q = P.log(), Q.log()
    kl, reverse, chi = (f(log_p, log_q, COUNTING).item() for f in (d.kl, d.reverse_kl, d.chi_squared))
    assert kl == pytest.approx(0.1741677, abs=5e-8)
    assert reverse == pytest.approx(0.2732145, abs=5e-8)
    for pi, forward, predicted, backward, as_printed in (
        (1e-2, 0.1727008, 0.1727002, 0.2671234, 0.0026982),
        (1e-4, 0.1741530, 0.1741530, 0.2731521, 0.0000273),
    ):
        assert d.js(log_p, log_q, COUNTING, pi).item() / pi == pytest.approx(forward, abs=5.1e-8)
        assert kl - pi / 2 * chi == pytest.approx(predicted, abs=5.1e-8)
        mirrored = d.js(log_p, log_q, COUNTING, 1 - pi).item()
        assert mirrored / pi == pytest.approx(backward, abs=5.1e-8)  # (18), corrected
        assert mirrored / (1 - pi) == pytest.approx(as_printed, abs=5.1e-8)  # (18), as printed: vanishes


@given(logits, logits)
def test_renyi_has_kl_as_its_limit_and_half_is_symmetric(a, b):
    log_p, log_q = distribution(a), distribution(b)
    kl = d.kl(log_p, log_q, COUNTING)
    assert d.renyi(log_p, log_q, COUNTING, 1) == kl
    sides = [d.renyi(log_p, log_q, COUNTING, 1 + sign * 1e-4) for sign in (-1, 1)]
    torch.testing.assert_close(sum(sides) / 2, kl, rtol=1e-4, atol=1e-6)
    halves = d.renyi(log_p, log_q, COUNTING, 0.5), d.renyi(log_q, log_p, COUNTING, 0.5)
    torch.testing.assert_close(*halves, **EXACT)
    chi = d.chi_squared(log_p, log_q, COUNTING)
    torch.testing.assert_close(d.renyi(log_p, log_q, COUNTING, 2), torch.log1p(chi), **EXACT)


@given(logits, logits, st.floats(0.05, 0.95))
def test_the_convex_loss_is_a_renyi_divergence_to_the_escort(a, b, order):
    """log E_p[q^k] = (1−k) log C − (1−k) D_k(Q‖P̃), with P̃ = p^(1/(1−k)) / C."""
    log_p, log_q = distribution(a), distribution(b)
    log_c = torch.logsumexp(log_p / (1 - order), 0)
    escort = log_p / (1 - order) - log_c
    left = torch.logsumexp(log_p + order * log_q, 0)
    right = (1 - order) * (log_c - d.renyi(log_q, escort, COUNTING, order))
    torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-8)


@given(logits, logits, pis)
def test_gradients_agree_with_finite_differences(a, b, pi):
    free, log_p = torch.tensor(b, dtype=torch.float64, requires_grad=True), distribution(a)
    measures = (d.kl, d.reverse_kl, d.chi_squared, lambda *x: d.js(*x, pi), lambda *x: d.renyi(*x, 0.6))
    for measure in measures:
        assert torch.autograd.gradcheck(lambda x, f=measure: f(log_p, torch.log_softmax(x, 0), COUNTING), free)


def test_atoms_outside_a_support_cost_nothing_or_everything():
    log_p = torch.tensor([0.5, 0.5, 0.0]).double().log()
    log_q = torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64).log().requires_grad_()
    weight = torch.zeros(3, dtype=torch.float64)
    kl = d.kl(log_p, log_q, weight)
    assert kl.item() == pytest.approx(math.log(2))
    (gradient,) = torch.autograd.grad(kl, log_q)
    assert gradient.isfinite().all()
    assert d.reverse_kl(log_p, log_q, weight) == math.inf
    assert d.js(log_p, log_q, weight, 0.5).isfinite()


def test_densities_on_a_line_have_the_closed_form_of_gaussians():
    x = torch.arange(-30, 30, 0.05, dtype=torch.float64)
    weight = torch.full_like(x, math.log(0.05))
    log_p, log_q = (torch.distributions.Normal(m, s).log_prob(x) for m, s in ((0.0, 1.0), (1.0, 1.5)))
    assert d.kl(log_p, log_q, weight).item() == pytest.approx(math.log(1.5) + 2 / (2 * 2.25) - 0.5, abs=1e-7)
    assert d.entropy(log_p, weight).item() == pytest.approx(0.5 * math.log(2 * math.pi * math.e), abs=1e-7)
