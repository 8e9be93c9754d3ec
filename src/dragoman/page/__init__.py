"""What the pages in a browser have in common: how their files are sent, and the files that all of them use."""
