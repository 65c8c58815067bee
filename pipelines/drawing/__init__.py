"""The one way a picture is made: for the report, the desk, notebooks and ``--plot``."""
