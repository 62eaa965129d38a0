"""Messages between people who are related by a visit or an order.

A **thread** belongs to one patient and one doctor at a place, or to her and the place itself, whose desk answers. It
stands on their relationship (`care`): open while a visit or an order goes on and some days after (PRODUCT 25). A
**message** stays as it was said. Each **side** has one read mark. An **inbox** is what is unread, live.
"""
