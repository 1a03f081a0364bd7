"""Chaos: people work on the real Swarm with two bots while everything around them breaks."""
