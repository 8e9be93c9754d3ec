"""The gateway's own workers: how many there are to be, and the processes that they are."""
