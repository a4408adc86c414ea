"""Access pattern of the site's configuration: one item, which a warm function keeps."""

from typing import Any

from lms.domain.site import Site
from lms.table import keys
from lms.table.items import SITE, Item
from lms.table.requests import get_item
from lms.table.ttl_cache import TtlCache

_CACHED = "site"

_sites = TtlCache(1)


def get_site() -> Site:
    """The site's configuration; from memory where this environment read it lately."""
    site = cached_site()
    return site if site is not None else keep_site(get_item(keys.site(), consistent=False))


def cached_site() -> Site | None:
    """The site's configuration, where this environment read it lately."""
    site: Site | None = _sites.get(_CACHED)
    return site


def keep_site(item: Any) -> Site:
    """The configuration in an item, or the default where there is none; kept for the next request."""
    site = to_site(item or {})
    _sites.put(_CACHED, site)
    return site


def to_site(item: Item) -> Site:
    """The configuration in an item."""
    return Site(**SITE.read(item))
