"""The thin shell: every file, network, clock and MLflow call lives here, and no arithmetic does."""

if __name__ == "pipelines":  # a checkout on the path hides what models registered before 0.2.0 import by this name
    __path__ = [*__path__, f"{__path__[0]}/former"]
