// What if ...: the panel in which a reader changes an LSTM's run, and sees the old one beside the new.
