"""`python -m lstm_edu lab`, as a learner sees it."""


def test_the_course_opens_on_its_first_notebook(lab, page):
    page.goto(lab.address())
    lab.wait_for_notebook(page, "00_start_here.ipynb")
