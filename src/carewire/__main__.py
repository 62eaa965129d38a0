"""`python -m carewire`."""

import sys

from carewire.cli import main

sys.exit(main())
