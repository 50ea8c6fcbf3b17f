"""The command line: a thin layer of options and tables over the library."""
