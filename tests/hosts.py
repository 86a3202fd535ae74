"""Machines of one's own: network namespaces with addresses, each with process numbers and a name of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_FIRST = "198.18"  # of addresses that are meant for tests (RFC 2544)


class NoHostsError(Exception):
    """Why there can be none here."""


@dataclass(frozen=True)
class Host:
    """A machine on a network of its own."""

    name: str
    link: str

    @property
    def within(self) -> list[str]:
        """The command that runs another one there."""
        system = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        named = ["sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        return ["ip", "netns", "exec", self.name, *system, *named]

    def cut_off(self) -> None:
        """Let no packet through, in either direction; no process notices."""
        _ip("link", "set", self.link, "nomaster")

    def reconnect(self, network: Network) -> None:
        """Let packets through again."""
        _ip("link", "set", self.link, "master", network.bridge)


@dataclass(frozen=True)
class Network:
    """A network with this machine and others."""

    bridge: str
    address: str
    addresses: str
    hosts: tuple[Host, ...]


@contextmanager
def network(number: int = 2) -> Iterator[Network]:
    """Make a network of machines while the context lasts.

    Raises
    ------
    NoHostsError
        If none can be made here.
    """
    for program in ("ip", "unshare"):
        if shutil.which(program) is None:
            raise NoHostsError(f"no network namespace: the program {program} is missing")
    tag, third = f"{os.getpid():x}", os.getpid() % 250
    bridge = f"hb{tag}"
    hosts = tuple(Host(f"host{each}-{tag}", f"h{each}{tag}") for each in range(number))
    try:
        try:
            _ip("link", "add", bridge, "type", "bridge")
            _ip("addr", "add", f"{_FIRST}.{third}.1/24", "dev", bridge)
            _ip("link", "set", bridge, "up")
            for each, host in enumerate(hosts):
                _join(host, bridge, f"{_FIRST}.{third}.{each + 2}/24")
            subprocess.run([*hosts[0].within, "true"], check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            raise NoHostsError(f"no network namespace: {error.stderr.strip()}") from error
        yield Network(bridge, f"{_FIRST}.{third}.1", f"{_FIRST}.{third}.0/24", hosts)
    finally:
        for host in hosts:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", host.name)
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", bridge)


def _join(host: Host, bridge: str, address: str) -> None:
    _ip("netns", "add", host.name)
    _ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    _ip("link", "set", host.link, "master", bridge, "up")
    for command in (
        ["addr", "add", address, "dev", "eth0"],
        ["link", "set", "eth0", "up"],
        ["link", "set", "lo", "up"],
    ):
        _ip("-n", host.name, *command)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
