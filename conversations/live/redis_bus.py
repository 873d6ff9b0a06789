"""The bus on Redis, for those who have one."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import redis
import redis.asyncio
from django.db import connection

from conversations.live import bus


class RedisBus:
    """PUBLISH and SUBSCRIBE; the channel carries the database's name, since Redis does not keep its databases apart here."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sender = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=30)

    def send(self, payload: str) -> None:
        self.sender.publish(_redis_channel(), payload)

    async def listen(self, on_ready: Callable[[], None]) -> AsyncGenerator[str]:
        client = redis.asyncio.Redis.from_url(
            self.url, health_check_interval=bus.SILENCE_SECONDS, socket_connect_timeout=10
        )
        try:
            async with client, client.pubsub() as link:
                await link.subscribe(_redis_channel())
                async for payload in _redis_payloads(link, on_ready):
                    yield payload
        except (redis.RedisError, OSError) as lost:
            raise bus.BusLost(str(lost)) from lost


async def _redis_payloads(link: Any, on_ready: Callable[[], None]) -> AsyncIterator[str]:
    while True:
        message = await link.get_message(timeout=bus.SILENCE_SECONDS)
        if message is None:
            await link.ping()
        elif message["type"] == "subscribe":
            on_ready()
        elif message["type"] == "message":
            yield message["data"].decode()


def _redis_channel() -> str:
    return f"{bus.CHANNEL}:{connection.settings_dict['NAME']}"
