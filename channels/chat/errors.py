"""The refusals of chats."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class ChatClosed(Refusal, code=409, reason="chat_closed"):
    """A chat is open from a visit or an order until some days after it; this one is not open now."""


class ChatReadOnly(Refusal, code=403, reason="chat_read_only"):
    """You may read this chat, but you are on neither of its sides."""


refuse("chat_message_while_open", ChatClosed)
