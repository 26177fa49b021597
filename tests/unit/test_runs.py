"""The runs of a study: in which order, where each starts, and what it is compared with."""

from typing import Any

import pytest
from studies import SMALL, changed

from beyond_mle.errors import UserError
from beyond_mle.runs import find_run, page_runs, pages, runs
from beyond_mle.study import Study


def study(*changes: tuple[str, Any]) -> Study:
    return Study.model_validate(changed(*changes))


def staged(**stages: dict[str, Any]) -> Study:
    """The small study, seed 1, with these stages."""
    return study(
        ("seeds", [1]),
        ("experiments.e.stages", {name: {"solver": "first", **stage} for name, stage in stages.items()}),
    )


def key(objective: str, seed: int = 1) -> str:
    return f"g/transformer/{objective}/seed{seed}"


def test_runs_come_in_the_order_of_the_file():
    assert list(runs(study())) == [
        key(objective, seed) for objective in ("mle", "mle-continued", "convex-exp") for seed in (1, 2)
    ]


def test_a_run_starts_from_and_is_compared_with_the_run_of_its_own_seed():
    run = find_run(study(), key("convex-exp", 2))
    assert run.start_from is not None
    assert run.control is not None
    assert (run.start_from.key, run.control.key) == (key("mle", 2), key("mle-continued", 2))
    assert run.control.start_from == run.start_from
    assert run.objective.options == {"order": 2}


def test_a_control_has_none_itself():
    control = find_run(study(), key("mle-continued"))
    assert control.control is None
    assert control.start_from is not None
    assert find_run(study(), key("mle")).start_from is None


def test_several_tasks_and_models_are_all_combined():
    everything = study(
        ("seeds", [1]),
        ("experiments.e.task", ["g", {"grammar": {"styles": [1, 2]}}]),
        ("experiments.e.model", ["transformer", {"transformer": {"width": [4]}}]),
        ("experiments.e.stages", {"first": {"objectives": ["mle"], "solver": "first"}}),
    )
    assert list(runs(everything)) == [
        f"{task}/{model}/mle/seed1"
        for task in ("g", "grammar,styles=1", "grammar,styles=2")
        for model in ("transformer", "transformer,width=4")
    ]


def test_decoders_of_a_stage_stand_behind_those_of_the_experiment():
    sampled = study(("experiments.e.stages.second.decoders", [{"sample": {"temperature": [1, 0.5]}}]))
    labels = {name: [choice.label for choice in run.decoders] for name, run in runs(sampled).items()}
    assert labels[key("mle")] == ["greedy"]
    assert labels[key("convex-exp")] == ["greedy", "sample,temperature=1", "sample,temperature=0.5"]


def test_seeds_of_an_experiment_stand_for_the_study_s():
    assert {run.seed for run in runs(study(("experiments.e.seeds", [7]))).values()} == {7}


# Relations between variants


def relations(one: Study, role: str) -> dict[str, str | None]:
    """Objective → that of the run it starts from, or is compared with."""
    found = {run.objective.label: getattr(run, role) for run in runs(one).values()}
    return {label: other and other.objective.label for label, other in found.items()}


def test_one_start_serves_all_variants():
    swept = staged(
        a={"objectives": ["mle"]}, b={"objectives": [{"convex-exp": {"order": [1, 3]}}], "start_from": "mle"}
    )
    assert relations(swept, "start_from") == {"mle": None, "convex-exp,order=1": "mle", "convex-exp,order=3": "mle"}


def test_a_variant_starts_from_the_one_that_agrees_in_what_both_sweep():
    swept = staged(
        a={"objectives": [{"mle": {"average": ["token", "sentence"]}}]},
        b={"objectives": [{"convex-exp": {"order": [1, 3], "average": ["token", "sentence"]}}], "start_from": "mle"},
    )
    assert relations(swept, "start_from") == {
        "mle,average=token": None,
        "mle,average=sentence": None,
        "convex-exp,order=1,average=token": "mle,average=token",
        "convex-exp,order=1,average=sentence": "mle,average=sentence",
        "convex-exp,order=3,average=token": "mle,average=token",
        "convex-exp,order=3,average=sentence": "mle,average=sentence",
    }


def test_a_variant_can_be_named_by_its_label():
    swept = staged(
        a={"objectives": [{"mle": {"average": ["token", "sentence"]}}]},
        b={"objectives": ["convex-exp"], "start_from": "mle,average=sentence", "control": "mle,average=token"},
    )
    assert relations(swept, "start_from")["convex-exp"] == "mle,average=sentence"
    assert relations(swept, "control")["convex-exp"] == "mle,average=token"


@pytest.mark.parametrize("role", ["start_from", "control"])
def test_a_name_that_stands_for_several_variants_is_refused(role):
    swept = staged(
        a={"objectives": [{"mle": {"average": ["token", "sentence"]}}]}, b={"objectives": ["convex-exp"], role: "mle"}
    )
    with pytest.raises(UserError) as error:
        runs(swept)
    assert str(error.value) == (
        f"experiments.e.stages.b.{role}: 'mle' of run '{key('convex-exp')}' stands for mle,average=token and "
        "mle,average=sentence: name one of them"
    )


@pytest.mark.parametrize("role", ["start_from", "control"])
def test_a_run_that_is_not_trained_is_named_with_the_nearest(role):
    with pytest.raises(UserError) as error:
        runs(study((f"experiments.e.stages.second.{role}", "mle-continud")))
    assert str(error.value).startswith(f"experiments.e.stages.second.{role}: 'mle-continud' of run '")
    assert "is not trained in this study: did you mean 'mle-continued'? Valid: convex-exp, mle," in str(error.value)


def test_a_run_of_another_seed_only_is_named_with_that_seed():
    second = {"convex": {"objectives": ["convex-exp"], "solver": "first", "start_from": "mle"}}
    other = {**SMALL["experiments"]["e"], "seeds": [1, 2, 3], "stages": second}
    first = {**SMALL["experiments"]["e"], "stages": {"first": {"objectives": ["mle"], "solver": "first"}}}
    with pytest.raises(
        UserError, match=r"'mle' of run 'g/transformer/convex-exp/seed3' is trained with seed 1, 2 only"
    ):
        runs(study(("experiments", {"one": first, "two": other})))


def test_a_run_of_another_experiment_will_do_as_a_start():
    second = {"convex": {"objectives": ["convex-exp"], "solver": "first", "start_from": "mle"}}
    other = {**SMALL["experiments"]["e"], "stages": second}
    first = {**SMALL["experiments"]["e"], "stages": {"first": {"objectives": ["mle"], "solver": "first"}}}
    both = study(("experiments", {"later": other, "earlier": first}))
    assert relations(both, "start_from") == {"convex-exp": "mle", "mle": None}


def test_a_run_that_starts_from_itself_is_refused():
    with pytest.raises(UserError, match=f"the run '{key('mle')}' starts from itself, by way of {key('mle')}"):
        runs(staged(a={"objectives": ["mle"], "start_from": "mle"}))
    with pytest.raises(UserError, match="starts from itself, by way of"):
        runs(staged(a={"objectives": ["mle"], "start_from": "js"}, b={"objectives": ["js"], "start_from": "mle"}))


@pytest.mark.parametrize(
    "again", [{"f": SMALL["experiments"]["e"]}, {"f": {**SMALL["experiments"]["e"], "decoders": ["beam"]}}]
)
def test_a_run_listed_twice_is_refused(again):
    with pytest.raises(UserError) as error:
        runs(study(("experiments", {**SMALL["experiments"], **again})))
    assert str(error.value) == f"experiments.f: the run '{key('mle')}' is already in experiments.e"


def test_two_values_with_one_label_are_one_run_listed_twice():
    with pytest.raises(UserError, match="'g/transformer/convex-exp,order=1/seed1' is already in"):
        runs(staged(a={"objectives": [{"convex-exp": {"order": [1, 1.0]}}]}))


def test_a_solver_is_not_swept():
    with pytest.raises(UserError, match=r"experiments\.e\.stages\.a\.solver: a stage has one solver"):
        runs(staged(a={"objectives": ["mle"], "solver": {"first": {"steps": [1, 2]}}}))
    (run,) = runs(staged(a={"objectives": ["mle"], "solver": {"first": {"steps": 5}}})).values()
    assert run.solver.options == {"steps": 5}


def test_an_unknown_key_gets_the_nearest_run():
    with pytest.raises(UserError, match=r"preset 'tiny' has no run 'g/transformer/mel/seed1': did you mean 'g/tran"):
        find_run(study(), key("mel"))


# Pages


def test_an_experiment_without_pages_has_one_of_its_own():
    assert pages(study()) == ["e"]
    assert pages(study(("experiments.e.pages", ["two", "one"]))) == ["two", "one"]
    assert pages(study(("experiments.e.pages", []))) == []


def test_a_page_shows_its_experiments_and_what_they_start_from_or_are_compared_with():
    stages = SMALL["experiments"]["e"]["stages"]
    common = {"task": "g", "model": "transformer", "seeds": [1]}
    experiments = {
        "first": {**common, "pages": ["a"], "stages": {"first": stages["first"]}},
        "control": {
            **common,
            "pages": [],
            "stages": {"c": {"objectives": ["mle-continued"], "solver": "first", "start_from": "mle"}},
        },
        "convex": {**common, "pages": ["b"], "stages": {"second": {**stages["second"], "objectives": ["convex-exp"]}}},
    }
    one = study(("experiments", experiments))
    assert [run.key for run in page_runs(one, "a")] == [key("mle")]
    assert [run.key for run in page_runs(one, "b")] == [key("mle"), key("mle-continued"), key("convex-exp")]
