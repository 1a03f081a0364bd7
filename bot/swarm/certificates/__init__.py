"""Every certificate on which the Swarm depends."""
