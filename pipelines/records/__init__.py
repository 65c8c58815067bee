"""The public record that ships: figures with their sources, and the catalogues; code that reads it is in `sources`."""
