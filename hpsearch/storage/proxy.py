"""Optuna's gRPC proxy: a server between a database and many workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, GrpcStorageProxy

from hpsearch.errors import StorageError
from hpsearch.redaction import shown
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.urls import GRPC, cannot_open

__all__ = ["GRPC", "close_proxy", "open_proxy"]

_PORT = 13000  # of run_grpc_proxy_server
_PATIENCE = 10  # seconds, as for a database


class ProxyError(StorageInternalError):
    """A call failed: the proxy does not answer, or its database failed."""

    def __init__(self, message: str, code: object = None) -> None:
        super().__init__(message)
        self._code = code

    def code(self) -> object:
        """Return gRPC's status."""
        return self._code


class Proxy(GrpcStorageProxy):
    """gRPC proxy that raises storage errors instead of gRPC errors."""


def _explained(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        import grpc

        try:
            return method(*arguments, **named)
        except grpc.RpcError as error:
            status, details = error.code(), error.details()
        raise ProxyError(f"{status.name}: {details}", status)

    return call


for _name, _method in vars(GrpcStorageProxy).items():
    if callable(_method) and not _name.startswith("_"):
        setattr(Proxy, _name, _explained(_method))


def open_proxy(url: str) -> BaseStorage:
    """Return the storage behind the proxy at ``grpc://HOST:PORT``.

    Raises
    ------
    StorageError
        If the URL has another form, or nothing answers there.
    """
    import grpc

    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port or _PORT
    except ValueError as error:
        raise cannot_open(url, error) from error
    if not host or parts.path not in ("", "/") or parts.query or parts.username:
        raise StorageError(
            f"{shown(url)} has more or less than the host and port of a gRPC proxy, such as grpc://HOST:13000"
        )
    with grpc.insecure_channel(f"{host}:{port}") as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=_PATIENCE)
        except grpc.FutureTimeoutError:
            raise StorageError(f"no gRPC proxy answers at {host}:{port}") from None
    with quiet_optuna():
        return Proxy(host=host, port=port)


def close_proxy(storage: BaseStorage) -> None:
    """Close the connection of a proxy; do nothing to other storages."""
    if isinstance(storage, GrpcStorageProxy):
        storage.close()
