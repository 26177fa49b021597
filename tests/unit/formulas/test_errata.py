import pytest

from beyond_mle.formulas.errata import EQUATIONS, scorecard, sheet

EXACT = {"2–3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "after 18"}
WRONG = {"5", "7", "8", "9", "before 14", "18", "after 18"}
BY_DEFINITION = 4


@pytest.fixture(scope="module")
def rows():
    return {row["equation"]: row for row in sheet(seed=1, draws=50, near=1e-5)}


def test_every_equation_has_its_row(rows):
    assert len(rows) == 17
    assert all(row["as_printed"] and row["corrected"] for row in rows.values())


def test_exact_equations_hold_once_corrected(rows):
    assert max(rows[name]["deviation_corrected"] for name in EXACT) < 1e-12


def test_limits_are_approached_once_corrected():
    coarse, fine = ({row["equation"]: row for row in sheet(1, 50, near)} for near in (1e-3, 1e-4))
    for name, order in {"after 13": 1, "before 14": 1, "15–17": 2, "18": 1}.items():
        ratio = coarse[name]["deviation_corrected"] / fine[name]["deviation_corrected"]
        assert ratio == pytest.approx(10**order, rel=0.2)


def test_what_is_wrong_is_far_off_and_what_is_right_is_not(rows):
    for name, row in rows.items():
        if name in WRONG:
            assert row["deviation_as_printed"] > 0.01
        elif row["corrected"] == "as printed":
            assert row["deviation_as_printed"] == row["deviation_corrected"]


def test_the_same_seed_gives_the_same_sheet():
    assert list(sheet(3, 5, 1e-4)) == list(sheet(3, 5, 1e-4))


def test_the_scorecard_has_a_row_per_equation_that_is_no_definition():
    card = {row["id"]: row for row in scorecard()}
    assert len(card) == len(EQUATIONS) - BY_DEFINITION
    wrong = {row["source"].removeprefix("Huszár 2015, ").replace("eq. ", "") for row in card.values() if row["note"]}
    assert wrong == WRONG
    for row in card.values():
        assert row["verdict"] == ("fails" if row["note"] else "holds"), row["id"]
        assert row["family"] == "mathematics"
        assert row["measured"] == row["low"] == row["high"]


def test_a_row_says_what_holds_instead():
    card = {row["id"]: row for row in scorecard(seed=1, draws=5)}
    assert card["huszar-eq-2-3"]["source"] == "Huszár 2015, eq. 2–3"
    note = card["huszar-before-eq-14"]["note"]
    assert note.startswith("holds corrected: The slope of JS_π at π → 0 is KL[P‖Q]: apart by at most ")
    assert card["huszar-eq-15-17"]["verdict"] == "holds"  # right, though a closer one is known
