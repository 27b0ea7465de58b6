"""A finished folder as it leaves: its files, some other than at home, with a manifest that says what they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optbench.run_store import OtherFile, SharedRecord, Why, read_shared
from optbench.run_store.archive import Member
from optbench.run_store.listed_files import ListedFile
from optbench.run_store.paths import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def listed_bytes(data: bytes) -> ListedFile:
    """Return size and sha256 of bytes."""
    return ListedFile(len(data), hashlib.sha256(data).hexdigest())


@dataclass(slots=True)
class FolderCopy:
    """A folder on its way out.

    Attributes
    ----------
    folder : where it lies
    manifest : name of its manifest
    listed : its files, as that has them
    changed : new bytes of files, by their names, with the reason
    withheld : names of files that stay, with the reason
    renamed : names that files leave under, where their own says where somebody works
    """

    folder: Path
    manifest: str
    listed: Mapping[str, ListedFile]
    changed: dict[str, tuple[bytes, Why]] = field(default_factory=dict)
    withheld: dict[str, Why] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """True if the folder leaves as it is."""
        return not (self.changed or self.withheld or self.renamed)

    def hold_back(self, name: str, why: Why) -> None:
        """Let a file stay, if there is one."""
        if name in self.listed:
            self.withheld[name] = why

    def edit(self, name: str, change: Callable[[str], str], why: Why) -> None:
        """Change the text of a file that leaves; what stays the same is not changed."""
        if name not in self.listed or name in self.withheld:
            return
        before = self.text(name)
        after = change(before)
        if after != before:
            self.changed[name] = (after.encode("utf-8", "surrogateescape"), why)

    def text(self, name: str) -> str:
        """Return a file as it would leave now."""
        from optbench.run_store.reading import read_bytes

        data = self.changed[name][0] if name in self.changed else read_bytes(self.folder / name)
        return data.decode("utf-8", "surrogateescape")

    def members(
        self, manifest_of: Callable[[Mapping[str, ListedFile]], bytes], *, is_whole: bool | None = None
    ) -> dict[str, Member]:
        """Return what leaves, by name in the folder.

        Parameters
        ----------
        manifest_of : returns the manifest of files; asked only if it is another one than there is
        is_whole : False if the manifest is another one though no file is; None leaves that to the files
        """
        leaving = [name for name in self.listed if name not in self.withheld]
        found = {self.renamed.get(name, name): self._member(name) for name in leaving}
        if self.is_whole if is_whole is None else is_whole:
            return {**found, self.manifest: Member(self.folder / self.manifest)}
        found[SHARED] = Member(self._record().to_bytes())
        listed = {name: _as_listed(member) for name, member in sorted(found.items())}
        return {**found, self.manifest: Member(manifest_of(listed))}

    def _member(self, name: str) -> Member:
        return Member(self.changed[name][0]) if name in self.changed else Member(self.folder / name, self.listed[name])

    def _record(self) -> SharedRecord:
        """Return what is other than it was sealed; what was said of a copy that is passed on stays."""
        from optbench.run_store.reading import size_and_sha256

        before = read_shared(self.folder) or SharedRecord(ListedFile(*size_and_sha256(self.folder / self.manifest)))
        first = {name: before.replaced.get(name) for name in self.listed}
        replaced = {name: first[name] or OtherFile(self.listed[name], why) for name, (_, why) in self.changed.items()}
        renamed = {now: first[name] or OtherFile(self.listed[name], Why.PATH) for name, now in self.renamed.items()}
        withheld = {name: first[name] or OtherFile(self.listed[name], why) for name, why in self.withheld.items()}
        kept = {name: one for name, one in before.replaced.items() if name not in {*self.withheld, *self.renamed}}
        return SharedRecord(before.manifest, {**kept, **replaced, **renamed}, {**before.withheld, **withheld})


def _as_listed(member: Member) -> ListedFile:
    if isinstance(member.source, bytes):
        return listed_bytes(member.source)
    assert member.listed is not None  # noqa: S101 - files come from a manifest, which lists them
    return member.listed
