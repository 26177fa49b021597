import pandas as pd
import pytest

from beyond_mle.jobs import jobs
from beyond_mle.report import gains
from beyond_mle.report.results import controls, sections, system_of

SECTIONS = {"temperature": "decoder", "order": "objective"}


def rows(values: dict[tuple[str, str, float, int], float]) -> pd.DataFrame:
    """(system, decoder, temperature, seed) → value."""
    keys = pd.DataFrame(list(values), columns=["system", "decoder", "temperature", "seed"])
    return keys.assign(metric="bleu", value=list(values.values()))


def test_gains_are_differences_by_seed_at_the_same_temperature():
    nan = float("nan")
    scores = rows(
        {
            ("own", "greedy", nan, 1): 10.0,
            ("own", "greedy", nan, 2): 13.0,
            ("own", "sample", 0.5, 1): 7.0,
            ("own", "beam", nan, 1): 9.0,
            ("control", "greedy", nan, 1): 4.0,
            ("control", "greedy", nan, 2): 5.0,
            ("control", "sample", 0.5, 1): 1.0,
            ("control", "sample", 1.0, 1): 2.0,
        }
    )
    found = gains.gains(scores, {"own": "control"}, SECTIONS, ["bleu"])
    assert list(found) == list(scores)
    assert found[["decoder", "seed", "value"]].to_numpy().tolist() == [
        ["greedy", 1, 6.0],
        ["greedy", 2, 8.0],
        ["sample", 1, 6.0],
    ]
    assert gains.gains(scores, {}, SECTIONS, ["bleu"]).empty
    assert gains.gains(scores, {"own": "control"}, SECTIONS, ["nll"]).empty


def test_a_control_with_several_numbers_for_one_cell_is_none():
    scores = rows({("own", "none", 1.0, 1): 3.0, ("control", "none", 1.0, 1): 1.0})
    members = pd.concat([scores, scores[scores.system == "control"]])
    assert gains.gains(scores, {"own": "control"}, SECTIONS, ["bleu"]).value.tolist() == [2.0]
    assert gains.gains(members, {"own": "control"}, SECTIONS, ["bleu"]).empty


def test_gains_of_a_study_are_those_of_its_runs(scores, study):
    everything = jobs(study)
    found = gains.gains(scores, controls(everything), sections(everything), ["bleu"])
    assert set(found.system) <= set(controls(everything))
    one = found[(found.system == "grammar-ab/vanilla-nat/convex-exp") & (found.seed == 2)]
    by_system = scores[(scores.metric == "bleu") & (scores.seed == 2)].set_index("system").value
    difference = by_system["grammar-ab/vanilla-nat/convex-exp"] - by_system["grammar-ab/vanilla-nat/mle-continued"]
    assert one.value.tolist() == pytest.approx([difference])


def test_lengths_count_what_the_loss_counts(study):
    """8 nats a sentence at 1 a position are 8 positions: with eos for the Transformer, without bos and eos for NAT."""
    everything = {
        key: job
        for key, job in jobs(study).items()
        if job.run.task.name == "grammar-ab" and job.run.model.name in ("transformer", "vanilla-nat")
    }
    values = [
        [system_of(job), metric, job.run.seed, value * job.run.seed]
        for job in everything.values()
        for metric, value in (("nll", 8.0), ("nll-token", 1.0))
    ]
    scores = pd.DataFrame(values, columns=["system", "metric", "seed", "value"])
    found = gains.with_length(scores.drop_duplicates("system"), scores, everything)
    assert found.groupby(found.system.str.split("/").str[1]).length.unique().map(list).to_dict() == {
        "transformer": [8],
        "vanilla-nat": [10],
    }


def test_lengths_are_missing_where_nothing_tells_them(study, scores):
    without = scores[scores.metric != "nll-token"]
    assert gains.with_length(without, without, jobs(study)).length.isna().all()


def test_a_single_style_has_equal_odds(study, scores):
    rows = scores[scores.task == "grammar-styles"].drop_duplicates("system")
    found = gains.with_odds(rows, jobs(study))
    assert len(found) == len(rows)
    assert found.groupby("odds").styles.unique().map(sorted).to_dict() == {"equal odds": [1, 2], "unequal odds": [2]}
    assert gains.with_odds(rows.iloc[:0], jobs(study)).empty
