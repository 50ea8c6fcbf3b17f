"""Times the reading of windows against their decode, on one core."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from media_screen.detectors.lip_sync.reading import read_windows
from media_screen.detectors.lip_sync.windows import choose
from media_screen.look import Looker
from media_screen.media import Media
from media_screen.speech import find_speech

TIMED = 2  # clips
LENGTHS = (5.0, 12.0)  # s; longer ones only take longer to look over, which is not timed


def times(media: Path) -> dict[str, Any]:
    """Return CPU milliseconds for each second of window: of its decode, and of all that is done.

    Finding faces and speech is not counted: other detectors need both, too.
    """
    looker = Looker()
    decode = whole = seconds = 0.0
    timed = 0
    for file in sorted((media / "real_video" / "web-talking").glob("*.mp4")):
        with Media.open(file, threads=1) as opened:
            if timed == TIMED or not LENGTHS[0] <= opened.info.duration_s <= LENGTHS[1]:
                continue
            timed += 1
            speech = find_speech(opened.audio_blocks())
            tracks = looker.look(opened).tracks
            places = choose(speech, tracks, count=1)
            list(read_windows(opened, places, tracks, speech))  # opens the networks
            for place in places:
                clock = time.process_time()
                for _ in opened.window(place.span):
                    pass
                decode += time.process_time() - clock
                clock = time.process_time()
                list(read_windows(opened, [place], tracks, speech))
                whole += time.process_time() - clock
                seconds += place.span.duration
    if not seconds:
        return {}
    return {
        "seconds": round(seconds, 1),
        "decode_ms": round(1000 * decode / seconds, 1),
        "all_ms": round(1000 * whole / seconds, 1),
        "times_decode": round(whole / decode, 1),
    }
