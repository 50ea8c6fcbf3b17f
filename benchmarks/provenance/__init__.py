"""Is official footage found again after what reposters do to it, and are changes in it named?

`python -m benchmarks.provenance` measures whole files, `python -m benchmarks.local_changes` changes
of a few seconds. Both deal out the clips as `clips` says, change them as `attacks` and `edits` do,
and keep what they build, so that a second run only searches.
"""
