"""What policies look at: one definition of every feature, for the observation of networks and for index policies alike."""
