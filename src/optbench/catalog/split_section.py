"""The `split` section, which every kind of data set has."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optbench.core.section import Section

Fraction = Annotated[float, Field(gt=0, lt=1)]


class SplitConfig(Section):
    """Which rows train, validate and test."""

    test: Fraction | None = Field(
        default=None, description="Fraction of all rows for testing; 0.2 where the data has no test set of its own."
    )
    validation: float = Field(default=0.1, ge=0, lt=1, description="Fraction of all rows for validation; 0 for none.")
    stratify: bool = Field(default=True, description="Keep the classes' shares in every split; not for regression.")
    seed: int = Field(default=0, ge=0, lt=2**63, description="Seed of the split, separate from the run's seed.")
    test_path: str | None = Field(default=None, min_length=1, description="A second file that holds the test rows.")
    column: str | None = Field(default=None, min_length=1, description="A column that names each row's split.")
    folds: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        description="Divide the rows into so many folds, of which one is tested; 'run --folds' trains on each in turn.",
    )
    fold: int | None = Field(default=None, ge=0, lt=1000, description="Which of them is tested, from 0.")
    group: str | None = Field(
        default=None,
        min_length=1,
        description="A column whose rows of one value stay in one split, or 'duplicates' for equal rows.",
    )
    time: str | None = Field(
        default=None,
        min_length=1,
        description="A column of dates or times: training rows come first, then validation, then test rows.",
    )
    all_rows: bool = Field(
        default=False,
        description="Train on every row, those of the validation and the test split too: a model for use, without a "
        "test score. 'optbench refit' writes it.",
    )
    withhold_test: bool = Field(
        default=False, description="Leave the test split empty after splitting, so that no run can look at it."
    )
