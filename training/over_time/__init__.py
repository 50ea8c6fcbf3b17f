"""Tries whether a network learns from genuine clips alone how forged faces move wrongly.

Nothing that it makes is shipped: on forged clips it did no better than chance
(`models/face_artifact/card.md`). With a GPU it can be trained a hundred times as long.
"""
