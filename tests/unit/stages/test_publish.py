"""What is published of a study is what its intervals are made of, and not more."""

import json
from functools import partial

from beyond_mle.files import write_text
from beyond_mle.layout import Layout
from beyond_mle.report.claims import load_claims
from beyond_mle.report.contrasts import Cells
from beyond_mle.report.results import read_rows
from beyond_mle.report.verdicts import scorecard
from beyond_mle.stages.scorecard import read_items


def test_the_scorecard_follows_from_what_is_published(finished, tmp_path):
    (finished.folder / "claims.yaml").write_text(
        "ours:\n  - x: it is\n    gain: {task: g, objective: convex-exp, order: 3, metric: bleu, decoder: greedy}\n"
    )
    finished.run("scorecard")
    write_text(finished.layout.page("index"), "<p>the report</p>")
    write_text(finished.layout.page_table("index"), "task\n")
    kept = Layout(tmp_path / "published")
    write_text(kept.results / "old.txt", "goes")
    assert "megabytes" in finished.run("publish", to=kept.results)
    assert kept.page("index").read_text() == "<p>the report</p>"
    assert not (kept.results / "old.txt").exists()
    runs = {path.parent.parent.name for path in kept.results.rglob("items.npz")}
    assert runs == {"mle-continued", "convex-exp,order=3"}
    claims = load_claims(kept.results / "claims.yaml")
    cells = Cells(read_rows(kept.compressed_table), finished.study.substitutes, partial(read_items, kept), 1000)
    (row,) = scorecard(claims, cells)
    assert row["items"] > 0
    assert json.loads(json.dumps(row)) == json.loads(kept.scorecard.read_text())[0]


def test_the_same_study_is_published_as_the_same_bytes(finished, tmp_path):
    finished.run("scorecard")
    for folder in ("report", "tables"):
        (finished.layout.results / folder).mkdir(exist_ok=True)
    for name in ("a", "b"):
        finished.run("publish", to=tmp_path / name)
    assert (tmp_path / "a" / "table.csv.gz").read_bytes() == (tmp_path / "b" / "table.csv.gz").read_bytes()


def test_a_study_that_is_not_finished_is_not_published(finished, tmp_path):
    finished.run("scorecard")
    assert "no report yet" in finished.refused("publish", to=tmp_path / "published")
    assert not (tmp_path / "published").exists()
