"""A patient's medical records: files with a kind and a date, uploaded by her side or written by providers.

Her own are hers to hide and delete; what a provider wrote is kept. They are shared by consent to `medical_record`, or
one by one with the doctors she goes to.
"""
