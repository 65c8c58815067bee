"""Market facts as the models read them from the record: definitions, operators and chips; none stands in code."""
