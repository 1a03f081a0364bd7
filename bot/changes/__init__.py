"""What commands that change something share: plans of rollouts and of nodes, images, sequences of
steps."""
