"""Money that was taken: each attempt a row, told to the thing it is for.

A *payment* is about an appointment or an order. The thing itself says whether the money counts
(`carewire.paid`); what does not count is due back.
"""
