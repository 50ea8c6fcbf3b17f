"""Makes the synchrony network and the measure of forged mouths out of labelled clips."""
