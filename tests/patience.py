"""How long a test waits for what is certain to come."""

PATIENCE_S = 60.0
"""A bound against hanging and no promise: it costs nothing while the tests are green, and no machine is that busy. What
is promised within a time is measured where nothing else runs (`alone`), against a bound of its own."""
