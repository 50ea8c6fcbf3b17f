"""What is enough: every threshold of the program, but those of the fused ratio.

Those are measured, not typed, and stand with the weights of the detectors in
models/fusion/fusion.json. Detectors give calibrated log likelihood ratios and codes; nothing else
in the program decides what is enough.
"""

from __future__ import annotations

# Natural-log likelihood ratios. 1.1 is a cosine of .46 for faces of 40 px and more; under 1 in
# 10,000 pairs of pictures of different people reach it (benchmarks/results/faces.md). The
# calibration is cautious in that tail, and a file is compared with several people and faces.
IDENTITY_THRESHOLD = 1.1
# The same for voices, whose embedding is weaker: 3 in 1,000 strangers of one's own collection reach
# it, and two in three recordings of the person (benchmarks/results/voice.md).
VOICE_THRESHOLD = 3.0
# Ten to one, at which what a file declares of itself is believed whatever detectors say: a label
# is not refuted by a forgery that looks good. Posteriors are then over one half where every tenth
# file is forged; screening queues are like that, and a person looks at what is marked.
DECLARED_THRESHOLD = 2.3
# Share of a file that must be official footage for the whole to count as a copy of it. Intros,
# end cards and platform logos take up some seconds; what fills more is not vouched for by a match,
# and a face or speech outside of it is not either, however short the rest is (the catalogue says).
COPY_COVERAGE = 0.8
# Score of an exposed part of a body, 0 to 1, from which a file is flagged and its pictures blurred.
# Low, because a click undoes it; none of 115 genuine clips has it (benchmarks/results/explicit.md).
EXPLICIT_THRESHOLD = 0.4
# Share of the time of picture or sound under which nothing found means nothing: nine tenths of the
# file went unseen. Long files are sampled, and what was sampled stands in the sentence.
LEAST_COVERED = 0.1
# Ratio at most of a voice that is said not to be the person's: six in ten of other people's are,
# and none of 29 recordings of the person's own is, nor of 81 of actors in several moods; at -1
# five of those are (benchmarks/results/person.md).
OTHER_VOICE = -2.0
# The same for a face. It is a cosine of .28, which pictures of one person hardly ever fall below.
OTHER_FACE = -1.0
