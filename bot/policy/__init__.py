"""Who may do what, whose approval it takes, and which holds keep a service; pure."""
