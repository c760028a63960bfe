"""Mail: what leaves the house is a row in the outbox first. Knows no ticket."""
