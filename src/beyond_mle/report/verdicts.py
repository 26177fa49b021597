"""Verdicts: what the interval of every claim's contrast says of it, in three families that are never added up.

Claims of the sources and our own questions are judged by an interval over seeds and test items (see `intervals`), and
by what it would take to matter; mathematics is a check that holds or fails.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Literal

import numpy as np

from beyond_mle.report.claims import Claim, Expect, Family
from beyond_mle.report.contrasts import EXACT, Cells, Contrast, Part
from beyond_mle.report.intervals import LEVEL, NO_PRIOR, Estimate, Prior, fit_prior, q_values, survives_holm

Verdict = Literal["replicated", "no effect", "contradicted", "inconclusive", "not run", "holds", "fails"]
MOST_SEEDS = 1000
"""Above so many, no number of seeds is said to decide a claim."""


def scorecard(claims: Sequence[Claim], cells: Cells) -> list[dict[str, Any]]:
    """Measure every claim and judge it.

    Returns:
        Per case of a claim: id, claim, family, source, supposed, statement, case, task, paper, metric, unit, measured,
        low, high, p, q, holm, matters, verdict, n_seeds, seeds (of each task the contrast by seed), items, systems
        (task/model/objective of the cells), needed (what would decide an inconclusive one) and note; None is a number
        that there is not.

    Raises:
        UserError: as `Cells.contrast`.
    """
    contrasts = [cells.contrast(claim) for claim in claims]
    priors = fit_priors(contrasts)
    rows = [_row(contrast, priors.get(contrast.claim.metric, NO_PRIOR)) for contrast in contrasts]
    for family in ("source", "ours"):
        _correct([row for row in rows if row["family"] == family and row["p"] is not None])
    return rows


def fit_priors(contrasts: list[Contrast]) -> dict[str, Prior]:
    """What the contrasts of a metric say of the variance over seeds, per squared coefficient: metric → prior."""
    found: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for contrast in contrasts:
        for part in contrast.parts:
            found[contrast.claim.metric].append(part.seed_variance)
    return {metric: fit_prior(*zip(*own, strict=True)) for metric, own in found.items()}


def estimate(parts: Sequence[Part], prior: Prior, seeds: int | None = None, more_items: float = 1.0) -> Estimate:
    """The sum of a contrast's parts, and its error.

    Args:
        parts: on different tasks, and so independent.
        prior: of the variance over seeds.
        seeds: as if there were so many; by default as many as there are.
        more_items: as if there were so many times the items.
    """
    variances: list[tuple[float, float]] = []
    for part in parts:
        if not part.is_exact:
            variance, df = prior.moderate(*part.seed_variance)
            variances.append((part.weight * variance / (seeds or len(part.values)), df))
        if part.items:
            variances.append((part.item_variance / more_items, more_items * part.items - 1))
    return Estimate(sum(part.mean for part in parts), tuple(variances))


def judge(expect: Expect, low: float, high: float, matters: float = 0.0) -> Verdict:
    """What an interval says of a claim.

    It decides only if it lies wholly inside or wholly outside what is expected; if it lies wholly within what matters
    of the threshold it says that there is no effect, also where it excludes the threshold itself.
    """
    if np.isnan(low) or np.isnan(high):
        return "inconclusive"
    above, below = low > expect.than + expect.within, high < expect.than - expect.within
    if expect.side == "=":
        inside = low >= expect.than - expect.within and high <= expect.than + expect.within
        return "replicated" if inside else "contradicted" if above or below else "inconclusive"
    if max(abs(low - expect.than), abs(high - expect.than)) < matters:
        return "no effect"
    if not above and not below:
        return "inconclusive"
    return "replicated" if above == (expect.side == ">") else "contradicted"


def check(expect: Expect, value: float) -> Verdict:
    """Whether a number without error is as expected."""
    found = {"=": abs(value - expect.than) <= expect.within, ">": value > expect.than, "<": value < expect.than}
    return "holds" if found[expect.side] else "fails"


def needed(contrast: Contrast, prior: Prior, matters: float) -> str:
    """How many seeds, and test items, would decide a claim if the mean stays where it is."""
    items = max(part.items for part in contrast.parts)
    is_exact = all(part.is_exact for part in contrast.parts)
    for more_items in (1.0, 2.0, 4.0, 10.0, 100.0):
        for seeds in (1,) if is_exact else chain(range(2, 20), range(20, MOST_SEEDS + 1, 10)):
            low, high = estimate(contrast.parts, prior, seeds, more_items).interval()
            if judge(contrast.claim.expect, low, high, matters) != "inconclusive":
                told = [] if is_exact else [f"{seeds} seeds"]
                told += [f"{more_items * items:.0f} test items"] if more_items > 1 else []
                return f"{' and '.join(told)} would decide it"
    return "no number of seeds or test items within reach would decide it"


def _row(contrast: Contrast, prior: Prior) -> dict[str, Any]:
    claim, parts = contrast.claim, contrast.parts
    row: dict[str, Any] = {
        "id": claim.id,
        "claim": claim.group,
        "family": claim.family,
        "source": claim.source,
        "supposed": claim.supposed,
        "statement": claim.statement,
        "case": claim.case,
        "task": ", ".join(part.task for part in parts) or None,
        "paper": claim.paper,
        "metric": claim.metric,
        "unit": contrast.metric.unit,
        **dict.fromkeys(("measured", "low", "high", "p", "q", "holm", "matters", "n_seeds", "needed")),
        "verdict": "not run",
        "seeds": {part.task: {str(seed): value for seed, value in part.values.items()} for part in parts},
        "items": max((part.items for part in parts), default=0),
        "systems": [system for part in parts for system in part.systems],
        "note": contrast.lacking,
    }
    if not parts:
        return row
    found = estimate(parts, prior)
    mean = round(found.mean, 12) + 0.0
    row |= {"measured": mean, "n_seeds": None if all(part.is_exact for part in parts) else _fewest_seeds(parts)}
    if all(part.is_exact and not part.items for part in parts):
        verdict = check(claim.expect, mean)
        row["verdict"] = verdict if claim.family == "mathematics" else _AS_FOUND[verdict]
        return row | {"low": mean, "high": mean}
    matters = _matters(contrast)
    low, high = found.interval()
    row["verdict"] = judge(claim.expect, low, high, matters)
    if row["verdict"] == "inconclusive":
        row["needed"] = needed(contrast, prior, matters)
    missing = [f"seed {seed} is missing on {part.task}" for part in parts for seed in part.missing]
    return row | {
        **{"low": _rounded(low), "high": _rounded(high), "p": _p_value(found, claim.expect), "matters": matters},
        "note": "; ".join(missing),
    }


_AS_FOUND: dict[Verdict, Verdict] = {"holds": "replicated", "fails": "contradicted"}


def _correct(rows: list[dict[str, Any]]) -> None:
    """Give a family's rows their q-values; what is no discovery among so many tests decides nothing."""
    p_values = [row["p"] for row in rows]
    for row, q, survives in zip(rows, q_values(p_values), survives_holm(p_values), strict=True):
        row |= {"q": _rounded(q), "holm": bool(survives)}
        if row["verdict"] in ("replicated", "contradicted") and q > 1 - LEVEL:
            row |= {"verdict": "inconclusive", "needed": "with so many claims tested, chance alone could do this"}


def _p_value(found: Estimate, expect: Expect) -> float | None:
    """Of the hypothesis that a verdict for or against the claim rejects."""
    if expect.side != "=":
        return _rounded(found.p_value(expect.than))
    # One that says "equal" rejects both ends of the range; one that says "different" the nearer one.
    ends = [found.p_value(expect.than + sign * expect.within) for sign in (1, -1)]
    return _rounded(max(ends) if abs(found.mean - expect.than) <= expect.within else min(ends))


def _matters(contrast: Contrast) -> float:
    """The smallest difference that matters."""
    own, metric = contrast.claim.matters, contrast.metric
    if own is not None:
        return own
    return metric.matters or metric.matters_share * abs(sum(part.compared_with for part in contrast.parts))


def _fewest_seeds(parts: Sequence[Part]) -> int:
    return min(len(part.values) for part in parts if EXACT not in part.values)


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.6g}")


def by_claim(rows: Sequence[Mapping[str, Any]], family: Family) -> dict[str, list[Mapping[str, Any]]]:
    """The cases of each claim of a family, in the order of the file."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["family"] == family:
            found[row["claim"]].append(row)
    return dict(found)


def overall(cases: Sequence[Mapping[str, Any]]) -> str:
    """The verdict of a claim: that of its cases, or how many of those that were run have which."""
    run = [case["verdict"] for case in cases if case["verdict"] != "not run"]
    if not run:
        return "not run"
    if len(set(run)) == 1:
        return str(run[0])
    return ", ".join(f"{verdict} {run.count(verdict)} of {len(run)}" for verdict in dict.fromkeys(run))
