"""Selections of the long table: which of its rows a figure or table shows."""

from collections.abc import Mapping

import pandas as pd

from beyond_mle.jobs import Job
from beyond_mle.report.results import column, decoder_values, hyper_parameters, system_of
from beyond_mle.report.style import ORACLE
from beyond_mle.yardsticks.yardstick import NO_DECODER

SYSTEM = ["task", "model", "objective"]
"""The names of a system; its variants share them."""


def trained(rows: pd.DataFrame) -> pd.DataFrame:
    """What was fitted, without the reference rows."""
    return rows[rows.model != ORACLE]


def references(rows: pd.DataFrame) -> pd.DataFrame:
    """What follows from p."""
    return rows[rows.model == ORACLE]


def searched(rows: pd.DataFrame, jobs: Mapping[str, Job]) -> pd.DataFrame:
    """The rows of the decoder that each run lists first, and those that need no decoder.

    Args:
        rows: of the long table.
        jobs: those of the study.
    """
    own, columns = {system_of(job): job for job in jobs.values()}, hyper_parameters(jobs)
    parts = [rows.iloc[:0]]
    for system, found in rows.groupby("system", sort=False):
        job = own[system]
        is_first = pd.Series(bool(job.run.decoders), found.index)
        for choice in job.run.decoders[:1]:
            values = {"decoder": choice.name, **decoder_values(columns, job.decoders[choice.label])}
            for name in values.keys() & set(found):
                is_first &= found[name] == values[name]
        parts.append(found[is_first | (found.decoder == NO_DECODER)])
    return pd.concat(parts)


def sampled(rows: pd.DataFrame, temperature: float = 1.0) -> pd.DataFrame:
    """What was measured on samples drawn at this temperature, without a cut."""
    rows = uncut(rows)
    return rows[column(rows, "temperature") == temperature]


def uncut(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without those of samples of which a nucleus or a cut-off left tokens out."""
    return rows[(column(rows, "nucleus").fillna(1) == 1) & (column(rows, "cutoff").fillna(0) == 0)]


def samplers(rows: pd.DataFrame) -> list[str]:
    """The decoders that draw samples at some temperature."""
    return list(rows[column(rows, "temperature").notna()].decoder.unique())


def swept(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The systems of which there are variants with other values of this hyper-parameter."""
    values = rows.assign(swept=column(rows, name)).groupby(SYSTEM, sort=False, dropna=False)["swept"]
    return rows[values.transform("nunique") > 1]


def along(rows: pd.DataFrame, name: str, controls: Mapping[str, str], at_control: float | None = None) -> pd.DataFrame:
    """The variants along a hyper-parameter, and their controls at a place of their own on its axis.

    Args:
        rows: of the long table.
        name: a hyper-parameter's column.
        controls: of each system that has one, the system of its control.
        at_control: the place of the controls; by default they are left out.
    """
    variants = swept(rows, name)
    if at_control is None:
        return variants
    systems = set(variants.system.map(controls).dropna()) - set(variants.system)
    beside = rows[rows.system.isin(systems)]
    return pd.concat([beside.assign(**{name: at_control}), variants])
