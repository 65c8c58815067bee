"""The main job and what runs around it: run, replay, monitor, rollback; each step's work is in the room it calls."""
