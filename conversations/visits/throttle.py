"""A ceiling on how often something may happen from one place; counted per process, which is enough against floods."""

from django.core.cache import cache


def is_too_much(what: str, who: str, *, limit: int, seconds: int) -> bool:
    """Count one more; True once it is more than `limit` within `seconds`."""
    key = f"throttle-{what}-{who}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > limit
    except ValueError:  # it expired between the two calls
        return False
