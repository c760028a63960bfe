"""Notices to people: what they should know now, without having looked for it."""
