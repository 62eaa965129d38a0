"""Running the product: what an admin decides when the house cannot by itself.

A *dead letter* is a job that was given up: an admin sees what it was and why, never what stood in it, and replays or
discards it.

A *letter* is a text message that left: how far it came by what its gateway reports, never to whom nor what it says.
"""
