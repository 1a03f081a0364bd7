"""swarmbot: knows the rules of a Swarm and does the work that people and clocks ask for."""

__version__ = "0.2.0"
