"""What a GPU adds, measured in the minutes for which one is lent.

python -m benchmarks.gpu         measures, where there is a GPU
python -m benchmarks.gpu.pack    makes what has to travel to such a machine
"""

MINUTES = 3  # of video that differ; each is screened several times, with bytes of its own
