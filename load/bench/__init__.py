"""The benchmark against peers: `make bench`, or `python -m load.bench`. See docs/guide/benchmark.md."""
