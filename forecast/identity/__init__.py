"""The demand identity: top-down and bottom-up views, how they meet, the cube of draws; reading it is in `views`."""
