"""The scorecard as forest plots, one for each family of claims: a row per claim, its cases beneath it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from IPython.display import HTML

from beyond_mle.report.claims import Family
from beyond_mle.report.style import fixed, signed
from beyond_mle.report.templates import fill
from beyond_mle.report.verdicts import by_claim, overall

WIDTH = 200.0
"""Of a plot, in the units of its drawing."""

Row = Mapping[str, Any]


def forest(card: Sequence[Row], family: Family, pages: Mapping[str, str]) -> HTML:
    """The claims of a family.

    Args:
        card: the rows of the scorecard.
        family: the one to show.
        pages: the page that shows a system, by task/model/objective.
    """
    claims = [_claim(cases, pages) for cases in by_claim(card, family).values()]
    models = dict.fromkeys(model for claim in claims for model in claim["models"])
    tested = [row["holm"] for row in card if row["family"] == family and row["p"] is not None]
    return fill(
        "forest.html.j2",
        family=family,
        claims=claims,
        counts=counts(card, family),
        models=list(models),
        survivors=(sum(tested), len(tested)),
    )


def answer(card: Sequence[Row], names: Collection[str]) -> HTML:
    """Some claims in words, and what would change their verdicts: with what a page opens.

    Args:
        card: the rows of the scorecard.
        names: of the claims, in the order in which they are told; those that the scorecard does not have are left out.
    """
    cases = {name: [row for row in card if row["claim"] == name] for name in names}
    claims = [_claim(own, {}) for own in cases.values() if own]
    changes = [
        {
            "statement": row["statement"],
            "label": row["case"],
            "what": "; ".join(filter(None, (row["needed"], row["note"]))),
        }
        for own in cases.values()
        for row in own
        if row["needed"] or row["note"]
    ]
    return fill("answer.html.j2", claims=claims, changes=changes)


def counts(card: Sequence[Row], family: Family) -> dict[str, int]:
    """How many claims of a family have which verdict; cases that differ make a claim `mixed`."""
    verdicts = (overall(cases) for cases in by_claim(card, family).values())
    return dict(Counter(_kind(verdict) for verdict in verdicts).most_common())


def sentence(case: Row) -> str:
    """What was measured, in words: the number with its interval, and the paper's.

    >>> row = {"measured": 2.0, "low": 1.0, "high": 3.0, "unit": "%", "metric": "validity", "paper": None, "n_seeds": 3}
    >>> sentence(row | {"items": 0})
    'validity +2.00 % [+1.00, +3.00], 3 seeds'
    """
    if case["measured"] is None:
        return "not run"
    unit = f" {case['unit']}" if case["unit"] else ""
    text = f"{case['metric']} {_number(case['measured'])}{unit}"
    if case["low"] is not None and case["low"] != case["high"]:
        text += f" [{_number(case['low'])}, {_number(case['high'])}]"
    if case["paper"] is not None:
        text += f"; paper {_number(case['paper'])}"
    if case["n_seeds"]:
        text += f", {case['n_seeds']} seeds"
    return text + (f", {case['items']} items" if case["items"] else "")


def _claim(cases: Sequence[Row], pages: Mapping[str, str]) -> dict[str, Any]:
    first, verdict = cases[0], overall(cases)
    paper, _, place = first["source"].partition(", ")
    numbers = [abs(one) for case in cases for one in _plotted(case)]
    scale = max(numbers, default=0.0) or 1.0
    models = dict.fromkeys(system.split("/")[1] for case in cases for system in case["systems"])
    return {
        "id": first["claim"],
        "verdict": verdict,
        "kind": _kind(verdict),
        "statement": first["statement"],
        "supposed": first["supposed"],
        "paper": paper,
        "place": place or paper,
        "models": list(models),
        "measured": any(case["measured"] is not None for case in cases),
        "words": "; ".join(f"{case['case']} {sentence(case)}".strip() for case in cases),
        "zero": _place(0.0, scale),
        "size": max((abs(case["measured"]) for case in cases if case["measured"] is not None), default=0),
        "cases": [_case(case, scale, pages) for case in cases],
    }


def _case(case: Row, scale: float, pages: Mapping[str, str]) -> dict[str, Any]:
    seeds = [
        f"{task}: " + ", ".join(f"seed {seed} {_number(value)}" for seed, value in values.items())
        for task, values in case["seeds"].items()
        if "exact" not in values
    ]
    page = next((pages[system] for system in case["systems"] if system in pages), None)
    q_value = "" if case["q"] is None else f"q = {case['q']:.2g}" if case["q"] >= 0.001 else "q < 0.001"
    return {
        "id": case["id"],
        "label": _measured_on(case),
        "href": page and f"{page}.html",
        "verdict": case["verdict"],
        "kind": _kind(case["verdict"]),
        "words": sentence(case),
        "note": "; ".join(filter(None, (q_value, case["needed"], case["note"]))),
        "hover": "\n".join(seeds),
        **{
            key: _place(case[name], scale)
            for key, name in (("dot", "measured"), ("low", "low"), ("high", "high"), ("paper", "paper"))
        },
    }


def _measured_on(case: Row) -> str:
    """The case's name; where a task of the study stands for a data set of a paper, both."""
    name, task = case["case"], case["task"] or ""
    if not name or name in task:
        return task or name or "all draws"
    return name if not task or task in name else f"{task} for {name}"


def _place(number: float | None, scale: float) -> float | None:
    """Where a number is drawn."""
    return None if number is None else round(WIDTH / 2 + 0.94 * WIDTH / 2 * number / scale, 1)


def _plotted(case: Row) -> list[float]:
    return [case[name] for name in ("measured", "low", "high", "paper") if case[name] is not None]


def _kind(verdict: str) -> str:
    """The class of a verdict in page.css."""
    return "mixed" if any(symbol.isdigit() for symbol in verdict) else verdict.replace(" ", "-")


def _number(value: float) -> str:
    """A measured quantity with its sign: two decimals, as of BLEU points; small numbers three, the smallest their power
    of ten."""
    if value and abs(value) < 0.001:
        return f"{value:+.0e}".replace("-", "−")
    return signed(fixed(value, 2 if abs(value) >= 0.1 else 3))
