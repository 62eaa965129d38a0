"""What a pharmacy or a laboratory is to deliver.

An *order* is for one provider: direct, or one of those into which a confirmed request was split. It is accepted in
time, prepared and handed over against four digits.
"""
