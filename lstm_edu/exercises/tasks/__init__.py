"""The exercises themselves, in the course's order. A new one is one entry in one of these files."""

from lstm_edu.exercises.tasks import (
    backward,
    classes,
    counting,
    dense,
    directions,
    embedding,
    gru,
    lstm,
    simple_rnn,
    training,
)

ALL = (
    dense.DENSE,
    dense.READ_DENSE,
    dense.SIGMOID,
    classes.LABELS,
    classes.CROSSENTROPY,
    training.DENSE_GRADIENT,
    training.TRAIN_DENSE,
    embedding.MASKED_MEAN,
    embedding.EMBEDDING_ROWS,
    simple_rnn.SIMPLE_RNN,
    simple_rnn.RNN_BACKWARD,
    dense.HARD_SIGMOID,
    counting.PARAMETER_COUNT,
    counting.SPLIT_KERNEL,
    lstm.LSTM_STEP,
    lstm.LSTM_LOOP,
    lstm.MASKS,
    backward.BACKWARD_STEP,
    backward.FORGET_PATH,
    training.ADAM_STEP,
    gru.GRU_STEP,
    directions.BIDIRECTIONAL,
)
