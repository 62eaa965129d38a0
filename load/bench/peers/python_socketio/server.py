"""python-socketio with its Redis manager; events from elsewhere come by a write-only manager."""

import asyncio
from typing import Any

import socketio
from serve import REDIS_URL, serve
from take import event_of, take, topic_of

outside = socketio.AsyncRedisManager(REDIS_URL, write_only=True)
server = socketio.AsyncServer(
    async_mode="asgi", client_manager=socketio.AsyncRedisManager(REDIS_URL), transports=["websocket"]
)


@server.on("sub")
async def subscribe(sid: str, topics: list[str]) -> str:
    for topic in topics:
        await server.enter_room(sid, topic)
    return "subscribed"


@server.on("emit")
async def emit(sid: str, topic: str, event: dict[str, Any]) -> str:
    await outside.emit("event", event, room=topic)
    return "emitted"


@server.on("take")
async def take_ticket(sid: str, queue: str, sent_at: str) -> tuple[str, Any]:
    try:
        number = await take(queue)
    except Exception as error:
        return "failed", str(error)
    telling.add(task := asyncio.ensure_future(tell(queue, number, sent_at)))
    task.add_done_callback(telling.discard)
    return "taken", number


telling: set["asyncio.Future[None]"] = set()


async def tell(queue: str, number: int, sent_at: str) -> None:
    await server.emit("event", event_of(queue, number, sent_at), room=topic_of(queue))


if __name__ == "__main__":
    serve(socketio.ASGIApp(server))
