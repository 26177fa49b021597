"""Where a study's files lie, below results/{preset}."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The paths of one study."""

    results: Path
    """results/{preset}."""

    def data(self, task: str) -> Path:
        """The folder of a prepared task, by its label."""
        return self.results / "data" / task

    def prepared(self, task: str) -> Path:
        """What was prepared: counts, and the hash of every file in the folder."""
        return self.data(task) / "prepared.json"

    def run(self, key: str) -> Path:
        """A run's folder."""
        return self.results / "runs" / key

    def weights(self, key: str) -> Path:
        """A run's fitted weights."""
        return self.run(key) / "model.safetensors"

    def training_log(self, key: str) -> Path:
        """What was logged in training."""
        return self.run(key) / "training.jsonl"

    def summary(self, key: str) -> Path:
        """What there is to say of a run's training as a whole."""
        return self.run(key) / "training.json"

    def benchmark(self, key: str) -> Path:
        """What a run's training took, as Snakemake measures it."""
        return self.results / "benchmarks" / f"{key}.tsv"

    def outputs(self, key: str, decoder: str) -> Path:
        """A run's outputs by one decoder."""
        return self.run(key) / "outputs" / f"{decoder}.jsonl"

    def scores(self, key: str) -> Path:
        """A run's scores."""
        return self.run(key) / "scores.json"

    def items(self, key: str) -> Path:
        """What the scores are made of, item by item."""
        return self.run(key) / "items.npz"

    def comet(self, key: str, decoder: str) -> Path:
        """COMET's score of a run's outputs."""
        return self.run(key) / "comet" / f"{decoder}.json"

    def speed(self, task: str) -> Path:
        """Decoding speeds on a task."""
        return self.results / "speed" / f"{task}.json"

    @property
    def identities(self) -> Path:
        """Mathematics: rows of the long table that follow from no run."""
        return self.results / "identities.csv"

    @property
    def errata(self) -> Path:
        """The equations of Huszár (2015), checked."""
        return self.results / "tables" / "errata.csv"

    @property
    def table(self) -> Path:
        """The long table of the whole study."""
        return self.results / "table.csv"

    @property
    def compressed_table(self) -> Path:
        """The same, as it is published."""
        return self.results / "table.csv.gz"

    def page_table(self, page: str) -> Path:
        """The table of one page."""
        return self.results / "tables" / f"{page}.csv"

    @property
    def scorecard(self) -> Path:
        """The verdict of every claim."""
        return self.results / "scorecard.json"

    def page(self, page: str) -> Path:
        """A rendered page."""
        return self.results / "report" / f"{page}.html"
