"""How every Python peer is served: uvicorn with uvloop and httptools, without compression and access log."""

import os
from typing import Any, Literal

import uvicorn

REDIS_URL = f"unix://{os.environ['REDIS_SOCKET']}"


def serve(app: Any, lifespan: Literal["auto", "off"] = "auto") -> None:
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        ws_per_message_deflate=False,
        lifespan=lifespan,
        backlog=4096,
        access_log=False,
        log_level="warning",
    )
