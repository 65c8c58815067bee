"""What people run before they hand in: ``nox -l`` lists it, ``nox -s tests`` runs one; `.ci/run` runs all of it."""

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True
PYTHONS = ["3.11", "3.12", "3.13"]
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}  # a mutant is a fork of small sums


def install(session: nox.Session) -> None:
    """Install the checkout with what its tests need, at the versions that were resolved together."""
    session.install("-c", "constraints.txt", "-e", ".[test]")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests a newcomer waits for, or those named after ``--``."""
    install(session)
    session.run("pytest", *session.posargs)


@nox.session(name="all")
def everything(session: nox.Session) -> None:
    """Run what has to pass, in an environment of its own."""
    session.run(".ci/run", external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style; ``nox -s lint -- --fix`` puts right what can be."""
    session.install("-c", "constraints.txt", "ruff")
    session.run("ruff", "check", ".", *session.posargs)
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session)
    session.run(".ci/types", external=True)


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the notebooks, the first one first; ``nox -s notebooks -- --write`` keeps what they show."""
    install(session)
    if session.posargs == ["--write"]:
        session.run("python", "notebooks/execute.py")
    else:
        session.run("pytest", "--nbmake", "-n", "0", "notebooks", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site of the docs into ``site``, or the folder after ``--``."""
    session.install("-c", "constraints.txt", "-e", ".[docs]")
    session.run(".ci/docs", *(session.posargs or ["site"]), external=True)


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the code in small ways and see whether tests notice; ``nox -s mutants -- run scores --sample 90``."""
    install(session)
    session.install("cosmic-ray==8.7.0")
    session.run("python", "benchmarks/mutants.py", *(session.posargs or ["run", "--sample", "60"]), env=ONE_THREAD)
    session.run("python", "docs/make_testing.py")


@nox.session(python=PYTHONS)
def wheel(session: nox.Session) -> None:
    """Build wheel and sdist, and run the wheel elsewhere."""
    install(session)
    session.run(".ci/wheel", external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Ask, load, type and spoil at random; ``nox -s fuzz -- --minutes 10 --seed 3``."""
    install(session)
    session.run("python", "-m", "pytest", "-n", "0", "tests/pipelines/fuzz", *(session.posargs or ["--minutes", "10"]))


@nox.session
def soak(session: nox.Session) -> None:
    """Serve a champion under load while its alias moves; ``nox -s soak -- --minutes 5 --root mlruns``."""
    install(session)
    session.run("python", "benchmarks/soak.py", *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Hold the pinned versions to advisories: of a database where one answers, else of the recorded list."""
    session.install("pip-audit", "packaging")
    session.run(".ci/audit", external=True)
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("pytest", "-n", "0", "tests/docs/test_licences_page.py", "tests/test_pins.py")
