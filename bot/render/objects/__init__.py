"""Swarm's objects as lists and sheets: services, nodes, tasks, networks, stacks, certificates."""
