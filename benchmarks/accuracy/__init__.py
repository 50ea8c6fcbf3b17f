"""What each learned detector is worth on collections and methods that it was not trained on."""
