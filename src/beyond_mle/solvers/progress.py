"""Progress of a training: a bar on a terminal, plain lines in a log, JSON lines in the run's folder."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from beyond_mle.files import read_jsonl, write_jsonl


class MetricsLog:
    """training.jsonl, one record a line; TensorBoard events beside it on request."""

    def __init__(self, folder: Path, steps: int, done: int, tensorboard: bool):
        """Open the log; records of steps after `done` (lost when the training was interrupted) are dropped."""
        self.path = folder / "training.jsonl"
        kept = [row for row in read_jsonl(self.path) if row["step"] <= done] if self.path.exists() and done else []
        write_jsonl(self.path, kept)
        self._file = self.path.open("a", encoding="utf-8")
        self._bar = tqdm(total=steps, initial=done, unit="step", disable=not sys.stderr.isatty())
        self._writer = _tensorboard(folder) if tensorboard else None

    def step(self) -> None:
        """Count one optimiser step."""
        self._bar.update()

    def write(self, record: dict[str, Any]) -> None:
        """Log one record, which holds the `step` it belongs to."""
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        line = "  ".join(f"{name} {value:.4g}" for name, value in record.items())
        if self._bar.disable:
            print(line, flush=True)
        else:
            self._bar.set_postfix_str(line)
        if self._writer is not None:
            for name, value in record.items():
                self._writer.add_scalar(name, value, record["step"])

    def close(self) -> None:
        """Flush and close everything."""
        self._file.close()
        self._bar.close()
        if self._writer is not None:
            self._writer.close()


def write_records(folder: Path, records: Iterable[dict[str, Any]]) -> None:
    """The training.jsonl of a solver that writes it when it has finished: of each member, or of each step."""
    write_jsonl(folder / "training.jsonl", records)


def _tensorboard(folder: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # slow to import, rarely wanted

    return SummaryWriter(folder / "tensorboard")
