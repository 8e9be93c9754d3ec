"""Who and what is let in: keys, sizes, and which routes there are."""
