"""Lays a file over the official footage that it matches, frame by frame, and says what differs.

`proxy` keeps small copies of official videos to compare with. `pairs` finds frames of the same
moment, `overlay` how one picture lies in the other, `residual` how far parts of faces differ from
what coding explains, `movement` whether mouth and brows move alike; `comparison` does so in a few
windows of a match, and `alteration` says what the measures mean. `sight` makes the pictures, and
`shown` chooses what a report shows.
"""
