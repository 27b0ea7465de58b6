"""YAML as experiment files use it: YAML 1.2 scalars, no aliases, no duplicate keys, and the place of every value.

PyYAML follows YAML 1.1, where `1e-3` is a text, `no` is false and `10:30` is 630; the resolvers are replaced here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import yaml

from optbench.config.findings import Finding, dotted
from optbench.core.printable import escaped_yaml
from optbench.core.worded import joined, recognised, worded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optbench.config.findings import Path

MAX_BYTES = 1 << 20
MAX_DEPTH = 64

_SCALARS = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+0123456789."),
    ),
)


_NO_ANCHORS = worded(
    "yaml-no-anchors", "anchors, aliases and merge keys (&, *, <<) are not supported. Write the value out."
)
_REMEDIES = {
    "'\\t'": worded("yaml-tabs", "Indent with spaces, not tabs."),
    "mapping values are not allowed": worded(
        "yaml-colon",
        "Put quotes around a text that holds ': ', indent the keys of a section equally, and put a "
        "space after the ':' of every key above.",
    ),
    "cannot start any token": worded("yaml-token", "Put quotes around the text."),
    "unknown escape character": worded("yaml-escape", "Put single quotes around a text with a backslash."),
    "expected <block end>": worded(
        "yaml-indent", "Indent the keys of a section equally, and look for a quote too many above."
    ),
    "expected the node content": worded("yaml-value-missing", "A value is missing before it."),
}
# What PyYAML says, which has sentences only.
_PROBLEMS: Mapping[str, Callable[..., str]] = {
    r"expected ',' or '(?P<end>.)', but got (?P<found>.*)": lambda **values: worded(
        "yaml-expected-comma", "expected ',' or '{end}', but got {found}", **values
    ),
    r"found character (?P<found>.*) that cannot start any token": lambda **values: worded(
        "yaml-cannot-start", "found character {found} that cannot start any token", **values
    ),
    r"mapping values are not allowed here": lambda: worded("yaml-mapping-here", "mapping values are not allowed here"),
    r"expected <block end>, but found (?P<found>.*)": lambda **values: worded(
        "yaml-block-end", "expected <block end>, but found {found}", **values
    ),
    r"expected the node content, but found (?P<found>.*)": lambda **values: worded(
        "yaml-node-content", "expected the node content, but found {found}", **values
    ),
    r"could not find expected ':'": lambda: worded("yaml-no-colon", "could not find expected ':'"),
    r"found unknown escape character (?P<found>.*)": lambda **values: worded(
        "yaml-unknown-escape", "found unknown escape character {found}", **values
    ),
}
_OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 scalars."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own way to hold them


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same, compiled where PyYAML has libyaml; it is less strict and words problems otherwise."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes every text which YAML 1.1 or 1.2 would read as something else."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: list(resolvers) for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }


for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)
    _Dumper.add_implicit_resolver(_tag, re.compile(_pattern), _first)


class _FlowList(list[Any]):
    """A list written on one line."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # line breaks of all kinds survive in double quotes alone
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    _FlowList, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file or `--set`, line and column from 0, and the whole line."""

    source: str
    line: int
    column: int
    text: str


@dataclass(slots=True)
class YamlDocument:
    """A parsed document.

    Attributes
    ----------
    source : name of the file, for messages
    plain : dicts (text keys), lists and scalars
    texts : scalars as typed, by path
    key_places, value_places : by path
    findings : what is wrong with the document itself; `plain` holds what could be read
    is_broken : True if nothing could be read
    """

    source: str = ""
    plain: Any = None
    texts: dict[Path, str] = field(default_factory=dict)
    key_places: dict[Path, Place] = field(default_factory=dict)
    value_places: dict[Path, Place] = field(default_factory=dict)
    findings: list[tuple[Finding, Place | None]] = field(default_factory=list)
    is_broken: bool = False

    def keep_text(self, path: Path) -> None:
        """Put a number or truth value back as it was typed, where a text is meant: a name 007, a label 1."""
        parent: Any = self.plain
        try:
            for part in path[:-1]:
                parent = parent[part]
            if isinstance(parent[path[-1]], int | float):
                parent[path[-1]] = self.texts[path]
        except (KeyError, IndexError, TypeError):
            return

    def place(self, finding: Finding) -> Place | None:
        """Return where the caret of a finding belongs: the key, the value, or the nearest parent that exists."""
        places = self.value_places if finding.at == "value" else self.key_places
        if finding.path in places:
            return places[finding.path]
        for length in range(len(finding.path), 0, -1):
            if finding.path[:length] in self.key_places:
                return self.key_places[finding.path[:length]]
        return None


def parse_yaml(text: str, source: str = "", *, quickly: bool = False) -> YamlDocument:
    """Parse one document; what is wrong with it is in `findings`, never raised.

    Parameters
    ----------
    quickly : in a tenth of the time, for a text that optbench wrote; if it is not valid, it is read again with care
    """
    if quickly:
        document = _parsed(text, source, _FastLoader)
        if not document.findings:
            return document
    return _parsed(text, source, _Loader)


def _parsed(text: str, source: str, loader: Any) -> YamlDocument:
    document = YamlDocument(source)
    lines = text.splitlines() or [""]
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        _broken(document, worded("yaml-too-large", "an experiment file has at most 1 MiB. Received: a larger one."))
        return document
    try:
        if alias := _first_alias(text, loader):
            _broken(
                document,
                _NO_ANCHORS,
                _place(alias, document, lines),
            )
            return document
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark, sentence = _explained(error)
        _broken(document, _invalid(sentence), _place(mark, document, lines) if mark else None)
        return document
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        _broken(document, _invalid(f"{str(error).splitlines()[0]}."))
        return document
    if node is None:
        return document
    document.plain = _plain(node, (), document, lines)
    return document


def dump_yaml(plain: Any) -> str:
    """Return plain values as YAML that both a 1.1 and a 1.2 reader take for the same; floats are exact."""
    text = yaml.dump(_flowed(plain), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return escaped_yaml(text)


def dump_value(value: Any) -> str:
    """Return one value as YAML on one line."""
    text = str(yaml.dump(value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=10**9))
    return escaped_yaml(text.removesuffix("...\n").rstrip("\n"))


def _flowed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _flowed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_flowed(item) for item in value]
        return items if any(isinstance(item, dict | list) for item in items) else _FlowList(items)
    return value


def _first_alias(text: str, loader: Any) -> Any:
    depth = 0
    for token in yaml.scan(text, Loader=loader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            return token.start_mark
        if isinstance(token, yaml.TagToken):
            raise yaml.MarkedYAMLError(
                problem=worded("yaml-tags", "tags (!...) are not supported"), problem_mark=token.start_mark
            )
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > MAX_DEPTH:
            problem = worded("yaml-deep", "nested deeper than {most} levels", most=MAX_DEPTH)
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=token.start_mark)
    return None


def _plain(node: yaml.Node, path: Path, document: YamlDocument, lines: list[str]) -> Any:
    document.value_places.setdefault(path, _place(node.start_mark, document, lines))
    if isinstance(node, yaml.MappingNode):
        return _plain_mapping(node, path, document, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), document, lines) for i, item in enumerate(node.value)]
    return _plain_scalar(node, path, document, lines)


def _plain_mapping(node: yaml.MappingNode, path: Path, document: YamlDocument, lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        place = _place(key.start_mark, document, lines)
        if key.value == "<<" and not key.style:
            document.findings.append((Finding((), _NO_ANCHORS, code="config-yaml-invalid"), place))
            continue
        if not isinstance(key, yaml.ScalarNode):
            document.findings.append(
                (
                    Finding(
                        path,
                        worded("yaml-key-plain", "a key must be a plain word. Received: a list or mapping."),
                        code="config-yaml-invalid",
                    ),
                    place,
                )
            )
            continue
        word = _whole(key, document, place)
        here = (*path, word)
        if word in found:
            first = document.key_places[here].line + 1
            sentence = worded(
                "yaml-key-twice",
                "{key}: key given twice, first in line {first}. Remove one of the two.",
                key=dotted(here),
                first=first,
            )
            document.findings.append((Finding((), sentence, code="config-key-repeated"), place))
            continue
        document.key_places[here] = place
        found[word] = _plain(value, here, document, lines)
    return found


def _plain_scalar(node: yaml.Node, path: Path, document: YamlDocument, lines: list[str]) -> Any:
    document.texts[path] = node.value
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind == "int":
        return _integer(node.value, path, document, _place(node.start_mark, document, lines))
    if kind == "float":
        return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return _whole(node, document, _place(node.start_mark, document, lines))


def _whole(node: yaml.Node, document: YamlDocument, place: Place) -> str:
    """Return a text with the pairs of escapes that JSON writes for one character put together."""
    text = str(node.value)
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        sentence = worded(
            "yaml-half-character",
            "a text must not hold half a character, an escape from \\ud800 to \\udfff. Write the character itself.",
        )
        document.findings.append((Finding((), sentence, code="config-yaml-invalid"), place))
        return ""


class _LongNumber(int):
    """The 0 in the place of a number that is refused for its length, shown in other messages as it was written."""

    def __new__(cls, _text: str) -> Self:
        return super().__new__(cls, 0)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _integer(text: str, path: Path, document: YamlDocument, place: Place) -> int:
    limit = 25  # digits; Python itself refuses thousands of them
    if len(text) > limit:
        document.findings.append(
            (
                Finding(
                    path,
                    worded("yaml-long-number", "a whole number has at most 25 digits."),
                    "value",
                    code="config-value-wrong",
                ),
                place,
            )
        )
        return _LongNumber(text)
    return int(text, 10)


def _place(mark: Any, document: YamlDocument, lines: list[str]) -> Place:
    text = lines[mark.line] if mark.line < len(lines) else ""
    return Place(document.source, mark.line, mark.column, text)


def _broken(document: YamlDocument, sentence: str, place: Place | None = None) -> None:
    document.findings.append((Finding((), sentence, code="config-yaml-invalid"), place))
    document.is_broken = True


def _invalid(sentence: str) -> str:
    return worded("yaml-invalid", "not valid YAML: {sentence}", sentence=sentence)


def _explained(error: yaml.MarkedYAMLError) -> tuple[Any, str]:
    """Return where the caret belongs and what PyYAML's problem means."""
    mark = error.problem_mark or error.context_mark
    problem = recognised(error.problem or error.context or "", _PROBLEMS)
    if "expected a single document" in (error.context or ""):
        return mark, worded(
            "yaml-one-document", "an experiment file holds one document. Remove the '---' in the middle."
        )
    if ("<stream end>" in problem or "end of stream" in problem) and error.context_mark is not None:
        return error.context_mark, worded(
            "yaml-never-closed", "what is opened here is never closed. Add the missing bracket, brace or quote."
        )
    if "expected ':'" in problem:
        return error.context_mark or mark, worded(
            "yaml-key-end", "{problem}. Every key ends with ': '.", problem=problem
        )
    remedy = next((remedy for words, remedy in _REMEDIES.items() if words in problem), "")
    return mark, joined(problem, ". ", remedy) if remedy else joined(problem, ".")
