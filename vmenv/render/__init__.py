"""What the pictures of all kinds of decision share."""
