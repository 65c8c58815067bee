"""What runs that died left behind, found and put right; it never touches what a living run makes."""
