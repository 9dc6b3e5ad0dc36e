"""What all kinds of decision share: what a kind is, scenarios, seeds, batches of episodes, environments, saved policies, evaluation."""
