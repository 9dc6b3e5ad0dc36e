"""Agents that decide who is granted next, one a file."""

from vmenv.dispatch.kind import KIND

NETWORKS = ("ppo", "a2c", "dqn")  # agents whose policies are a `agents.dispatch.nn.networks.Scorer`

KIND.loaders.update(dict.fromkeys(NETWORKS, "agents.dispatch.nn.policy:load_network"))
