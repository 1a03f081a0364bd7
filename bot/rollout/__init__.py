"""Rolls a service to another specification and follows it to its end."""
