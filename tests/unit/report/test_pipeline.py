"""The rules of a study at a glance."""

import re
from pathlib import Path

import pytest

from beyond_mle.jobs import jobs
from beyond_mle.report.pipeline import RULES, pipeline


def test_each_rule_stands_with_its_number_of_jobs(study):
    everything = jobs(study)
    steps = dict(re.findall(r"<b>(\w+)</b> × (\d+)", pipeline(everything, pages=4).data))
    assert list(steps) == list(RULES)
    assert (int(steps["train"]), int(steps["render"])) == (len(everything), 4)
    assert int(steps["sample"]) == sum(len(job.decoders) for job in everything.values())


@pytest.mark.usefixtures("at_root")
def test_they_are_rules_of_the_workflow():
    rules = {
        name
        for file in Path("workflow/rules").glob("*.smk")
        for name in re.findall(r"^rule (\w+)", file.read_text(), re.M)
    }
    assert set(RULES) <= rules
