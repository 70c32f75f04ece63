"""What a container did, and its files, from the moment it is made until it is gone."""
