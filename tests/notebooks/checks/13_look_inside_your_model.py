"""What must hold in 13_look_inside_your_model (../checking.py says how this is read)."""

# after cell train:
assert right.mean() > 0.5

# after cell verify-code:
assert "joined" in repr(report) and report

# after cell counts-code:
assert ours.count_params() == 1344

# after cell silent-code:
assert le.diagnose(in_2018(x), today, x).cause == "hard-sigmoid-v2"
