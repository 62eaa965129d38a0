"""`python -m tests.access [--check]`: write docs/access.md, or say what is missing in it."""

import sys

from tests.access import page

found = list(page.stale() if "--check" in sys.argv[1:] else page.write())
for line in found:
    print(line, file=sys.stderr)
sys.exit(bool(found))
