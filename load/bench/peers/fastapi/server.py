"""FastAPI with a connection manager per topic and Redis pub/sub between servers."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from redis.asyncio import Redis
from serve import REDIS_URL, serve
from take import event_of, take, topic_of

redis = Redis.from_url(REDIS_URL, decode_responses=True)
pubsub = redis.pubsub(ignore_subscribe_messages=True)
topics: dict[str, set[WebSocket]] = defaultdict(set)


async def listen() -> None:
    await pubsub.subscribe("nobody")  # listen() ends where nothing is subscribed
    async for message in pubsub.listen():
        for socket in list(topics[message["channel"]]):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(message["data"])


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(listen())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            asked = await socket.receive_json()
            try:
                reply = await answer(socket, asked)
            except Exception as error:
                reply = {"op": "failed", "why": str(error)}
            await socket.send_json(reply)
    except WebSocketDisconnect:
        for listeners in topics.values():
            listeners.discard(socket)


async def answer(socket: WebSocket, asked: Any) -> dict[str, Any]:
    if asked["op"] == "sub":
        for topic in asked["topics"]:
            if not topics[topic]:
                await pubsub.subscribe(topic)
            topics[topic].add(socket)
        return {"op": "subscribed"}
    if asked["op"] == "emit":
        await redis.publish(asked["topic"], json.dumps(asked["event"]))
        return {"op": "emitted"}
    number = await take(asked["queue"])
    await redis.publish(topic_of(asked["queue"]), json.dumps(event_of(asked["queue"], number, asked["sent_at"])))
    return {"op": "taken", "number": number}


if __name__ == "__main__":
    serve(app)
