"""Orders are tested on the market of the requests."""

from tests.channels.request.conftest import admin, market, pharmacist, priya, stranger, technician

__all__ = ["admin", "market", "pharmacist", "priya", "stranger", "technician"]
