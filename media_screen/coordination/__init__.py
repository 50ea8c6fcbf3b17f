"""Who acts together: accounts tied by what they share, their wordings and their comments."""
