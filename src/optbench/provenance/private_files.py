"""Files that a record must not hold: keys, passwords and tokens, known by their names and by what stands in them."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import Final

# Of a file or of any folder it lies in, in lower case. A file too many left out costs little; one too few cannot be
# taken back.
_NAMES: Final = (
    # settings of programs and services
    *(
        ".env",
        ".env[-_.]*",
        ".envs",
        "*.env",
        "*.env.*",
        ".envrc",
        ".dev.vars",
        "secret",
        "secret[-_.]*",
        "secrets",
        "secrets[-_.]*",
        ".secrets",
        "*.secret",
    ),
    *("*.secrets", "*[-_.]secrets.*", "*[-_]secret.*", "*.tfvars", "*.tfvars.json", "*.tfstate"),
    # keys and stores of keys
    *("*.pem", "*.key", "*.p8", "*.pk8", "*.p12", "*.pfx", "*.ppk", "*.jks", "*.keystore", "*.kdb", "*.kdbx"),
    *(
        "*.keychain",
        "*.gpg",
        "*.ovpn",
        "id_rsa*",
        "id_dsa*",
        "id_ecdsa*",
        "id_ed25519*",
        "*private[-_]key*",
        "*privatekey*",
    ),
    *("*.pem.*", "*.p12.*", "*.key.enc", "*[-_]id_rsa*", "*deploy[-_]key*", ".*[-_]history"),
    # credentials and tokens
    *(
        "credential",
        "*credentials",
        "credentials.*",
        "credentials[-_0-9 (]*",
        "*[-_.]credentials",
        "*[-_.]credentials.*",
    ),
    *(
        "token",
        "tokens.json",
        "tokens.txt",
        "tokens.y*ml",
        "token.json",
        "token.txt",
        "token.y*ml",
        "token.pickle",
        ".token",
        "*.token",
        "*[-_]token",
    ),
    *("*[-_]token.json", "*[-_]token.txt", "*[-_]token.y*ml", "*api[-_]key*", "*apikey*", "*access[-_]key*"),
    *("*service[-_]account*.json", "*serviceaccount*.json", "client[-_]secret*", "kaggle.json"),
    *(
        "passwd",
        "*passwords",
        "passwords.*",
        "*password",
        "*[-_]password.*",
        "password.*",
        "rclone.conf",
        ".vault[-_]*",
        "*.vault",
    ),
    # files and folders of well-known tools
    *(
        ".netrc",
        "_netrc",
        ".pypirc",
        ".npmrc",
        ".yarnrc*",
        ".htpasswd",
        "htpasswd",
        ".pgpass",
        ".my.cnf",
        ".mylogin.cnf",
    ),
    *(".git-credentials", ".s3cfg", ".boto", ".terraformrc", ".dockercfg", ".dockerconfigjson", "kubeconfig*"),
    *("*.kubeconfig", "*[-_.]kubeconfig", ".aws", ".ssh", ".gnupg", ".kube", ".docker", ".azure", ".gcloud"),
)
_NAME: Final = re.compile("|".join(map(translate, _NAMES)))  # one expression: a repository has many names
_COPY: Final = re.compile(
    r"^copy[-_ ]of[-_ ]|(?:~|\.(?:bak|backup|orig|old|save|swp|tmp|\d+)| copy| \((?:copy|\d+)\))+$"
)
_PRIVATE_KEY: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
# Shapes that their services publish so that they can be recognised; by length or prefix no ordinary text has them.
# Every repetition has an end: a text made for it could otherwise keep the search busy for hours.
_TOKEN: Final = re.compile(
    rb"""
      (?<![A-Za-z0-9]) (?:
        (?:AKIA|ASIA)[A-Z0-9]{16}                                       # Amazon
      | gh[pousr]_[A-Za-z0-9]{36} | github_pat_[A-Za-z0-9_]{22}         # GitHub
      | gl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_-]{20}                       # GitLab
      | xox[abeoprs]-[A-Za-z0-9-]{10} | xapp-\d-[A-Za-z0-9-]{10}        # Slack
      | AIza[A-Za-z0-9_-]{35} | ya29\.[A-Za-z0-9_-]{20}                 # Google
      | [rs]k_(?:live|test)_[A-Za-z0-9]{16}                             # Stripe
      | sk-(?=[A-Za-z_-]{0,40}[0-9])[A-Za-z0-9_-]{32}                   # services of language models
      | hf_[A-Za-z0-9]{30}                                              # Hugging Face
      | pypi-AgE[A-Za-z0-9_-]{50} | npm_[A-Za-z0-9]{36}                 # package registries
      | GOCSPX-[\w-]{20} | gsk_[A-Za-z0-9]{20} | r8_[A-Za-z0-9]{20}     # Google, Groq, Replicate
      | do[op]_v1_[a-f0-9]{40} | dapi[a-f0-9]{32} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}  # clouds, shops
      | hv[sb]\.[\w-]{20} | AGE-SECRET-KEY-1[A-Z0-9]{20} | glsoat-[\w-]{20} # Vault, age, GitLab
      | whsec_[A-Za-z0-9]{20} | ATATT3[\w=-]{20}                        # Stripe, Atlassian
      | https://hooks\.slack\.com/services/[A-Z0-9]{6} | https://discord(?:app)?\.com/api/webhooks/\d{6}
      | dckr_pat_[A-Za-z0-9_-]{20} | SG\.[\w-]{16,64}\.[\w-]{16}        # Docker, SendGrid
      | eyJ[\w-]{10,300}\.eyJ[\w-]{10}                                 # JSON web tokens
      | [a-z][a-z0-9+.-]{1,20}://[^\s/:@'"{}<>$]{0,64}:[^\s/:@'"{}<>$]{3,128}@[\w.-]  # a password in an address
      )
    | (?i:aws_secret_access_key|secretaccesskey|accountkey)["']?[ \t]{0,9}[=:][ \t]{0,9}["']?[A-Za-z0-9/+=]{40}
    | (?i:_authtoken|:_password|_auth)=[^\s$]{8}
    """,
    re.VERBOSE,
)


def is_private_name(name: str) -> bool:
    """Return whether a file's path, relative and with slashes, says that it holds a secret.

    Examples
    --------
    >>> [is_private_name(name) for name in ("conf/.ENV.local", ".ssh/config", "id_rsa.bak", "src/tokenizer.json")]
    [True, True, True, False]
    """
    return any(map(_is_private_part, name.lower().split("/")))


@lru_cache(maxsize=4096)  # folders are parts of many names
def _is_private_part(part: str) -> bool:
    return _NAME.match(_COPY.sub("", part)) is not None


def holds_private_key(data: bytes) -> bool:
    """Return whether the head of a private key stands in a text."""
    return _PRIVATE_KEY.search(data) is not None


def holds_secret(data: bytes) -> bool:
    """Return whether the head of a private key or a token in a shape its service has made known stands in a text."""
    return holds_private_key(data) or _TOKEN.search(data) is not None
