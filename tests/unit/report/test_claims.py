"""How claims are written: what a file of them stands for, and what is wrong with it."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from beyond_mle.errors import UserError
from beyond_mle.report.claims import Claim, Expect, Term, load_claims

CLAIMS = Path(__file__).parents[3] / "config" / "claims.yaml"
SYSTEMS = {
    "ar": {"name": "the Transformer", "model": "transformer", "decoder": "beam5"},
    "ctc": {"name": "CTC", "model": "ctc", "decoder": "best-path"},
}
GAIN = {"gain": "…", "where": {"task": "news", "objective": "mle"}}


def load(folder: Path, *claims: dict, family: str = "ours") -> list[Claim]:
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump({"systems": SYSTEMS, family: list(claims)}, sort_keys=False))
    return load_claims(path)


def conditions(claim: Claim) -> list[tuple[int, dict]]:
    return [(term.sign, term.conditions) for term in claim.terms]


def test_a_claim_begins_with_its_id_and_statement(tmp_path):
    (claim,) = load(tmp_path, {"gain": "it gains", "where": {"task": "news"}})
    assert (claim.id, claim.statement, claim.source, claim.paper) == ("gain", "It gains", "ours", None)
    assert claim.terms == (Term(1, {"task": "news"}, of_control=False),)
    assert (claim.expect.side, claim.expect.than) == (">", 0)
    assert (claim.group, claim.case, claim.supposed, claim.matters) == ("gain", "", False, None)


@pytest.mark.parametrize(("family", "found"), [("sources", "source"), ("mathematics", "mathematics"), ("ours", "ours")])
def test_a_claim_is_of_the_family_under_which_it_is_written(tmp_path, family, found):
    (claim,) = load(tmp_path, GAIN, family=family)
    assert claim.family == found


def test_a_claim_that_cannot_be_measured_says_why_and_needs_no_cells(tmp_path):
    (claim,) = load(tmp_path, {"early": "stopping helps", "not_run": "no experiment stops early"})
    assert (claim.terms, claim.metric, claim.not_run) == ((), "", "no experiment stops early")
    (claim,) = load(tmp_path, {**GAIN, "not_run": "it needs a GPU"})
    assert len(claim.terms) == 1  # measured where the study has the cells


def test_a_cells_own_conditions_prevail(tmp_path):
    (claim,) = load(tmp_path, {**GAIN, "plus": [{"seed": 1}, {"seed": 1}], "minus": [{"objective": "js", "pi": 0.1}]})
    assert conditions(claim) == [
        (1, {"task": "news", "objective": "mle", "seed": 1}),
        (1, {"task": "news", "objective": "mle", "seed": 1}),
        (-1, {"task": "news", "objective": "js", "pi": 0.1}),
    ]


def test_a_gain_takes_the_control_from_every_cell(tmp_path):
    shared = {"task": "news", "objective": "js"}
    (claim,) = load(tmp_path, {"c": "…", "gain": shared, "minus": [{"pi": 0.1}]})
    assert claim.terms == (
        Term(1, shared, of_control=False),
        Term(-1, shared, of_control=True),
        Term(-1, shared | {"pi": 0.1}, of_control=False),
        Term(1, shared | {"pi": 0.1}, of_control=True),
    )


def test_the_objective_control_is_left_to_the_other_conditions(tmp_path):
    (claim,) = load(tmp_path, {**GAIN, "minus": [{"objective": "control", "pi": 0.1}]})
    assert claim.terms[1] == Term(-1, {"task": "news", "pi": 0.1}, of_control=True)


def test_a_system_stands_for_its_conditions_and_is_replaced_whole(tmp_path):
    where = {"task": "news", "system": "ar", "decoder": "greedy"}
    (claim,) = load(
        tmp_path, {"c": "…", "where": where, "minus": [{"system": "ctc"}, {"system": "ctc", "decoder": "x"}]}
    )
    assert conditions(claim) == [
        (1, {"model": "transformer", "decoder": "greedy", "task": "news"}),
        (-1, {"model": "ctc", "decoder": "greedy", "task": "news"}),  # what `where` says itself prevails
        (-1, {"model": "ctc", "decoder": "x", "task": "news"}),
    ]


def test_a_list_of_entries_gives_a_claim_for_each_combination(tmp_path):
    claims = load(tmp_path, {"c": "…", "where": {"task": ["a", "b"], "pi": [0.1, 1], "is_global": [True]}})
    assert [claim.id for claim in claims] == ["c-a-0.1-True", "c-a-1-True", "c-b-0.1-True", "c-b-1-True"]
    assert claims[1].terms[0].conditions == {"task": "a", "pi": 1, "is_global": True}
    assert [(claim.group, claim.case) for claim in claims[:2]] == [
        ("c", "a, pi 0.1, is_global True"),
        ("c", "a, pi 1, is_global True"),
    ]


def test_a_claim_is_made_on_each_data_set_with_the_papers_number(tmp_path):
    claims = load(tmp_path, {"c": "…", "source": "Table 1", "where": {"pi": [1, 2]}, "data": {"a": 0.5, "b": None}})
    assert {claim.source for claim in claims} == {"Table 1"}
    assert [(claim.id, claim.case, claim.paper) for claim in claims] == [
        ("c-a-1", "a, pi 1", 0.5),
        ("c-a-2", "a, pi 2", 0.5),
        ("c-b-1", "b, pi 1", None),
        ("c-b-2", "b, pi 2", None),
    ]
    assert claims[2].terms[0].conditions == {"task": "b", "pi": 1}
    (one,) = load(tmp_path, {"c": "…", "data": ["a"], "plus": [{"pi": 1}], "minus": [{"task": "b"}]})
    assert (one.id, one.case, conditions(one)) == ("c", "a", [(1, {"task": "a", "pi": 1}), (-1, {"task": "b"})])


def test_a_claim_is_made_for_each_case(tmp_path):
    claims = load(
        tmp_path,
        {
            "$case-gain": "$name$what gains with k = ${order}: $order",
            "source": "Table $number",
            "data": {"news": "$paper"},
            "for": {
                "ar": {"order": 1, "number": 1, "paper": 0.5, "what": " alone", "expect": "> 10"},
                "ctc": {"order": 3, "number": 3, "paper": None, "what": "", "source": "ours"},
            },
            "where": {"system": "$case", "order": "$order", "metric": "k$order"},
        },
    )
    assert [(claim.id, claim.statement, claim.source, claim.paper, claim.expect.than) for claim in claims] == [
        ("ar-gain", "The Transformer alone gains with k = 1: 1", "Table 1", 0.5, 10),
        ("ctc-gain", "CTC gains with k = 3: 3", "ours", None, 0),
    ]
    expected = {"model": "ctc", "decoder": "best-path", "task": "news", "order": 3, "metric": "k3"}
    assert conditions(claims[1]) == [(1, expected)]


def test_a_dollar_means_itself_where_there_are_no_cases(tmp_path):
    assert load(tmp_path, {**GAIN, "gain": "it costs $case"})[0].statement == "It costs $case"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("> 0", (">", 0, 0)),
        ("< -1.5", ("<", -1.5, 0)),
        ("= 0 ± 1e-9", ("=", 0, 1e-9)),
        ("= -2 ± 0", ("=", -2, 0)),
    ],
)
def test_expectations(written, meant):
    expect = Expect.model_validate(written)
    assert (expect.side, expect.than, expect.within) == meant


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(side=st.sampled_from("<>"), than=NUMBERS)
def test_any_number_can_be_expected(side, than):
    assert Expect.model_validate(f"{side} {than!r}") == Expect.model_construct(side=side, than=than, within=0.0)


@given(than=NUMBERS, within=NUMBERS.map(abs))
def test_any_number_can_be_expected_with_any_tolerance(than, within):
    expect = Expect.model_validate(f"= {than!r} ± {within!r}")
    assert (expect.than, expect.within) == (than, within)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expect": ">0"}, "claim gain.expect' = '>0': .* an expectation is written '> 0', '< 0' or '= 0 ± 0.001'"),
        ({"expect": 0}, "claim gain.expect' = 0: .* an expectation is written"),
        ({"expect": "= 0"}, "claim gain.expect' = '= 0': .* an expectation is written"),
        ({"expect": "> 0 ± 1"}, "claim gain.expect' = '> 0 ± 1': .* an expectation is written"),
        ({"expect": ">= 0"}, "claim gain.expect.side' = '>='"),
        ({"expect": "> ten"}, "claim gain.expect.than' = 'ten'"),
        ({"expect": "> nan"}, "claim gain.expect.than' = 'nan'"),
        ({"expect": "= 0 ± -1"}, "claim gain.expect.within' = '-1'"),
        ({"plus": []}, "claim gain.plus"),
        ({"plus": ["transformer/mle"]}, "claim gain.plus.0' = 'transformer/mle'"),
        ({"plus": [{"pi": [0.1]}]}, r"claim gain.plus.0.pi.* = \[0.1\]"),
        ({"where": {"pi": None}}, "claim gain.where.pi.* = None"),
        ({"where": {"pi": []}}, r"claim gain.where.pi.* = \[\]"),
        ({"where": {"pi": 0.1}}, "claim gain: a cell has no task: add `data`"),
        ({"where": {"system": "at", "task": "news"}}, "claim gain: the system 'at' is not .*: did you mean 'ar'"),
        ({"data": {"news": "high"}, "where": {}}, "claim gain.data.news' = 'high'"),
        ({"data": ["news"]}, "claim gain' = .* the task is given twice"),
        ({"where": {}}, "claim gain' = .* there is no cell: add `where` or `gain`, or say why it is `not_run`"),
        ({"matters": -1}, "claim gain.matters' = -1"),
        ({"at_equal": {"metric": "kl"}}, "claim gain.at_equal.along' is missing"),
        ({"minu": [{}]}, "unknown config key 'claim gain.minu': did you mean 'minus'"),
        ({"for": ["ar"]}, "claim gain: 'for' must map"),
        ({"for": {"ar": 1}}, "claim gain: 'for' must map"),
        ({"for": {"ar": {"sorce": "ours"}}}, "claim gain: 'sorce' of the case 'ar' is not used: did you mean 'source'"),
        ({"for": {"ar": {}}, "source": "$nam"}, "claim gain: the case 'ar' does not say what '\\$nam' is: .* 'name'"),
        ({"for": {"ar": {}, "ctc": {}}}, "the claim id 'gain' is used twice"),
    ],
)
def test_a_wrong_claim_is_an_error_that_names_it(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, GAIN | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"where": {"task": "news"}}, "claim c' = .* `gain` is in place of `where`"),
        ({"minus": [{"objective": "control"}]}, "claim c' = .* `gain` takes the control away already"),
    ],
)
def test_a_gain_is_not_mixed_with_other_ways_to_say_it(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, {"c": "…", "gain": {"task": "news"}} | change)


def test_an_id_used_twice_is_an_error_also_where_a_list_makes_it(tmp_path):
    with pytest.raises(UserError, match="the claim id 'c-1' is used twice"):
        load(tmp_path, {"c": "…", "where": {"task": "news", "pi": [1, 2]}}, {"c-1": "…", "where": {"task": "news"}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- gain: it gains\n", "claims are lists below the keys 'sources', 'mathematics' and 'ours'"),
        ("ours: [gain]\n", "config key 'claims.yaml.ours.0' = 'gain'"),
        ("sources: [{}]\n", "config key 'claims.yaml.sources.0'"),
        ("ours: []\nsystem: {}\n", "unknown config key 'claims.yaml.system': did you mean 'systems'"),
    ],
)
def test_a_file_that_is_no_list_of_claims_is_an_error(tmp_path, text, message):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        load_claims(path)


def test_the_projects_claims_can_be_read():
    claims = {claim.id: claim for claim in load_claims(CLAIMS)}
    gain = claims["cmlm-gain-wmt14-deen"]
    assert (gain.statement, gain.paper, gain.family) == ("The convex loss improves CMLM", 3.85, "source")
    assert (gain.source, gain.case) == ("Shao et al. 2023, Table 3", "wmt14-deen")
    assert claims["ar-k3-greedy-wmt14-ende"].family == "ours"
    assert claims["generator-kl-rises"].terms[1].conditions["pi"] == 0.05
    assert claims["scheduled-sampling-recovers"].supposed


def test_what_is_attributed_to_a_source_names_a_place_in_it():
    for claim in load_claims(CLAIMS):
        if claim.family == "source":
            assert ", " in claim.source, claim.id
        if claim.family == "ours":
            assert claim.source == "ours", claim.id
