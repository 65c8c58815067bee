"""The public record that ships with the product: figures with their sources, and the catalogues."""
