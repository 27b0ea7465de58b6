"""Reading the machine file: as strict as an experiment file, every finding with file, line, column and caret."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.config.findings import Finding, shown
from optbench.config.load import config_error, read_text
from optbench.config.machine_sections import MachineConfig
from optbench.config.pydantic_findings import validate_section
from optbench.config.schema import DIALECT
from optbench.config.yaml_document import parse_yaml
from optbench.core.regular_files import is_there
from optbench.core.worded import worded

if TYPE_CHECKING:
    from optbench.config.yaml_document import YamlDocument

NAME: Final = "machine.yaml"
# what may look like a number to YAML and is a word of the scheduler
_TEXTS: Final = (("slurm", "partition"), ("slurm", "account"), ("slurm", "gpus"))


def load_machine(path: Path | None = None) -> MachineConfig:
    """Load the machine file that is named, else the user's own if there is one, else what holds without any.

    Raises
    ------
    ConfigError
        With every finding, or if the file that is named cannot be read.
    """
    if path is None:
        path = users_machine_file()
        if not is_there(path):
            return MachineConfig()
    document = parse_yaml(read_text(path, "machine"), str(path))
    for place in document.texts:
        if place in _TEXTS:
            document.keep_text(place)
    return _validated(document)


def users_machine_file() -> Path:
    """Return where a user's own machine file lies, on Linux `~/.config/optbench/machine.yaml`."""
    import platformdirs

    return Path(platformdirs.user_config_dir("optbench", appauthor=False)) / NAME


def machine_json_schema() -> dict[str, Any]:
    """Return the schema of machine files, for editors, as plain JSON values."""
    described = "What runs are given where they are executed; never part of a result."
    return {
        "$schema": DIALECT,
        **MachineConfig.model_json_schema(),
        "title": "optbench machine file",
        "description": described,
    }


def _validated(document: YamlDocument) -> MachineConfig:
    placed, config = list(document.findings), None
    if not document.is_broken and not (document.plain is None and placed):
        config, findings = _config_of({} if document.plain is None else document.plain)
        placed += [(finding, document.place(finding)) for finding in findings]
    if placed or config is None:
        raise config_error(placed, document.source)
    return config


def _config_of(plain: Any) -> tuple[MachineConfig | None, list[Finding]]:
    if not isinstance(plain, dict):
        said = worded(
            "must-machine",
            "a machine file must be a mapping of keys and values. Received: {received}.",
            received=shown(plain),
        )
        return None, [Finding((), said, code="config-value-wrong")]
    return validate_section(MachineConfig, plain, ())
