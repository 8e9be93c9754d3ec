"""Faults at random under load: who asks, what is killed, and what became of every request and job."""
