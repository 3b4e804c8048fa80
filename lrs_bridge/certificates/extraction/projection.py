"""Projections of the plane: how places in a prepared picture and in the original belong together."""

import math

Point = tuple[float, float]
Matrix = tuple[float, ...]
"""Nine numbers, a row at a time."""

IDENTITY: Matrix = (1, 0, 0, 0, 1, 0, 0, 0, 1)


def project(matrix: Matrix, point: Point) -> Point:
    """Where the projection takes the point."""
    a, b, c, d, e, f, g, h, i = matrix
    x, y = point
    below = g * x + h * y + i
    return (a * x + b * y + c) / below, (d * x + e * y + f) / below


def times(one: Matrix, other: Matrix) -> Matrix:
    """The projection by ``other``, then by ``one``."""
    return tuple(
        sum(one[3 * row + each] * other[3 * each + column] for each in range(3)) for row in range(3) for column in range(3)
    )


def scaling(across: float, down: float | None = None) -> Matrix:
    """Everything so many times as wide, and as high: the same where ``down`` isn't given."""
    return (across, 0, 0, 0, across if down is None else down, 0, 0, 0, 1)


def rotation(degrees: float, centre: Point) -> Matrix:
    """Clockwise around a point, as seen on a screen."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    x, y = centre
    return (cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y, 0, 0, 1)
