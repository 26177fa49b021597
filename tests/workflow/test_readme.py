"""The README's study of one's own runs as it is printed."""

import json
import re

import pandas as pd
from project import ROOT, Project


def test_the_ten_line_study_runs_as_printed(project: Project) -> None:
    readme = (ROOT / "README.md").read_text()
    printed = re.search(r"```yaml\n# config/mine.yaml\n(.*?)```", readme, flags=re.DOTALL)
    assert printed is not None
    assert len(printed[1].splitlines()) == 10
    (project.folder / "config/mine.yaml").write_text(printed[1])
    animals, colours = ("dog", "Hund"), ("cat", "Kater")
    lines = [
        f"{n} {animal[0]}s eat {m} apples\t{n} {animal[1]} essen {m} Aepfel"
        for n in range(10)
        for m in range(10)
        for animal in (animals, colours)
    ]
    (project.folder / "pets.tsv").write_text("".join(f"{line}\n" for line in lines))
    command = re.search(r"\./run snakemake (--configfile config/mine.yaml [^#]*)#", readme)
    assert command is not None
    result = project.snakemake(*command[1].split())
    assert result.returncode == 0, result.stderr[-3000:]
    page = (project.folder / "results/mine/report/pets.html").read_text()
    assert "convex-exp" in page
    table = pd.read_csv(project.folder / "results/mine/table.csv")
    assert set(table[table.objective == "convex-exp"].order) == {1, 3}
    card = json.loads((project.folder / "results/mine/scorecard.json").read_text())
    assert {row["verdict"] for row in card if row["family"] != "mathematics"} == {"not run"}
