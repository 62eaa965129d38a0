"""Messages between people who are related by a visit or an order.

A *thread* belongs to one patient and one doctor or place. It opens with a visit or an order and closes some days after.
"""
