"""What a search over schedulers plays."""
