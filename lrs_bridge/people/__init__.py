"""People: persons and the identifiers they are known by, employments, role relations, who may do what, and how one logs in."""
