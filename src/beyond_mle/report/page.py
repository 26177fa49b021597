"""What a notebook may read: one place that reads a page's input files."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from beyond_mle.capabilities import describe
from beyond_mle.files import read_json
from beyond_mle.outputs import read_outputs
from beyond_mle.report import (
    cost,
    examples,
    figure_html,
    forest,
    gain_parts,
    html_table,
    pipeline,
    results,
    style,
    worlds,
)
from beyond_mle.report.arms import arms, three_arms
from beyond_mle.report.claims import Family
from beyond_mle.report.curves import read_curves
from beyond_mle.report.effects import SPEED_UP
from beyond_mle.report.figures import training
from beyond_mle.report.gains import gains
from beyond_mle.report.labels import labelled
from beyond_mle.report.pages import PUBLISHED, PageFiles
from beyond_mle.report.published import as_scores, load_published
from beyond_mle.report.tables import COLUMNS, read_table
from beyond_mle.runs import Run
from beyond_mle.text.data import TextData


class Page(PageFiles):
    """A page of a study's report, as its notebook sees it."""

    @property
    def devices(self) -> list[str]:
        """What those runs were trained on."""
        return sorted({self._summary(run)["device"] for run in self.runs})

    def table(self, metrics: Collection[str] = (), decoders: Collection[str] = ()) -> pd.DataFrame:
        """Rows of the page's table: these metrics and decoders, in the order given here; by default all.

        Empty where the study has no runs for this page.
        """
        table = read_table(self.layout.page_table(self.name)) if self.runs else pd.DataFrame(columns=COLUMNS)
        for column, names in (("decoder", list(decoders)), ("metric", list(metrics))):
            if names:
                table = table[table[column].isin(names)].sort_values(
                    column, key=lambda values, names=names: values.map(names.index), kind="stable"
                )
        return table

    def scores(self) -> pd.DataFrame:
        """The page's rows of the long table, with the hyper-parameters that tell variants apart."""
        return results.long_table(self.jobs, self.layout, [run.key for run in self.runs], headline=True)

    @cached_property
    def controls(self) -> dict[str, str]:
        """Of each system that has one, the system of its control."""
        return results.controls(self.jobs)

    def seeds(self, rows: pd.DataFrame, metrics: Sequence[str], decoder: str | None = None) -> pd.DataFrame:
        """The rows of these metrics, and of one decoder if it is given, seed by seed, with the labels of figures."""
        return labelled(results.measured(rows, metrics, decoder), self.sections)

    def gains(self, rows: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
        """What runs gain over their controls, seed by seed, with the labels of figures."""
        return self.seeds(gains(rows, self.controls, self.sections, metrics), metrics)

    def beside_paper(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with a further column, paper: what the page's table prints of the paper."""
        table = self.table()
        same = [name for name in results.identity(rows) if name in table]
        return rows.merge(table[[*same, "paper"]], on=same, how="left")

    def gain_parts(self, metric: str) -> pd.DataFrame:
        """What second stages gain, in two parts, beside what the paper prints (`gain_parts.gain_parts`).

        The further columns `paper_first` and `paper` are the paper's first stage and objective, where the study names a
        substitute of its data set.
        """
        parts = gain_parts.gain_parts(self.jobs, self.scores(), metric).astype({"order": float})
        data = [self.study.substitutes.get(task, "") for task in parts.task]
        printed = load_published(PUBLISHED).rename(columns={"task": "data"}).query("metric == @metric")
        of_first = printed[printed.objective == "mle"].rename(columns={"value": "paper_first"})
        of_objective = printed.rename(columns={"value": "paper"})
        same = ["data", "model", "decoder"]
        parts = parts.assign(data=pd.Series(data, dtype=str)).merge(
            of_first[[*same, "paper_first"]], on=same, how="left"
        )
        same = [*same, "objective", "order"]
        return parts.merge(of_objective[[*same, "paper"]], on=same, how="left").drop(columns="data")

    def comparison(self, table: pd.DataFrame, across: html_table.Across, caption: str) -> HTML:
        """A table of ours beside the control's and the paper's numbers, see `html_table.comparison`."""
        return html_table.comparison(self.study, table, across, caption, self.sections)

    def identities(self, objective: str) -> pd.DataFrame:
        """The rows of the long table that follow from no run, of this objective."""
        rows = pd.read_csv(self.layout.identities)
        return rows[rows.objective == objective]

    def errata(self) -> pd.DataFrame:
        """The equations of Huszár (2015) as printed and as corrected, checked."""
        return pd.read_csv(self.layout.errata)

    def paper(self, metrics: Collection[str], data: Collection[str]) -> pd.DataFrame:
        """What the paper prints of these metrics on these data sets, in the columns of `scores`."""
        printed = as_scores(load_published(PUBLISHED), data)
        return printed[printed.metric.isin(metrics)]

    def logs(self, quantities: Sequence[str]) -> pd.DataFrame:
        """What was logged in training, by step: the columns `curves.COLUMNS`."""
        return read_curves([self.jobs[run.key] for run in self.runs], self.layout, quantities)

    def learning_curves(self) -> list[HTML]:
        """A figure of the training logs for each model on each task, of runs that lead step by step to one model."""
        shown = []
        stepwise = [self.jobs[run.key] for run in self.runs if "members" not in self._summary(run)]
        logs = read_curves(stepwise, self.layout)
        for (task, model), curves in logs.groupby(["task", "model"], sort=False):
            title = f"Learning curves of {model} on {task}"
            figure = training.learning_curves(curves, self.palette, title)
            shown.append(self.show(figure, curves, f"learning_{task}_{model}", f"{title}: a line per seed."))
        return shown

    def outputs(self, run: Run, decoder: str) -> list[list[Any]]:
        """A run's outputs by one decoder, by its label."""
        return read_outputs(self.layout.outputs(run.key, decoder))

    def worlds(self) -> HTML:
        """The page's tasks, each introduced by an example."""
        return worlds.introductions(self.study, [self.jobs[run.key] for run in self.runs], self.data(object))

    def examples(self, decoders: Collection[str] = ()) -> HTML:
        """The page's tasks by example, and what its models say of a few test sources, as p judges it.

        Args:
            decoders: whose outputs to show, by name; by default those of each run's first one.
        """
        chosen = arms(self.jobs, self.runs, decoders)
        said = examples.viewer(self.study, self.data(TextData), chosen, self.outputs)
        return HTML(f"{self.worlds().data}\n{said.data}")

    def example(self, model: str | None = None) -> HTML:
        """What one model says of the first test source after MLE, after more of it, and after the objective at issue.

        Args:
            model: by its name; where the page has no such model, the first one that was trained in this way.
        """
        chosen = three_arms(arms(self.jobs, self.runs), model)
        return examples.single(self.study, self.data(TextData), chosen, self.outputs)

    def data(self, kind: type) -> dict[str, Any]:
        """The page's tasks with this kind of data, such as `PlaneData`, by their labels."""
        opened = {run.task.label: self.jobs[run.key] for run in self.runs}
        return {
            label: job.data(self.layout.data(label))
            for label, job in opened.items()
            if issubclass(job.task.cls.Data, kind)
        }

    def speeds(self) -> pd.DataFrame:
        """The measured speeds of the page's models, and the paper's speed-ups; empty if none was measured."""
        printed = load_published(PUBLISHED)
        printed = printed[(printed.metric == SPEED_UP) & (printed.objective == "mle")]
        known = printed.set_index(["task", "model", "decoder"])["value"].to_dict()
        models = {run.model.label for run in self.runs}
        rows = []
        for file in self.speed_files:
            data = self.study.substitutes.get(file.stem, file.stem)
            for row in read_json(file):
                paper = known.get((data, row["model"], row["decoder"]))
                rows.append({"task": file.stem, **row, "paper": paper})
        return pd.DataFrame([row for row in rows if row["model"] in models])

    def scorecard(self) -> list[dict[str, Any]]:
        """The verdict of every claim."""
        return read_json(self.layout.scorecard)

    def answer(self) -> HTML:
        """With what the page opens: the claims that it is about, with their verdicts."""
        return forest.answer(self.scorecard(), self.told)

    def claims(self, family: Family) -> HTML:
        """All claims of a family, as a forest plot."""
        return forest.forest(self.scorecard(), family, self.shown_on)

    @cached_property
    def shown_on(self) -> dict[str, str]:
        """The page that shows a system first: task/model/objective → page."""
        return {results.system_of(job): job.run.pages[0] for job in self.jobs.values() if job.run.pages}

    def skipped(self) -> pd.DataFrame:
        """What was not measured, and why; a row per yardstick and reason."""
        rows = results.skipped(self.jobs, self.layout, [run.key for run in self.runs])
        groups = rows.groupby(["yardstick", "why"], sort=False)
        models = groups.model.agg(lambda names: ", ".join(dict.fromkeys(names)))
        return models.reset_index().rename(columns={"model": "models"})

    def trainings(self) -> pd.DataFrame:
        """What was trained, and how long one seed took; a row per task, model and objective."""
        rows: dict[str, dict[str, Any]] = {}
        for run in self.runs:
            summary = self._summary(run)
            row = {
                "task": run.task.label,
                "model": run.model.label,
                "objective": run.objective.label,
                "solver": run.solver.label,
                "starts from": run.start_from.objective.label if run.start_from else "scratch",
                "control": run.control.objective.label if run.control else "",
                "steps": summary["steps"],
                "parameters": summary["parameters"],
                "seeds": 0,
                "device": summary["device"],
                "seconds": [],
            }
            row = rows.setdefault(results.system_of(self.jobs[run.key]), row)
            row["seeds"] += 1
            row["seconds"].append(cost.seconds(self.layout, run))
        return pd.DataFrame(list(rows.values())).assign(seconds=lambda table: table.seconds.map(np.mean))

    def pipeline(self) -> HTML:
        """The way of a number through the study: its rules, and how many jobs each has."""
        return pipeline.pipeline(self.jobs, len(self.titles))

    @property
    def device_seconds(self) -> str:
        """What all trainings of the page took, in words."""
        return cost.in_words(cost.seconds(self.layout, run) for run in self.runs)

    def objectives(self) -> pd.DataFrame:
        """The kinds of objective in use: what the card of each says, and what it needs."""
        kinds = {job.objective.kind: job.objective.cls for job in (self.jobs[run.key] for run in self.runs)}
        rows = [
            {
                "objective": kind,
                "minimises": cls.card.minimises,
                "proper": "yes" if cls.card.proper else "no",
                "leads to": cls.card.optimum,
                "if it cannot": cls.card.leans,
                "needs": "; ".join(map(describe, cls.needs)),
            }
            for kind, cls in kinds.items()
        ]
        return pd.DataFrame(rows)

    def cleaning(self) -> pd.DataFrame:
        """How many items each split of each task kept, and why others were dropped."""
        rows = []
        for task in self.tasks:
            for split, counts in read_json(self.layout.prepared(task))["splits"].items():
                dropped = ", ".join(f"{reason}: {n}" for reason, n in counts["dropped"].items() if n) or "none"
                rows.append([style.task_label(self.study, task), split, counts["read"], counts["kept"], dropped])
        return pd.DataFrame(rows, columns=["task", "split", "read", "kept", "dropped"])

    def show(self, figure: Figure, data: pd.DataFrame, name: str, caption: str, place: str = "") -> HTML:
        """Show a figure and save it, with its data, below report/figures/.

        Args:
            figure: what to show.
            data: what it was drawn from.
            name: of its files.
            caption: what the figure shows.
            place: which figure of which paper it is or answers to.
        """
        return figure_html.show(figure, data, self.folder / "report" / "figures" / self.name / name, caption, place)

    def _summary(self, run: Run) -> dict[str, Any]:
        return read_json(self.layout.summary(run.key))
