"""What a search over policies of shares plays."""
