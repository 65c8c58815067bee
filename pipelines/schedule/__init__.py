"""Schedule the job: cron expressions, a foreground schedule, files for other schedulers; not what it does."""
