"""What people run before they hand in: ``nox -l`` lists it, ``nox -s tests`` runs one; `.ci/run` runs all of it."""

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True
PYTHONS = ["3.11", "3.12", "3.13"]
FAULTS_ELSEWHERE = (  # tests that are cases of the table as well: tests/faults/table/registered.py
    "tests/pipelines/serving/test_payload.py", "tests/pipelines/serving/test_work.py",
    "tests/pipelines/serving/test_hands.py", "tests/pipelines/job/test_rollback.py",
    "tests/pipelines/doctor/test_examine.py", "tests/pipelines/publish/test_publication.py",
    "tests/pipelines/registry/test_former.py", "tests/pipelines/state/test_output.py",
    "tests/pipelines/fleet/test_retraining.py", "tests/pipelines/job/test_monitor.py",
    "tests/pipelines/publish/test_standing.py", "tests/pipelines/registry/test_bundle.py",
    "tests/pipelines/registry/test_model_files.py", "tests/pipelines/state/test_root.py",
    "tests/pipelines/test_cli.py",
)  # fmt: skip
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


@nox.session
def faults(session: nox.Session) -> None:
    """Try every case of the table of faults and write down which held, on one process, or on those after ``--``."""
    install(session)
    words = ("-m", "", "--all-faults", "--faults-csv", "benchmarks/faults.csv", "tests/faults", *FAULTS_ELSEWHERE)
    session.run("pytest", *words, *(session.posargs or ["-n", "0"]), success_codes=[0, 1])
    session.run("python", "docs/make_faults.py")
    session.run("pytest", "-n", "0", "tests/faults/test_table.py", "-k", "record")  # fails where a case newly does


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
