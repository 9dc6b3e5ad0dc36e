"""Networks of shares, and what trains them."""
