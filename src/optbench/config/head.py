"""The keys above the sections: name, seed and seeds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.catalog.models import MODELS
from optbench.config.dataset_sections import NamedDataset
from optbench.config.experiment import ExperimentConfig
from optbench.config.findings import Finding, shown
from optbench.config.names import name_fault
from optbench.config.pydantic_findings import validate_section
from optbench.config.seeds import parse_seeds
from optbench.core.worded import joined, worded
from optbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def with_seed_list(head: Mapping[str, Any]) -> dict[str, Any]:
    """Return the head with `seeds: 0..9` and `seeds: 0,1,5`, as on the command line, as a list."""
    seeds = head.get("seeds")
    try:
        return {**head, "seeds": parse_seeds(seeds)} if isinstance(seeds, str) else dict(head)
    except UsageError:
        return dict(head)


def _seed_remedy(key: object, head: Mapping[str, Any]) -> str:
    value = head.get(str(key))
    if key == "seeds" and isinstance(value, int | str):
        return worded("hint-seeds", " Write a list such as [0, 1, 5], or a range such as 0..9, both ends included.")
    if key == "seed" and isinstance(value, list | str):
        return worded("hint-several-seeds", " Several seeds are written seeds: [0, 1, 2].")
    return ""


def head_findings(head: Mapping[str, Any]) -> list[Finding]:
    """Check name, seed, seeds and unknown keys, with stand-ins for the sections."""
    stand_ins = {
        "dataset": NamedDataset(name="iris"),
        "model": MODELS["logistic"].section(name="logistic"),
        "optimizer": {"name": "sgd"},
    }
    _, findings = validate_section(ExperimentConfig, {**head, **stand_ins}, ())
    explained = []
    for finding in findings:
        if finding.path == ("name",) and isinstance(head.get("name"), str):
            sentence = name_fault(head["name"], worded("name-since-folder", "since it becomes a folder's name"))
            explained.append(replace(finding, sentence=sentence))
        elif finding.path in (("seed",), ("seeds",)):
            explained.append(replace(finding, sentence=joined(finding.sentence, _seed_remedy(finding.path[0], head))))
        else:
            explained.append(finding)
    if "seed" in head and head.get("seeds") is not None:
        explained.append(
            Finding(
                ("seeds",),
                worded("key-seed-both", "give seed or seeds, not both. Remove one of the two."),
                at="key",
                code="config-keys-conflict",
            )
        )
    seeds = head.get("seeds")
    if isinstance(seeds, list) and all(isinstance(seed, int) for seed in seeds) and len(set(seeds)) < len(seeds):
        explained.append(
            Finding(
                ("seeds",),
                worded("must-seed-once", "each seed once. Received: {received}.", received=shown(seeds)),
                code="config-value-repeated",
            )
        )
    return explained
