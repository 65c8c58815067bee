"""Read what schedulers keep of jobs, one small module a format, and series of what was occupied."""
