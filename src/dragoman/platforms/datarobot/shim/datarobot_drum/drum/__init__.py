"""What custom.py files import from DRUM's own modules."""
