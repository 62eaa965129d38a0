"""A patient's medical records: files with a kind and a date, uploaded by her or written by providers."""
