"""HTTP: health, readiness, metrics, and Slack's HTTP mode."""
