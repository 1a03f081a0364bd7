"""Swarm's objects, read and changed through the engines."""
