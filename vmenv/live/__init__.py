"""A host that is driven from outside: the manager, what it answers, and a client for one in another process."""
