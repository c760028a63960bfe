"""One package for each way mail goes in or out. Their errors say whether trying again can help."""
