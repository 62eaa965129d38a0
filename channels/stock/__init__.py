"""What a pharmacy has on its shelves.

A *medicine* is one article of a pharmacy, in *batches* that expire. Stock changes by *movements* only. A *hold* keeps
some of it for an order that is not paid yet, and runs out.
"""
