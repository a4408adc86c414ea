"""What a warm function keeps for a short while: course overviews, outlines and the site's configuration."""

import os
import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any
from weakref import WeakSet

_SECONDS = 60.0


class TtlCache:
    """A bounded map whose entries are forgotten after `CACHE_SECONDS` (60), the least recently used first when full."""

    def __init__(self, entries: int) -> None:
        _caches.add(self)
        self._entries = entries
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """The value kept under the key, or None."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] < time.monotonic():
                self._kept.pop(key, None)
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value under the key."""
        with self._lock:
            self._kept[key] = (time.monotonic() + float(os.environ.get("CACHE_SECONDS", _SECONDS)), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


_caches: WeakSet[TtlCache] = WeakSet()


def forget_cached() -> None:
    """Forget all that this environment keeps of the table."""
    for cache in list(_caches):
        cache.clear()
