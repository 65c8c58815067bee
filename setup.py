"""Map the folders of the repository to the one importable package: ``forecast/`` is ``shiftcast.forecast``.

Folders are found, never listed: a listed one can be forgotten, and then a wheel lacks what a checkout has.
"""

from setuptools import find_packages, setup

FOLDERS = ("features", "forecast", "pipelines")
inside = find_packages(include=[pattern for name in FOLDERS for pattern in (name, f"{name}.*")])

setup(
    packages=["shiftcast", *(f"shiftcast.{name}" for name in inside), "pipelines"],
    package_dir={
        **{f"shiftcast.{name}": name for name in FOLDERS},
        "pipelines": "pipelines/former",  # what models registered before 0.2.0 import; no more than that
    },
)
