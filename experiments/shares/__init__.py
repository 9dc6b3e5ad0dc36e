"""What learned weights gain over heuristics in the share environments: trains what is missing, plays all, writes the page."""
