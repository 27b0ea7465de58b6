"""Which Ray cluster is meant, and whether strangers could have it execute what they like.

Whoever reaches a port of Ray's executes code there with the rights of its user (CVE-2023-48022), unless the cluster
asks for a token. Whether it does is not believed of a setting of this side: it is asked something without a token, and
has to refuse.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from typing import TYPE_CHECKING, Final

from optbench.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ADDRESS: Final = "RAY_ADDRESS"
_HOST_AND_PORT: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_LONGEST_ANSWER_S: Final = 5.0
_QUESTION: Final = "/ray.rpc.NodeInfoGcsService/CheckAlive"


def ray_address(given: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return `HOST:PORT` of the cluster to join, "" for one of the command's own.

    Parameters
    ----------
    given : what follows `ray:` on the command line; "" leaves it to `RAY_ADDRESS`

    Raises
    ------
    UsageError
        If it is no address of a cluster's head, but of something else that Ray has addresses for.
    """
    address = given or environment.get(ADDRESS, "")
    if address in ("", "local"):
        return ""
    if not _HOST_AND_PORT.fullmatch(address):
        raise UsageError(
            f"--executor ray:ADDRESS, or {ADDRESS}, must be HOST:PORT of a cluster's head, such as 10.0.0.5:6379. "
            f"Received: {_without_login(address)!r}. Without one, or with ray:local, the command starts a cluster "
            "of its own and ends it; none is looked for. Of a cluster elsewhere (http://, ray://) give the command on "
            "one of its machines.",
            code="usage-executor-address",
        )
    return address


def _without_login(address: str) -> str:
    """Return an address as messages show it, which logs keep."""
    _, at, place = address.rpartition("@")
    return f"***@{place}" if at else address


def host_of(address: str) -> str:
    """Return the host of `HOST:PORT`."""
    return address.rpartition(":")[0].strip("[]")


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host, as far as its name or number tells."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name of another machine
        return False


def asks_for_token(address: str) -> bool:
    """Return whether a cluster refuses who has no token.

    Raises
    ------
    MachineError
        If nothing answers there, or no cluster of Ray's.
    """
    try:
        socket.create_connection((host_of(address), int(address.rpartition(":")[2])), timeout=_LONGEST_ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise _unreachable(address, str(error)) from error
    import grpc

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        ask = channel.unary_unary(_QUESTION, request_serializer=bytes, response_deserializer=bytes)
        try:
            ask(b"", timeout=_LONGEST_ANSWER_S)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                return True
            raise _unreachable(address, f"{error.code().name}, {error.details()}") from error
    return False


def require_token(hosts: Iterable[str], *, asks: bool, is_allowed: bool) -> None:
    """Require that a cluster which other machines reach asks for a token.

    Parameters
    ----------
    hosts : of the address and of its nodes
    asks : whether the cluster asks for one
    is_allowed : whether the user says that it need not

    Raises
    ------
    MachineError
        With both remedies.
    """
    reached = sorted({host for host in hosts if not is_loopback(host)})
    if not reached or asks or is_allowed:
        return
    raise MachineError(
        "whoever reaches a Ray cluster that asks for no token executes code there as its user (CVE-2023-48022). "
        f"Received: one at {', '.join(reached)} that asks for none. Start it with RAY_AUTH_MODE=token and one token on "
        "all machines ('ray get-auth-token --generate'), or, in a network where you trust everybody, write "
        "'ray: {allow_unauthenticated: true}' into the machine file.",
        code="machine-ray-open",
    )


def _unreachable(address: str, reason: str) -> MachineError:
    return MachineError(
        f"no Ray cluster answers at {address}: {reason}. Give the address of its head, HOST:PORT, which "
        "'ray start --head' shows; or --executor ray alone for a cluster of the command's own.",
        code="machine-ray-unreachable",
    )
