"""The door for the clock and the cluster: scheduled jobs and Swarm events."""
