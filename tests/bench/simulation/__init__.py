"""A simulated Engine API of a Swarm as large as Swarm gets: real HTTP and JSON, no containers."""
