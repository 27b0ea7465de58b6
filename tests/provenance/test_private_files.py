"""Files that look like secrets stay out of the stored patch, which says so."""

from __future__ import annotations

import json
import time

import pytest

from optbench.provenance import collect_environment
from optbench.provenance.checkout import read_checkout
from optbench.provenance.private_files import holds_secret, is_private_name

SECRET = "hunter2-hunter2\n"  # noqa: S105 - nobody's
# Put together here, so that no file of this repository looks like it holds one.
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIB\n-----END " + "RSA PRIVATE KEY-----\n"
TOKENS = {
    "amazon": "AKIA" + "ABCDEFGHIJKLMNOP",
    "github": "ghp_" + "a1" * 18,
    "github fine-grained": "github_pat_" + "a1" * 15,
    "gitlab": "glpat-" + "a1" * 10,
    "google": "AIza" + "a1" * 17 + "b",
    "hugging face": "hf_" + "aB" * 17,
    "language model": "sk-proj-" + "a1" * 20,
    "npm": "npm_" + "a1" * 18,
    "pypi": "pypi-AgE" + "a1" * 40,
    "slack": "xoxb-" + "1234567890-abc",
    "stripe": "sk_live_" + "a1" * 12,
    "web token": "eyJ" + "a1" * 10 + ".eyJ" + "a1" * 10 + "." + "a1" * 10,
    "address": "postgresql://ana:" + "correcthorse@db.example.org/x",
    "address with an escape": "postgres://ana:" + "p%40ssw0rd@db.example.org",
    "groq": "gsk_" + "a1" * 15,
    "vault": "hvs." + "a1" * 15,
    "digital ocean": "dop_v1_" + "a1" * 32,
    "webhook": "https://hooks." + "slack.com/services/T0AB12CD3/B0/x1",
    "json key of amazon": '"SecretAccess' + 'Key": "' + "aB3/" * 10 + '"',
    "key": KEY,
    "service account": json.dumps({"private_key": KEY}),
}
NAMES = (
    *(".env-prod", ".env_prod", ".envs/.production/.django", "prod.env.example", "secrets-prod.yaml", "secret_key.txt"),
    *("secret", "db_password.txt", "passwd", ".smbcredentials", "credentials2.json", "credentials (1).json"),
    *(".env (copy)", "copy-of-id_rsa", "key.pem.enc", "tokens.json", "deploy_key", "privatekey.txt", "client.p12.b64"),
    *("rclone.conf", ".bash_history"),
    *(".env", ".ENV", "deploy/.env.production", "prod.env", "server.pem", "tls/Server.KEY", "id_rsa", "id_rsa.old"),
    *(
        "keys/id_ed25519",
        "a.p12",
        "a.PFX",
        "release.keystore",
        "credentials",
        "credentials.json",
        "gcp-credentials.json",
    ),
    *(".netrc", ".pypirc", ".npmrc", "secrets.yaml", "secrets/db.txt", ".aws/config", "home/.ssh/known_hosts"),
    *("kubeconfig", "prod.kubeconfig", "my-service-account.json", "service_account_key.json", ".htpasswd", "a.kdbx"),
    *(
        "token.txt",
        "hf_token",
        ".git-credentials",
        "api_key.txt",
        ".env~",
        "server.pem.bak",
        ".env.bak.old",
        "kaggle.json",
    ),
)
ORDINARY = (
    *(
        "model.py",
        "tokenizer.json",
        "src/tokens.py",
        "environment.yml",
        "env.py",
        "keyboard.py",
        "monkey.py",
        "keys.py",
    ),
    *(
        "README.md",
        "data/passwordless.csv",
        "secretary.csv",
        "train.csv",
        "pemberton.txt",
        "ssh.md",
        "docs/credential_use.md",
    ),
)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets(name):
    """Names of secrets are known in any case, in any folder and as backups."""
    assert is_private_name(name)
    assert is_private_name(f"Some folder/{name.upper()}")


@pytest.mark.parametrize("name", ["deploy/.ENV.local", "id_rsa", ".aws/config", "tls é/server.pem~"])
def test_left_out_by_name(checkout, git, name):
    """A changed file with the name of a secret is named as left out; other changes are in the patch, which applies."""
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("old\n")
    git(checkout, "add", "-f", ".")
    git(checkout, "commit", "-q", "-m", "secret")
    path.write_text(SECRET)
    (checkout / "model.py").write_text("width = 1\n")
    facts = collect_environment(base=checkout)
    assert facts["git"]["left_out"] == [name]
    assert SECRET.strip() not in json.dumps(facts)
    assert name in facts["patch"].partition("\n")[0]
    git(checkout, "reset", "-q", "--hard")
    git(checkout, "apply", stdin=facts["patch"])
    assert (checkout / "model.py").read_text() == "width = 1\n"
    assert path.read_text() == "old\n"


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_names(name):
    """Names that only resemble those of secrets are ordinary."""
    assert not is_private_name(name)


def test_only_secrets_changed(checkout, git):
    """If nothing else changed, the patch is the line that says so."""
    (checkout / ".env").write_text(SECRET)
    git(checkout, "add", "-f", ".env")
    found = read_checkout(checkout)
    assert found.dirty
    assert found.left_out == (".env",)
    assert found.patch.count("\n") == 1
    assert ".env" in found.patch


@pytest.mark.parametrize("old_name, new_name", [(".env", "settings.txt"), ("settings.txt", ".env")])
@pytest.mark.parametrize("edit", ["", "more\n"], ids=["as it is", "edited"])
@pytest.mark.parametrize("keep", [True, False], ids=["copied", "renamed"])
def test_renames_and_copies(checkout, git, old_name, new_name, edit, keep):
    """What was or becomes a secret by its name is left out under both names."""
    text = "".join(f"NAME_{i}=hunter{i}\n" for i in range(20))
    (checkout / old_name).write_text(text)
    git(checkout, "add", "-f", ".")
    git(checkout, "commit", "-q", "-m", "secret")
    (checkout / new_name).write_text(text + edit)
    if not keep:
        (checkout / old_name).unlink()
    git(checkout, "add", "-f", "-A")
    (checkout / "model.py").write_text("width = 1\n")
    found = read_checkout(checkout)
    assert set(found.left_out) == ({new_name} if keep else {old_name, new_name})
    assert "hunter" not in found.patch
    assert "+width = 1" in found.patch


def test_a_file_overwritten_with_a_secret(checkout, git):
    """A copy over a file that was there before is left out too."""
    text = "".join(f"NAME_{i}=hunter{i}\n" for i in range(20))
    (checkout / ".env").write_text(text)
    (checkout / "notes.txt").write_text("".join(f"an ordinary line {i * i}\n" for i in range(20)))
    git(checkout, "add", "-f", ".")
    git(checkout, "commit", "-q", "-m", "secret")
    (checkout / "notes.txt").write_text(text)
    found = read_checkout(checkout)
    assert found.left_out == ("notes.txt",)
    assert "hunter" not in found.patch


@pytest.mark.parametrize("kind", TOKENS)
def test_shapes_of_secrets(kind):
    """Keys and tokens are known within any text."""
    assert holds_secret(f"+setting = '{TOKENS[kind]}'".encode())


@pytest.mark.parametrize("attribute", ["", "*.txt binary", "*.txt -diff"])
@pytest.mark.parametrize("change", ["added", "removed"])
@pytest.mark.parametrize("kind", ["github", "key"])
def test_secrets_in_ordinary_files(checkout, git, kind, change, attribute):
    """A key or a token keeps its file out of the patch, also when it was removed or the file is stored as binary."""
    texts = ["nothing\n", f"setting = {TOKENS[kind]}\n"]
    old, new = texts if change == "added" else texts[::-1]
    (checkout / "notes.txt").write_text(old)
    (checkout / ".gitattributes").write_text(f"{attribute}\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "notes")
    (checkout / "notes.txt").write_text(new)
    (checkout / "model.py").write_text("width = 1\n")
    found = read_checkout(checkout)
    assert found.left_out == ("notes.txt",)
    assert TOKENS[kind].strip() not in found.patch
    assert "+width = 1" in found.patch


def test_a_line_within_a_private_key(checkout, git):
    """A change in the middle of a key does not show that it is one; its file does."""
    lines = [f"{'q' * 60}{i:04d}" for i in range(40)]
    head, tail = KEY.splitlines()[0], KEY.splitlines()[-1]
    (checkout / "notes.txt").write_text("\n".join([head, *lines, tail, ""]))
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "notes")
    lines[20] = "z" * 64
    (checkout / "notes.txt").write_text("\n".join([head, *lines, tail, ""]))
    found = read_checkout(checkout)
    assert found.left_out == ("notes.txt",)
    assert "zzzz" not in found.patch


@pytest.mark.parametrize(
    "text",
    [
        "api_key = os.environ['API_KEY']",
        "url = f'https://{user}:{password}@example.org'",
        "https://example.org:8080/path",
        "git@example.org:a/b.git",
        "-----BEGIN PUBLIC KEY-----",
        "task-" + "a1" * 20,
        "sk-learn-and-other-libraries-with-long-names",
        "admin_password = getpass.getpass()",
        "hf_hub_download(repo_id='x')",
    ],
)
def test_ordinary_text(text):
    """Text about secrets is no secret."""
    assert not holds_secret(text.encode())


@pytest.mark.parametrize(
    "part",
    ["-eyJ", "-SG.", "a://", "a://b:", "-----BEGIN ", "-----BEGIN A", ":_password", "accountkey ", "sk-", "~" * 9, " "],
)
def test_texts_made_to_be_slow(part):
    """No text keeps the search busy."""
    started = time.process_time()
    assert not holds_secret(part.encode() * (2**20 // len(part)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize("name", ['a "b".txt', "a\tb.txt", "a\\b.txt", "é b.txt", "a\ndiff --git a b.txt", "b b b.txt"])
def test_unusual_names(checkout, git, name):
    """Names that git quotes are kept apart like others, and one cannot look like a part of the patch."""
    (checkout / name).write_text("ordinary\n")
    (checkout / f"{name}.pem").write_text(SECRET)
    (checkout / f"{name}.log").write_text(KEY)
    git(checkout, "add", "-f", ".")
    found = read_checkout(checkout)
    assert set(found.left_out) == {f"{name}.pem", f"{name}.log"}
    git(checkout, "reset", "-q", "--hard")
    git(checkout, "apply", stdin=found.patch)
    assert (checkout / name).read_text() == "ordinary\n"
    assert not (checkout / f"{name}.log").exists()


def test_very_many_secrets(checkout, git):
    """Of very many names the first are recorded, and how many more there are."""
    (checkout / "secrets").mkdir()
    for number in range(150):
        (checkout / "secrets" / f"{number:03d}").write_text(SECRET)
    git(checkout, "add", "-f", ".")
    found = read_checkout(checkout)
    assert found.left_out[0] == "secrets/000"
    assert found.left_out[-1] == "and 50 more"
