"""What a notebook may read: one place that names a page's input files and reads them."""

import inspect
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from beyond_mle import config
from beyond_mle.errors import UserError, nearest
from beyond_mle.files import read_json
from beyond_mle.report import figures, style
from beyond_mle.report.curves import read_curves
from beyond_mle.report.pages import EXACT, INDEX, TITLES
from beyond_mle.report.published import as_scores, load_published
from beyond_mle.report.scores import comet_files, read_scores, read_truth, score_files
from beyond_mle.report.tables import COLUMNS, read_table

PUBLISHED = Path("config/published.yaml")


@dataclass(frozen=True)
class Page:
    """A page of a study's report."""

    name: str
    """A key of `TITLES`."""
    study: config.Study
    results: Path
    """The folder results/{preset}."""

    def __post_init__(self) -> None:
        if self.name not in TITLES:
            raise UserError(f"there is no page '{self.name}': {nearest(self.name, TITLES)}")

    @property
    def runs(self) -> list[config.Run]:
        """The runs that the page reports."""
        return list(config.runs(self.study)) if self.name == INDEX else config.page_runs(self.study, self.name)

    @property
    def tasks(self) -> list[str]:
        """The tasks of those runs."""
        return list(dict.fromkeys(run.task for run in self.runs))

    @property
    def devices(self) -> list[str]:
        """What those runs were trained on."""
        return sorted({self._summary(run)["device"] for run in self.runs})

    @property
    def systems(self) -> list[tuple[str, str]]:
        """The tasks and models of those runs, in pairs."""
        return list(dict.fromkeys((run.task, run.model) for run in self.runs))

    @property
    def palette(self) -> figures.Palette:
        """A colour per objective, the same on every page."""
        return style.palette(self.study)

    def inputs(self) -> list[Path]:
        """The files that the page needs; it shows `speed_files` too."""
        runs = self.results / "runs"
        summaries = [runs / run.key / "training.json" for run in self.runs]
        if self.name == INDEX:
            cleaning = [self.results / "data" / task / "cleaning.json" for task in self.tasks]
            return [self.results / "scorecard.json", *cleaning, *summaries]
        exact = [self.results / name for name in EXACT.get(self.name, [])]
        if not self.runs:
            return exact
        files = [kind for run in self.runs for kind in (score_files(run), comet_files(self.study, run))]
        own = [runs / name for names in files for name in names.values()]
        logs = [runs / run.key / "training.jsonl" for run in self.runs]
        return [*exact, PUBLISHED, self._table_file, *self._truth_files, *own, *logs, *summaries]

    def table(self, metrics: Collection[str] = (), decoders: Collection[str] = ()) -> pd.DataFrame:
        """Rows of the page's table: these metrics and decoders, in the order given here; by default all.

        Empty where the study has no runs for this page.
        """
        table = read_table(self._table_file) if self.runs else pd.DataFrame(columns=COLUMNS)
        for column, names in (("decoder", list(decoders)), ("metric", list(metrics))):
            if names:
                table = table[table[column].isin(names)].sort_values(
                    column, key=lambda values, names=names: values.map(names.index), kind="stable"
                )
        return table

    def csv(self, name: str) -> pd.DataFrame:
        """A CSV file of the study, below results/{preset}."""
        return pd.read_csv(self.results / name)

    def scores(self) -> pd.DataFrame:
        """The page's scores seed by seed, the reference rows of tasks with known p last."""
        own = read_scores(self.study, self.results / "runs", self.name)
        return pd.concat([own, read_truth(self._truth_files)], ignore_index=True)

    def paper(self, metrics: Collection[str], data: Collection[str]) -> pd.DataFrame:
        """What the paper prints of these metrics on these data sets, in the columns of `scores`."""
        printed = as_scores(load_published(PUBLISHED), data)
        return printed[printed.metric.isin(metrics)]

    def learning_curves(self) -> list[HTML]:
        """A figure of the training logs for each model on each task."""
        shown = []
        for task, model in self.systems:
            selected = [run for run in self.runs if (run.task, run.model) == (task, model)]
            curves = read_curves(selected, self.results / "runs")
            figure = figures.learning_curves(curves, self.palette)
            caption = f"Learning curves of {model} on {task}: a line per seed."
            shown.append(self.show(figure, curves, f"learning_{task}_{model}", caption))
        return shown

    def speeds(self) -> pd.DataFrame:
        """The measured speeds of the page's models, and the paper's speed-ups; empty if none was measured."""
        printed = load_published(PUBLISHED)
        models = {run.model for run in self.runs}
        rows = []
        for file in self.speed_files:
            data = self.study.substitutes.get(file.stem, file.stem)
            for row in read_json(file):
                paper = printed.get((data, row["model"], "mle", row["decoder"], "speed-up"))
                rows.append({"task": file.stem, **row, "paper": paper})
        return pd.DataFrame([row for row in rows if row["model"] in models])

    def others(self) -> dict[str, str]:
        """The other pages: file → title."""
        names = {INDEX, *EXACT, *config.pages(self.study)}
        return {f"{name}.html": TITLES[name] for name in TITLES if name in names and name != self.name}

    def paired(self, metric: str) -> pd.DataFrame:
        """Each run against its control on the same test sentences: the paired bootstrap, seed by seed."""
        rows = []
        for run in self.runs:
            for decoder, name in score_files(run).items():
                found = read_json(self.results / "runs" / name)["paired"].get(metric)
                if found is not None:
                    own = {"task": run.task, "model": run.model, "objective": run.objective, "decoder": decoder}
                    rows.append({**own, "seed": run.seed, **found})
        return pd.DataFrame(rows)

    def scorecard(self) -> list[dict[str, Any]]:
        """The verdicts."""
        return read_json(self.results / "scorecard.json")

    def trainings(self) -> pd.DataFrame:
        """What was trained: one row per task, model and objective."""
        rows: dict[tuple[str, str, str], dict[str, Any]] = {}
        for run in self.runs:
            objective = config.objective(self.study, run)
            summary = self._summary(run)
            row = {
                "task": run.task,
                "model": run.model,
                "objective": style.objective_label(run.objective, getattr(objective.options, "order", None)),
                "starts from": run.start_from or "scratch",
                "control": run.control or "",
                "steps": summary["steps"],
                "parameters": summary["parameters"],
                "seeds": 0,
                "device": summary["device"],
            }
            rows.setdefault((run.task, run.model, run.objective), row)["seeds"] += 1
        return pd.DataFrame(list(rows.values()))

    def objectives(self) -> pd.DataFrame:
        """The kinds of objective in use, each with the first sentence of its documentation."""
        kinds = {entry.kind: entry.cls for entry in (config.objective(self.study, run) for run in self.runs)}
        rows = [[kind, inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0]] for kind, cls in kinds.items()]
        return pd.DataFrame(rows, columns=["objective", "what it is"])

    def cleaning(self) -> pd.DataFrame:
        """How many pairs each split of each task kept, and why others were dropped."""
        rows = []
        for task in self.tasks:
            for split, counts in read_json(self.results / "data" / task / "cleaning.json").items():
                dropped = ", ".join(f"{reason}: {n}" for reason, n in counts["dropped"].items() if n) or "none"
                rows.append([style.task_label(self.study, task), split, counts["read"], counts["kept"], dropped])
        return pd.DataFrame(rows, columns=["task", "split", "read", "kept", "dropped"])

    def show(self, figure: Figure, data: pd.DataFrame, name: str, caption: str) -> HTML:
        """Show a figure and save it, with its data, below report/figures/."""
        stem = self.results / "report" / "figures" / self.name / name
        return figures.show(figure, data, stem, f"{caption} {self.study.caveat}")

    def _summary(self, run: config.Run) -> dict[str, Any]:
        return read_json(self.results / "runs" / run.key / "training.json")

    @property
    def speed_files(self) -> list[Path]:
        """The speed measurements that there are."""
        files = [self.results / "speed" / f"{task}.json" for task in self.tasks]
        return [file for file in files if file.exists()]

    @property
    def _table_file(self) -> Path:
        return self.results / "tables" / f"{self.name}.csv"

    @property
    def _truth_files(self) -> list[Path]:
        return [self.results / "truth" / f"{task}.json" for task in self.tasks]
