"""Litestar with its channels plugin on the Redis pub/sub backend."""

from contextlib import AsyncExitStack
from typing import Any

from litestar import Litestar, WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.redis import RedisChannelsPubSubBackend
from litestar.exceptions import WebSocketDisconnect
from redis.asyncio import Redis
from serve import REDIS_URL, serve
from take import event_of, take, topic_of

plugin = ChannelsPlugin(
    backend=RedisChannelsPubSubBackend(redis=Redis.from_url(REDIS_URL)), arbitrary_channels_allowed=True
)


@websocket("/")
async def talk(socket: WebSocket, channels: ChannelsPlugin) -> None:
    await socket.accept()
    async with AsyncExitStack() as stack:
        while True:
            try:
                asked = await socket.receive_json()
            except WebSocketDisconnect:
                return
            try:
                reply = await answer(socket, channels, stack, asked)
            except Exception as error:
                reply = {"op": "failed", "why": str(error)}
            await socket.send_json(reply)


async def answer(socket: WebSocket, channels: ChannelsPlugin, stack: AsyncExitStack, asked: Any) -> dict[str, Any]:
    if asked["op"] == "sub":
        subscriber = await stack.enter_async_context(channels.start_subscription(asked["topics"]))
        await stack.enter_async_context(subscriber.run_in_background(socket.send_text))
        return {"op": "subscribed"}
    if asked["op"] == "emit":
        await channels.wait_published(asked["event"], asked["topic"])
        return {"op": "emitted"}
    number = await take(asked["queue"])
    channels.publish(event_of(asked["queue"], number, asked["sent_at"]), topic_of(asked["queue"]))
    return {"op": "taken", "number": number}


if __name__ == "__main__":
    serve(Litestar([talk], plugins=[plugin]))
