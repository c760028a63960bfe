"""The spine: event log, deliveries, registries, errors, policy results. Knows nothing of the apps above it."""
