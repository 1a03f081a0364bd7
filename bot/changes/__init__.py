"""What commands that change something share: plans, image checks and sequences of steps."""
