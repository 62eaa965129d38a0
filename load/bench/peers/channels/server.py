"""Django Channels on uvicorn with the pub/sub layer of channels_redis."""

import json

import django
from django.conf import settings
from serve import REDIS_URL, serve
from take import event_of, take, topic_of

settings.configure(
    SECRET_KEY="only of the benchmark",
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    },
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402


class Listener(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        self.topics: list[str] = []
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for topic in self.topics:
            await self.channel_layer.group_discard(topic, self.channel_name)

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        asked = json.loads(text_data)
        try:
            reply = await getattr(self, f"do_{asked['op']}")(asked)
        except Exception as error:
            reply = {"op": "failed", "why": str(error)}
        await self.send(text_data=json.dumps(reply))

    async def do_sub(self, asked: dict) -> dict:
        for topic in asked["topics"]:
            await self.channel_layer.group_add(topic, self.channel_name)
            self.topics.append(topic)
        return {"op": "subscribed"}

    async def do_emit(self, asked: dict) -> dict:
        await self.tell(asked["topic"], asked["event"])
        return {"op": "emitted"}

    async def do_take(self, asked: dict) -> dict:
        number = await take(asked["queue"])
        await self.tell(topic_of(asked["queue"]), event_of(asked["queue"], number, asked["sent_at"]))
        return {"op": "taken", "number": number}

    async def tell(self, topic: str, event: dict) -> None:
        await self.channel_layer.group_send(topic, {"type": "bench.event", "text": json.dumps(event)})

    async def bench_event(self, message: dict) -> None:
        await self.send(text_data=message["text"])


if __name__ == "__main__":
    serve(ProtocolTypeRouter({"websocket": URLRouter([re_path(r"", Listener.as_asgi())])}), lifespan="off")
