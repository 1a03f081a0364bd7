"""How a rollout, its tasks and the managers are, judged from what Swarm says; pure."""
