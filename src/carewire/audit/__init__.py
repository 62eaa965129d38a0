"""The audit: every write, every read of clinical data, every login and every refusal of rights, sealed in a chain.

`entry` is one record, `trail` what a node writes down, `sealer` the chain, `verify` the proof that nobody touched it.
"""
