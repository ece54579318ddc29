"""The open connections of this process."""

from __future__ import annotations

import atexit
import os
import threading

import httpcore
import httpx

from parcelwise.conf import outbound as conf
from parcelwise.outbound.network import Backend, Guard

_pools: dict[tuple[bool, tuple[str, ...]], httpcore.ConnectionPool] = {}
_pools_lock = threading.Lock()


def pool(allow_private: bool) -> httpcore.ConnectionPool:
    """Connections of this process. One pool for each guard: a connection that one call may use another may not."""
    key = (allow_private, tuple(conf.ALLOW_PRIVATE))
    with _pools_lock:
        if key not in _pools:
            _pools[key] = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(),
                max_connections=64,
                max_keepalive_connections=16,
                keepalive_expiry=15.0,
                network_backend=Backend(Guard(key[1], everything=allow_private)),
            )
        return _pools[key]


def _forget_pools() -> None:
    """A forked worker must not speak on its parent's connections."""
    global _pools, _pools_lock
    _pools, _pools_lock = {}, threading.Lock()


def close() -> None:
    """Close the idle connections of this process."""
    with _pools_lock:
        for idle in _pools.values():
            idle.close()
        _pools.clear()


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pools)
