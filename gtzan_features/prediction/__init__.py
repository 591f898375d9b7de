"""From anybody's audio and a stored model to genres and explanations."""
