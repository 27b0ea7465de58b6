"""Versions and digests of what is installed."""

from __future__ import annotations

import hashlib
from importlib import metadata

from optbench.provenance import key_versions
from optbench.provenance.versions import key_package_digests, key_package_digests_like


def test_digests_tell_what_is_installed():
    """Each key package has a digest of its own, the same on every call; another recorded file changes it."""
    first = key_package_digests()
    assert set(first) == set(key_versions())
    assert all(len(digest) == 64 for digest in first.values())
    assert len(set(first.values())) == len(first)
    assert key_package_digests() == first
    files = metadata.files("numpy")
    assert key_package_digests(lambda _name: files[:-50])["numpy"] != first["numpy"]


def test_a_script_that_names_its_environment_changes_no_digest():
    """Installed elsewhere, the library is the same; what a version that counted scripts has recorded is recognised."""

    def installed(environment):
        files = [metadata.PackagePath("numpy/core.py"), metadata.PackagePath("../../../bin/f2py")]
        for file, content in zip(files, ("the library", f"#!{environment}/bin/python"), strict=True):
            file.hash = metadata.FileHash(f"sha256={content}")
        return lambda name: files if name == "numpy" else None

    here, elsewhere = installed("/home/a/venv"), installed("/home/b/venv")
    assert key_package_digests(here) == key_package_digests(elsewhere)
    counted = hashlib.sha256(b"../../../bin/f2py #!/home/a/venv/bin/python\nnumpy/core.py the library").hexdigest()
    assert key_package_digests_like({"numpy": counted}, here)["numpy"] == counted
    assert key_package_digests_like({"numpy": counted}, elsewhere) == key_package_digests(elsewhere)
    assert key_package_digests_like({}, here) == key_package_digests(here)
