"""Values become Slack messages here; pure, so that every message can be compared with a golden
file."""
