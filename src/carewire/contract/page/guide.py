"""The first screens of the page: connect, log in, subscribe, come back; then refusals and close codes."""

from collections.abc import Sequence
from typing import Any

from carewire.contract.examples import sample_id
from carewire.contract.page.entries import Document, article, retry_words
from carewire.contract.page.markup import Markup, Part, code, frame, paragraphs, prose, tag
from carewire.contract.wire import example_of
from carewire.contract.wording import paragraphs as wrapped
from carewire.errors import Busy

OPEN = """\
const socket = new WebSocket("wss://your.host/ws", "carewire.v1");
const waiting = new Map();
let last = 0;

function call(method, params) {
  const id = ++last;
  socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
  });
}

socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.method) return console.log(message);
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.error) asked.reject(message.error);
  else asked.resolve(message.result);
};"""

CONNECT = """
Open one websocket at `/ws`. Ask for the subprotocol `carewire.v1` or for none. Text frames hold JSON-RPC 2.0.

The first message is `socket:welcome`. Keep its `epoch`: offsets count within it. Its `server_time` dates your
idempotency keys, and its `limits` say how much one socket may ask for.

Any JSON-RPC client will do. In a browser this is enough:"""

LOG_IN = """
Log in on the socket itself, or send `Authorization: Bearer` with the handshake. Never in the address: addresses end up
in logs.

One socket has one identity. Before the access token runs out comes `auth:expiring`; call `auth.refresh` on the same
socket and nothing is interrupted. Without it the socket is closed with 4101."""

CALL = """
Parameters go by name; unknown ones are refused. Calls of one socket start in the order they arrive and may finish in
any, so match replies by `id`. A call without `id` is run and never answered.

A command that changes something takes an `idempotency_key`: a UUIDv7 you make once per thing you want done. Send the
same key again after a lost reply and you get the first reply, byte for byte, and one effect."""

LISTEN = """
Subscribe to a topic and get its snapshot and position in one reply. Then every event follows in order, without gaps and
without repeats: the snapshot with the events applied is the present.

When a gap cannot be closed you hear `topic:resync`: subscribe again. When your right ends you hear `topic:ended`."""

COME_BACK = """
Sockets break. Open a new one, log in, and resume every topic from the last offset you have: you get the events you
missed, or `resync` with a fresh snapshot when they are too many or too old.

Wait before you come back: a little at first, longer each time, with some chance in it. The close code says whether
coming back makes sense at all. `socket:moving` asks you to change over in peace: open the new socket, resume there,
keep the old one until its replies have come."""

REFUSALS = """
A refused call changed nothing. Decide by `reason`, which is stable; show `message`, which is not. `retry` is `never`,
`same` (send it again unchanged, with its key) or `{after_ms}` (the same, but not before). `invalid_params` names the
member in `fields`."""

CLOSES = """
The range is the verdict: 4000 to 4099 come back at once, 4100 to 4199 after the remedy, 4200 and above never. RFC
6455's own codes appear too: 1007 for text that is not UTF-8, 1009 for a frame that is too large."""

STEPS = [
    ("connect", "Connect"),
    ("log-in", "Log in"),
    ("call", "Call"),
    ("listen", "Listen"),
    ("come-back", "Come back"),
]


def guide(document: Document) -> list[Markup]:
    """How a client lives, step by step, with frames to copy."""
    log_in = [
        _example(document, "auth.authenticate", "With a token you have"),
        _example(document, "auth.otp_send", "Or ask for a code"),
    ]
    return [
        _step("connect", CONNECT, [_example(document, "socket.welcome", "First message")], code(OPEN, "JavaScript")),
        _step("log-in", LOG_IN, log_in),
        _step("call", CALL, [_example(document, _a_command(document), "A command"), _refusal()]),
        _step("listen", LISTEN, _listening(document)),
        _step("come-back", COME_BACK, _resuming(document)),
    ]


def refusals(document: Document) -> Markup:
    """All reasons in one table."""
    head = tag("tr", *(tag("th", w, scope="col") for w in ("Reason", "Code", "Meaning", "Again?")))
    rows = [
        tag(
            "tr",
            tag("th", tag("code", error["reason"]), scope="row"),
            tag("td", str(error["code"])),
            tag("td", prose(error["message"])),
            tag("td", retry_words(error["retry"])),
            id=f"reason-{error['reason']}",
        )
        for error in document["x-errors"]
    ]
    return tag(
        "article",
        tag("h3", tag("a", "Refusals", href="#refusals")),
        _words(REFUSALS),
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows), class_="refusals"), class_="scroll"),
        id="refusals",
        data_text="refusals errors reasons codes retry " + " ".join(e["reason"] for e in document["x-errors"]),
    )


def close_codes(document: Document) -> Markup:
    """How a socket ends."""
    head = tag("tr", *(tag("th", w, scope="col") for w in ("Code", "Name", "What happened", "Then")))
    rows = [
        tag(
            "tr",
            tag("th", tag("code", str(close["code"])), scope="row"),
            tag("td", close["name"].replace("_", " ")),
            tag("td", prose(close["description"])),
            tag("td", close["verdict"]),
            id=f"close-{close['code']}",
        )
        for close in document["x-close-codes"]
    ]
    return tag(
        "article",
        tag("h3", tag("a", "Close codes", href="#close-codes")),
        _words(CLOSES),
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="scroll"),
        id="close-codes",
        data_text="close codes disconnect 4000 4100 4200 1007 1009",
    )


def _step(anchor_id: str, words: str, frames: Sequence[Part], below: Part = None) -> Markup:
    title = dict(STEPS)[anchor_id]
    return article(anchor_id, title, [], [_words(words), below], frames, " ".join(words.split()))


def _words(text: str) -> Markup:
    return paragraphs("\n\n".join(wrapped(text)))


def _example(document: Document, operation: str | None, label: str) -> Markup | None:
    if operation is None or operation not in document["operations"]:
        return None
    example = example_of(document, operation)
    return None if example is None else frame(example, label)


def _a_command(document: Document) -> str | None:
    """A command worth showing: it keeps receipts, tells somebody, and asks for little."""
    calls = {n: o for n, o in document["operations"].items() if o.get("x-receipt") and example_of(document, n)}
    telling = [name for name, operation in calls.items() if operation["x-emits"]] or list(calls)
    return min(telling, key=lambda name: (len(str(example_of(document, name))), name), default=None)


def _a_topic(document: Document) -> tuple[str, dict[str, Any]] | None:
    """The example event of the topic on which most is said."""

    def said(topic: dict[str, Any]) -> int:
        return sum(len(document["operations"][key]["x-said-by"]) for key in topic["events"])

    topics = sorted(document["x-topics"].values(), key=lambda t: (-said(t), t["pattern"]))
    for topic in topics:
        for key in topic["events"]:
            if document["operations"][key]["x-durable"] and (example := example_of(document, key)) is not None:
                return example["params"]["topic"], example
    return None


def _listening(document: Document) -> list[Markup | None]:
    found = _a_topic(document)
    if found is None:
        return []
    name, event = found
    ask = {"jsonrpc": "2.0", "id": 8, "method": "topic.subscribe", "params": {"topic": name}}
    answer = {"jsonrpc": "2.0", "id": 8, "result": {"epoch": "b7c1f0a94e2d", "offset": 41, "snapshot": {}}}
    return [frame(ask, "Subscribe"), frame(answer, "Reply (snapshot shortened)"), frame(event, "Then")]


def _resuming(document: Document) -> list[Markup | None]:
    found = _a_topic(document)
    name = found[0] if found else f"topic:{sample_id('topic')}"
    params = {"epoch": "b7c1f0a94e2d", "topics": {name: 42}}
    missed = {"epoch": "b7c1f0a94e2d", "topics": {name: {"offset": 42, "events": []}}}
    return [
        frame({"jsonrpc": "2.0", "id": 2, "method": "socket.resume", "params": params}, "Resume"),
        frame({"jsonrpc": "2.0", "id": 2, "result": missed}, "Nothing was missed"),
    ]


def _refusal() -> Markup:
    error = {
        "code": Busy.code,
        "message": Busy.message,
        "data": {"reason": Busy.reason, "retry": {"after_ms": 200}},
    }
    return frame({"jsonrpc": "2.0", "id": 7, "error": error}, "Or a refusal")
