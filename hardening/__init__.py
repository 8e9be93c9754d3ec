"""`make harden`: hostile input, faults, endurance and overload, with every promise of SECURITY.md checked."""
