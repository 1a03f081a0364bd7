"""swarmbot: knows the rules of a Swarm and does the work that people and clocks ask for."""
