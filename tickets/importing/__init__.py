"""Tickets out of files: CSV or JSON Lines in, tickets with their history out (``manage.py import_tickets``).

rows reads, mapping understands, references finds the people and categories, running does it batch by batch.
"""
