"""Logistic regression, small and dependable: for calibration, fusion, the metadata control."""

from __future__ import annotations

import numpy as np

from media_screen.arrays import Doubles, Flags


def regress(
    facts: Doubles,
    fake: Flags,
    weights: Doubles,
    l2: float,
    *,
    rising: bool = False,
    most: float | None = None,
    through_origin: bool = False,
    leads: Doubles | None = None,
    lead_weight: float = 0.0,
) -> tuple[Doubles, float]:
    """Return the slopes and the offset of least cost: weighted log loss plus `l2` / 2 x slopes².

    `facts` has shape (n, k) and should be standardised, or of one unit, so that the prior treats
    all alike; `weights` are (n,). With `rising`, no slope is below 0, with `most` none is above it,
    and with `through_origin` the offset stays 0. `leads` (m, k) are differences of facts by which
    one of a pair should come out higher than the other: `lead_weight` x their mean log loss is
    added, without offset.
    """
    from scipy.optimize import minimize

    signs = np.where(fake, 1.0, -1.0)

    def cost(line: Doubles) -> tuple[float, Doubles]:
        slopes, offset = line[:-1], line[-1]
        margins = signs * (facts @ slopes + offset)
        pull = -weights * signs * np.exp(-np.logaddexp(0, margins))  # derivative by the log odds
        loss = weights @ np.logaddexp(0, -margins) + l2 / 2 * slopes @ slopes
        slope_pull = facts.T @ pull + l2 * slopes
        if leads is not None and len(leads):
            ahead = leads @ slopes
            loss += lead_weight * np.logaddexp(0, -ahead).mean()
            drive = -np.exp(-np.logaddexp(0, ahead)) / len(leads)
            slope_pull = slope_pull + lead_weight * (leads.T @ drive)
        return float(loss), np.append(slope_pull, pull.sum())

    count = facts.shape[1]
    found = minimize(
        cost,
        np.zeros(count + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0 if rising else None, most)] * count
        + [(0, 0) if through_origin else (None, None)],
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    return found.x[:-1], float(found.x[-1])


def balanced(fake: Flags, weights: Doubles) -> Doubles:
    """Scale weights so that both classes weigh one half together."""
    total = np.where(fake, weights[fake].sum(), weights[~fake].sum())
    return np.asarray(weights / total / 2)
