"""What a learner does: predictions, quizzes and exercises, and the file that keeps progress."""
