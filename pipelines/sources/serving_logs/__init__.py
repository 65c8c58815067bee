"""Read logs and usage reports of model serving: a request a row, or a bucket of requests."""
