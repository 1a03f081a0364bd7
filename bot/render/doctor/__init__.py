"""What the doctor finds, as people see it."""
