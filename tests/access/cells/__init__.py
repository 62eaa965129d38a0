"""The cells, one file for each domain. Whom `opens` does not name is refused; see `tests/access/matrix.py`."""
