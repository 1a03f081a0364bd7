"""Judges what was seen of the Swarm: pure functions from what is there now, and what was known, to
incidents."""
