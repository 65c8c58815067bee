"""The main job and the jobs around it: run, replay, monitor, rollback; each step's work is in the room it calls."""
