"""Commands of the benchmark, declared like any other and run by the ordinary path. They exist only where
`CAREWIRE_BENCH` is set, never in production, and no contract lists them."""
