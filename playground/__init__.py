"""A Swarm and a Slack workspace on this machine, for the demo and for the tests."""
