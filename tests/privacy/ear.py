"""What the whole suite's logs say, heard while they are written: none of them may name a person of the tests."""

import logging
import re
from typing import Any, Final

import structlog

from channels.identity import demo

# The demo's people by name, and whatever has the form of an Indian mobile number: every test's people have one.
NAMED: Final = re.compile(
    r"\+91[6-9]\d{9}\b|" + "|".join(re.escape(person.name) for person in demo.PEOPLE) + "|Kamla Sharma|Ramesh Yadav"
)


class Ear(logging.Handler):
    """Hears structlog and the standard library's loggers of this process, and remembers who named somebody."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.named: list[str] = []

    def hear(self, text: str) -> None:
        """One line."""
        if NAMED.search(text):
            self.named.append(text)

    def emit(self, record: logging.LogRecord) -> None:
        """A line of the standard library's, with its traceback."""
        self.hear(self.format(record))

    def __call__(self, logger: Any, method: str, entry: Any) -> Any:
        """structlog's processor, before the last one."""
        self.hear(str(entry))
        return entry

    def listen(self) -> None:
        """From now on."""
        *before, last = structlog.get_config()["processors"]
        structlog.configure(processors=[*before, self, last])
        logging.getLogger().addHandler(self)
