"""The catalogue: one entry per mistake, in files by what they get wrong.

To add one, write its mutation (a recipe with one part replaced) under `@mistake(...)`. It is then listed, searched,
counted by adequacy, and tested: tests are made from the catalogue.
"""

# Imported for what they enter, in the order in which candidates that fit equally well are named.
from lstm_edu.doctor.catalogue import (  # noqa: F401, I001
    gates, biases, weights, equations, states, sequences, masks, exchanged, functions, outputs, normalization,
    models, inputs, libraries, scales, graph_inputs, graph_parts, roundings, coarse, approximations,
)  # fmt: skip
