"""The stores against a real Redis."""
