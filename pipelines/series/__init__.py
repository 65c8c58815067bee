"""Forecast people's own series: files in, volumes or shares forecast, files out; the public record is not read here."""
