"""The exercises themselves, in the course's order. A new one is one entry in one of these files."""

from lstm_edu.exercises.tasks import backward, classes, counting, dense, embedding, gru, lstm

ALL = (
    dense.DENSE,
    classes.LABELS,
    embedding.EMBEDDING_ROWS,
    dense.SIGMOID,
    dense.HARD_SIGMOID,
    counting.PARAMETER_COUNT,
    counting.SPLIT_KERNEL,
    lstm.LSTM_STEP,
    lstm.LSTM_LOOP,
    lstm.MASKS,
    backward.BACKWARD_STEP,
    gru.GRU_STEP,
)
