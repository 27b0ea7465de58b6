"""What is unusual about new rows beside the training rows: counted while they are prepared, told when they are done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

What = Literal["missing", "unseen", "outside", "outside-somewhere", "unknown-words", "cut", "unknown-tokens"]
_EXAMPLES: Final = 3


@dataclass(slots=True)
class Unusual:
    """How many cells, or rows, are unusual in which way; of some with examples and what would have been usual.

    Attributes
    ----------
    n_rows : that were looked at
    counts : number by column and way
    examples : a few texts by column and way
    usual : values for the sentence by column and way, such as the range of the training rows
    """

    n_rows: int = 0
    counts: dict[tuple[str, What], int] = field(default_factory=dict)
    examples: dict[tuple[str, What], list[str]] = field(default_factory=dict)
    usual: dict[tuple[str, What], Mapping[str, Any]] = field(default_factory=dict)

    def add(
        self, column: str, what: What, n: int, *, examples: list[str] | None = None, usual: Mapping[str, Any] | None
    ) -> None:
        """Count `n` more; nothing is kept of none."""
        if not n:
            return
        key = (column, what)
        self.counts[key] = self.counts.get(key, 0) + n
        known = self.examples.setdefault(key, [])
        known += [text for text in (examples or []) if text not in known][: _EXAMPLES - len(known)]
        if usual is not None:
            self.usual[key] = usual

    def join(self, later: Unusual) -> None:
        """Add what was counted in later rows."""
        self.n_rows += later.n_rows
        for (column, what), n in later.counts.items():
            key = (column, what)
            self.add(column, what, n, examples=later.examples.get(key), usual=later.usual.get(key))

    def findings(self) -> tuple[Finding, ...]:
        """Return a note for each column and way."""
        return tuple(
            Finding(
                f"predict-{what}",
                Severity.NOTE,
                {
                    "name": column,
                    "n": n,
                    "n_rows": self.n_rows,
                    **({"examples": self.examples[column, what]} if self.examples[column, what] else {}),
                    **self.usual.get((column, what), {}),
                },
            )
            for (column, what), n in self.counts.items()
        )
