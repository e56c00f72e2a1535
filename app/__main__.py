"""`python -m app …`, which is what `./linkwright …` runs once everything is installed."""

from app.cli import linkwright

if __name__ == "__main__":
    linkwright(prog_name="linkwright")
