"""The technique-migration share model: members, their combination, noise, emergence and joint draws."""
