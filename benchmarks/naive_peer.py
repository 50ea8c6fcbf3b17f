"""The loop that most public tools run: decode all, search each second, embed each face.

MTCNN and the embedder are those of facenet-pytorch (MIT). The embedder has random weights, which
cost what trained ones do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import av

from benchmarks.faces.nets import import_mtcnn


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What the loop took for a file: CPU seconds in all, and for its three parts; faces found."""

    cpu_s: float
    decode_s: float
    detect_s: float
    embed_s: float
    faces: int


def run_peer(path: Path) -> PeerRun:
    """Run the loop over a file on one thread; raises ImportError without the extra `train`."""
    import torch

    facenet_pytorch = import_mtcnn()
    torch.set_num_threads(1)
    mtcnn = facenet_pytorch.MTCNN(keep_all=True)
    embedder = facenet_pytorch.InceptionResnetV1(pretrained=None, classify=False).eval()
    decode_s = detect_s = embed_s = 0.0
    faces, due = 0, 0.0
    begin = before = time.process_time()
    with av.open(str(path)) as container, torch.no_grad():
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            image = frame.to_ndarray(format="rgb24")
            now = time.process_time()
            decode_s, before = decode_s + now - before, now
            if (frame.time or 0.0) < due:
                continue
            due += 1.0
            crops = mtcnn(image)
            now = time.process_time()
            detect_s, before = detect_s + now - before, now
            if crops is not None:
                embedder(crops)
                faces += len(crops)
            now = time.process_time()
            embed_s, before = embed_s + now - before, now
    return PeerRun(time.process_time() - begin, decode_s, detect_s, embed_s, faces)
