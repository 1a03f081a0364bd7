"""Swarm's scheduler as arithmetic: which nodes may run a service, and where there is room; pure."""
