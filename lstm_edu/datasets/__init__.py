"""Small real recordings and seeded toy sequences, ready for a first LSTM. NumPy only; nothing is downloaded.

Real, stored in this package (README.md next to this file records source, licence and every change):

* `vowels()`: Japanese Vowels, 640 utterances of 7 to 29 timesteps by nine speakers. Who is speaking?
* `digits()`: 1797 handwritten digits of 8x8, read row by row as eight timesteps. Which digit is it?

Made up, from a seed, each for one question about memory:

* `first_token()`: keep one thing for the whole sequence.
* `echo()`: repeat at every timestep what was read a few timesteps ago.
* `adding()`: keep two marked values and ignore the rest.
* `noisy_sine()`: follow a wave whose single values do not say where it is going.

Each returns a read-only `Dataset`.
"""

from .dataset import Dataset
from .stored import digits, vowels
from .toys import adding, echo, first_token, noisy_sine

__all__ = ["Dataset", "adding", "digits", "echo", "first_token", "noisy_sine", "vowels"]
