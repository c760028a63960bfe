"""The demo: a few weeks at a made-up organisation's desk. ``loading.load`` plays it; nobody is mailed."""
