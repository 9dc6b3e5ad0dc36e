"""Networks of dispatch, and what trains them."""
