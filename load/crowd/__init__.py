"""Thousands of clients on real gateways: a node that moves them, readers that stop, a node that dies, too much work.

`python -m load.crowd moving|slow|storm|overload`; `make crowd` runs all four and prints a table.
"""
