"""What is wrong or risky now, each finding with its fix; pure."""
