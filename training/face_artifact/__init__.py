"""Trains the face_artifact network: crops, pseudo-fakes, training with collections held out."""
