"""nbgrader for everyone on a hub with one server: teacher and students share an exchange. See deploy/README.md.

It goes into the folder etc/jupyter of the Python of the students' servers. Written for nbgrader 0.9.6.
"""

c = get_config()  # noqa: F821 (nbgrader's)
c.CourseDirectory.course_id = "lstm-edu"  # as in the folder that `python -m lstm_edu assignment` makes
c.Exchange.root = "/srv/nbgrader/exchange"
