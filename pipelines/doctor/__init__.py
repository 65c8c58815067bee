"""Find and clean up what runs that died left behind; what a living run makes is never touched."""
