"""Find and clean up what runs that died left behind, and what is old; what a living run makes is never touched."""
