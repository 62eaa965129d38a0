"""What patients say of doctors, hospitals and places after a visit; shown once an administrator has verified it."""
