"""Versions and digests of what is installed."""

from __future__ import annotations

from importlib import metadata

from optbench.provenance import key_versions
from optbench.provenance.versions import key_package_digests


def test_digests_tell_what_is_installed():
    """Each key package has a digest of its own, the same on every call; another recorded file changes it."""
    first = key_package_digests()
    assert set(first) == set(key_versions())
    assert all(len(digest) == 64 for digest in first.values())
    assert len(set(first.values())) == len(first)
    assert key_package_digests() == first
    files = metadata.files("numpy")
    assert key_package_digests(lambda _name: files[:-50])["numpy"] != first["numpy"]
