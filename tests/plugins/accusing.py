"""A detector of another package that finds every file forged: for tests of weights."""

from media_screen.evidence import Evidence


class Accusing:
    """Finds every file forged."""

    name = "accusing"
    axis = "manipulation"
    needs = ()

    def examine(self, case):
        yield Evidence(self.name, self.axis, 8.0, 8.0, "as always")
