"""The arrays that travel through the program, each kind of number under one name."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]  # height x width x 3, RGB unless the place says otherwise
Bytes = npt.NDArray[np.uint8]  # 8-bit values that are no picture: hashes, levels, files
Floats = npt.NDArray[np.float32]  # samples of sound, and what networks take and give
Doubles = npt.NDArray[np.float64]  # times, scores and sums, which lose nothing by rounding
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]  # numbers of rows in another array
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Array = npt.NDArray[Any]  # of whatever numbers come: a tensor of a file, a table of a tool
