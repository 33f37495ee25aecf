"""The kinds of messages between the grader and the two processes of an examination."""

# The grader asks the student's process.
RUN, DESCRIBE, CALL = b"R", b"D", b"C"
# It answers; outputs come in between.
DONE, REPLY, OUTPUT = b"r", b"v", b"o"
# The grader has the judge run a cell (RUN). The judge may ask it to pass on a DESCRIBE or a CALL,
# to which the answer is a REPLY, or FAILED and why; then it gives its VERDICT.
FAILED, VERDICT = b"x", b"j"

STUDENT = "grading.examiner.student"
JUDGE = "grading.examiner.judge"
