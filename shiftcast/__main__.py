"""``python -m shiftcast`` is the command ``shiftcast``."""

from shiftcast.pipelines.cli import main

if __name__ == "__main__":
    main()
