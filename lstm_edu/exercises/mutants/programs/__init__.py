"""What is known about each exercise: other right ways to write it, words for what is in them, its own sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lstm_edu.exercises.mutants.edits import Slip
from lstm_edu.exercises.mutants.program import sigmoid
from lstm_edu.exercises.mutants.programs import (
    backward,
    classes,
    counting,
    coupled,
    dense,
    directions,
    elsewhere,
    embedding,
    generating,
    gru,
    lstm,
    simple_rnn,
    stacking,
    start,
    training,
)


@dataclass(frozen=True)
class Alternatives:
    """Of one exercise.

    Attributes:
        programs: right answers, each as its functions, the last of which is the answer; the most usual first.
        words: names for pieces of code, for the middle of a sentence.
        stories: a changed line -> its sentence, or (sentence, the mistake's id in the catalogue, what to write).
        slips: what learners write instead of a piece of one of the programs.
        detours: programs of another idea, which is wrong, and what is said about it; with another slip in it, it is one
            of two mistakes.
        written_out: whether a program has all lines of its helpers in it, so that these need no changes.
    """

    programs: tuple[tuple[Callable, ...], ...]
    words: Mapping[str, str]
    stories: Mapping[str, Any] = field(default_factory=dict)
    slips: tuple[Slip, ...] = ()
    detours: tuple[tuple[Callable, str], ...] = ()
    written_out: bool = False


def _one(words: Mapping[str, str], *answers: Callable, before: tuple[Callable, ...] = (), **more: Any) -> Alternatives:
    return Alternatives(tuple((*before, answer) for answer in answers), words, **more)


_STEP = (sigmoid, lstm.lstm_step)

# By the exercise's name; a function that answers it may have any.
_KNOWN: dict[str, Alternatives] = {
    "ink": _one(
        start.INK_WORDS,
        start.ink_by_rows,
        start.ink_by_numbers,
        start.ink_as_a_product,
        start.ink_by_lines,
        slips=start.INK_SLIPS,
    ),
    "memory": _one(
        start.MEMORY_WORDS,
        start.memory_from_given,
        start.memory_filled,
        start.memory_in_an_array,
        start.memory_weighed,
        slips=start.MEMORY_SLIPS,
        detours=start.MEMORY_DETOURS,
    ),
    "gated_memory": _one(
        start.GATED_WORDS,
        start.gated_memory_by_zip,
        start.gated_memory_in_an_array,
        start.gated_memory_by_lines,
        slips=start.GATED_SLIPS,
        detours=start.GATED_DETOURS,
    ),
    "dense": _one(
        dense.DENSE_WORDS,
        dense.dense_by_lines,
        dense.dense_by_numbers,
        dense.dense_from_bias,
        dense.dense_by_totals,
        dense.dense_by_units,
        dense.dense_by_rows,
        dense.dense_by_features,
        dense.dense_of_all_products,
        dense.dense_with_ones,
        slips=dense.DENSE_SLIPS,
    ),
    "read_dense": _one(dense.READ_WORDS, dense.read_dense_by_lines, dense.read_dense_by_rows, slips=dense.READ_SLIPS),
    "merge_dense": _one(
        dense.MERGE_WORDS,
        dense.merge_dense_by_lines,
        dense.merge_dense_from_outside,
        dense.merge_dense_by_numbers,
        slips=dense.MERGE_SLIPS,
        detours=dense.MERGE_DETOURS,
    ),
    "sigmoid": _one(
        dense.SIGMOID_WORDS,
        dense.sigmoid_by_exp,
        dense.sigmoid_by_pieces,
        dense.sigmoid_by_lines,
        slips=dense.SIGMOID_SLIPS,
    ),
    "hard_sigmoid": _one(
        dense.HARD_WORDS,
        dense.hard_sigmoid_by_limits,
        dense.hard_sigmoid_by_slope,
        dense.hard_sigmoid_by_lines,
        dense.hard_sigmoid_by_pieces,
        dense.hard_sigmoid_of_six,
        slips=dense.HARD_SLIPS,
    ),
    "labels": Alternatives(
        (
            (classes.labels_by_rows,),
            (classes.labels_of_scores,),
            (classes.softmax_of_rows, classes.labels_by_softmax),
            (classes.softmax_of_rows, classes.labels_by_search),
        ),
        classes.LABELS_WORDS,
        slips=classes.LABELS_SLIPS,
    ),
    "crossentropy": Alternatives(
        (
            (classes.crossentropy_of_p,),
            (classes.crossentropy_by_log_sum,),
            (classes.crossentropy_one_hot,),
            (classes.crossentropy_by_rows,),
            (classes.softmax_of_rows, classes.crossentropy_by_softmax),
        ),
        classes.CROSSENTROPY_WORDS,
        slips=classes.CROSSENTROPY_SLIPS,
    ),
    "shares": _one(
        classes.SHARES_WORDS,
        classes.shares_by_loop,
        classes.shares_by_histogram,
        classes.shares_by_class,
        classes.shares_one_hot,
        classes.shares_in_order,
        slips=classes.SHARES_SLIPS,
    ),
    "undo_softmax": _one(
        classes.UNDO_WORDS, classes.undo_softmax_by_rows, classes.undo_softmax_by_shift, slips=classes.UNDO_SLIPS
    ),
    "confusion": _one(
        classes.CONFUSION_WORDS,
        classes.confusion_by_adding,
        classes.confusion_by_rows,
        classes.confusion_by_cells,
        slips=classes.CONFUSION_SLIPS,
    ),
    "dense_gradient": _one(
        training.GRADIENT_WORDS,
        training.dense_gradient_named,
        training.dense_gradient_of_the_sum,
        training.dense_gradient_by_rows,
        training.dense_gradient_in_turn,
        slips=training.GRADIENT_SLIPS,
    ),
    "train_dense": _one(
        training.GRADIENT_WORDS,
        training.train_dense_in_turn,
        training.train_dense_direct,
        training.train_dense_at_a_rate,
        slips=training.TRAINING_SLIPS,
        detours=training.TRAINING_DETOURS,
    ),
    "adam_step": _one(
        training.ADAM_WORDS,
        training.adam_step_by_lines,
        training.adam_step_with_betas,
        training.adam_step_with_hats,
        slips=training.ADAM_SLIPS,
        detours=training.ADAM_DETOURS,
    ),
    "input_gradient": _one(
        training.INPUT_WORDS,
        training.input_gradient_by_lines,
        training.input_gradient_by_numbers,
        training.input_gradient_by_rows,
        training.input_gradient_by_units,
        slips=training.INPUT_SLIPS,
    ),
    "merge_gradients": _one(
        training.MERGING_WORDS,
        training.merge_gradients_by_weights,
        training.merge_gradients_at_once,
        training.merge_gradients_by_number,
        slips=training.MERGING_SLIPS,
        detours=training.MERGING_DETOURS,
    ),
    "clip_together": _one(
        training.CLIP_WORDS,
        training.clip_together_if_long,
        training.clip_each_alike,
        training.clip_together_by_norms,
        training.clip_together_in_one_row,
        training.clip_together_in_turn,
        slips=training.CLIP_SLIPS,
    ),
    "masked_mean": _one(
        embedding.MEAN_WORDS,
        embedding.masked_mean_by_lines,
        embedding.masked_mean_by_rows,
        embedding.masked_mean_by_steps,
        embedding.masked_mean_by_words,
        slips=embedding.MEAN_SLIPS,
        detours=embedding.MEAN_DETOURS,
    ),
    "embedding_gradient": _one(
        embedding.TABLE_WORDS,
        embedding.embedding_gradient_by_loop,
        embedding.embedding_gradient_one_hot,
        embedding.embedding_gradient_by_rows,
        slips=embedding.TABLE_SLIPS,
    ),
    "update_rows": _one(
        embedding.UPDATE_WORDS,
        embedding.update_rows_masked,
        embedding.update_rows_where,
        embedding.update_rows_by_loop,
        slips=embedding.UPDATE_SLIPS,
        detours=embedding.UPDATE_DETOURS,
    ),
    "simple_rnn": _one(
        simple_rnn.RNN_WORDS,
        simple_rnn.simple_rnn_by_lines,
        simple_rnn.simple_rnn_in_an_array,
        simple_rnn.simple_rnn_looking_back,
        simple_rnn.simple_rnn_joined,
        simple_rnn.simple_rnn_by_rows,
        simple_rnn.simple_rnn_by_units,
        slips=simple_rnn.RNN_SLIPS,
        detours=simple_rnn.RNN_DETOURS,
    ),
    "backwards_rnn": _one(
        simple_rnn.BACKWARDS_WORDS,
        simple_rnn.backwards_rnn_by_lines,
        simple_rnn.backwards_rnn_turned,
        simple_rnn.backwards_rnn_in_an_array,
        slips=simple_rnn.BACKWARDS_SLIPS,
        detours=simple_rnn.BACKWARDS_DETOURS,
    ),
    "rnn_backward": _one(
        simple_rnn.BACK_WORDS,
        simple_rnn.rnn_backward_by_lines,
        simple_rnn.rnn_backward_turned,
        simple_rnn.rnn_backward_in_an_array,
        slips=simple_rnn.RNN_BACK_SLIPS,
        detours=simple_rnn.RNN_BACK_DETOURS,
    ),
    "parameter_count": _one(
        counting.COUNT_WORDS,
        counting.count_by_parts,
        counting.count_by_arrays,
        counting.count_by_columns,
        slips=counting.COUNT_SLIPS,
    ),
    "split_kernel": _one(
        counting.SPLIT_WORDS,
        counting.split_kernel_by_split,
        counting.split_kernel_by_loop,
        counting.split_kernel_by_reshape,
        counting.split_kernel_by_starts,
        slips=counting.SPLIT_SLIPS,
        detours=counting.SPLIT_DETOURS,
    ),
    "read_bias": _one(
        counting.BIAS_WORDS,
        counting.read_bias_by_mean,
        counting.read_bias_of_one_row,
        counting.read_bias_of_means,
        counting.read_bias_by_rows,
        counting.read_bias_of_all_rows,
        counting.read_bias_of_the_last_row,
        slips=counting.BIAS_SLIPS,
    ),
    "unit_columns": _one(
        counting.UNIT_WORDS,
        counting.unit_columns_by_list,
        counting.unit_columns_by_blocks,
        counting.unit_columns_by_loop,
        counting.unit_columns_by_reshape,
        counting.unit_columns_in_order,
        slips=counting.UNIT_SLIPS,
    ),
    "lstm_step": _one(
        lstm.STEP_WORDS,
        lstm.lstm_step,
        lstm.lstm_step_by_slices,
        lstm.lstm_step_by_gates,
        before=(sigmoid,),
        slips=lstm.STEP_SLIPS,
        detours=lstm.STEP_DETOURS,
    ),
    "coupled_step": _one(
        coupled.STEP_WORDS,
        coupled.coupled_step_by_lines,
        coupled.coupled_step_by_gates,
        before=(sigmoid,),
        slips=coupled.STEP_SLIPS,
    ),
    "coupled_backward": _one(coupled.BACK_WORDS, coupled.coupled_backward_by_lines, slips=coupled.BACK_SLIPS),
    "lstm": Alternatives(
        (
            (sigmoid, lstm.lstm_written_out),
            (*_STEP, lstm.lstm_in_an_array),
            (*_STEP, lstm.lstm_by_rows),
        ),
        lstm.SEQUENCE_WORDS,
        slips=(*lstm.STEP_SLIPS, *lstm.LOOP_SLIPS),
        written_out=True,
        detours=lstm.LOOP_DETOURS,
    ),
    "masked_lstm": Alternatives(
        (
            (sigmoid, lstm.masked_lstm_written_out),
            (*_STEP, lstm.masked_lstm_by_products),
            (*_STEP, lstm.masked_lstm_by_rows),
        ),
        lstm.SEQUENCE_WORDS,
        slips=(*(s for s in lstm.STEP_SLIPS if s.old != lstm.OUTPUT), *lstm.MASK_SLIPS),
        written_out=True,
        detours=lstm.MASK_DETOURS,
    ),
    "generate": Alternatives(
        (
            (sigmoid, generating.generate_written_out),
            (*_STEP, generating.generate_by_inputs),
            (*_STEP, generating.generate_in_one_loop),
        ),
        generating.GENERATE_WORDS,
        slips=(*lstm.STEP_SLIPS, *generating.GENERATE_SLIPS),
        written_out=True,
    ),
    "two_layers": _one(
        stacking.TWO_WORDS,
        stacking.two_layers_in_turn,
        before=_STEP,
        slips=(*(s for s in lstm.STEP_SLIPS if s.old != "x_t @ kernel"), *stacking.TWO_SLIPS),
    ),
    "last_counting": _one(
        stacking.LAST_WORDS,
        stacking.last_counting_by_rows,
        stacking.last_counting_by_steps,
        stacking.last_counting_reversed,
        stacking.last_counting_by_numbers,
        slips=stacking.LAST_SLIPS,
    ),
    "backward_step": Alternatives(
        (
            (backward.backward_step_by_lines,),
            (backward.sigmoid_slope, backward.tanh_slope, backward.backward_step_by_slopes),
        ),
        backward.STEP_BACK_WORDS,
        slips=backward.STEP_BACK_SLIPS,
    ),
    "forget_path": _one(
        backward.PATH_WORDS,
        backward.forget_path_by_products,
        backward.forget_path_from_the_end,
        backward.forget_path_turned,
        backward.forget_path_step_by_step,
        backward.forget_path_of_the_later,
        slips=backward.PATH_SLIPS,
        detours=backward.PATH_DETOURS,
    ),
    "gru_step": _one(
        gru.GRU_WORDS,
        gru.gru_step_by_lines,
        gru.gru_step_by_slices,
        gru.gru_step_by_gates,
        before=(sigmoid,),
        slips=gru.GRU_SLIPS,
    ),
    "mgu_step": _one(
        gru.MGU_WORDS, gru.mgu_step_by_lines, gru.mgu_step_by_parts, before=(sigmoid,), slips=gru.MGU_SLIPS
    ),
    "bidirectional": _one(
        directions.DIRECTION_WORDS,
        directions.bidirectional_by_lines,
        directions.bidirectional_spelled_out,
        directions.bidirectional_by_steps,
        slips=directions.DIRECTION_SLIPS,
    ),
    "from_pytorch": _one(
        elsewhere.PYTORCH_WORDS,
        elsewhere.from_pytorch_by_lines,
        elsewhere.from_pytorch_by_gates,
        slips=elsewhere.PYTORCH_SLIPS,
    ),
    "from_onnx": _one(
        elsewhere.ONNX_WORDS,
        elsewhere.from_onnx_by_columns,
        elsewhere.from_onnx_in_order,
        slips=elsewhere.ONNX_SLIPS,
    ),
    "from_tf1": _one(
        elsewhere.TF1_WORDS,
        elsewhere.from_tf1_by_lines,
        elsewhere.from_tf1_in_order,
        slips=elsewhere.TF1_SLIPS,
        detours=elsewhere.TF1_DETOURS,
    ),
}


def of(exercise: Any) -> Alternatives:
    """What is known about this exercise; at least its own answer."""
    known = _KNOWN.get(exercise.name, Alternatives((), {}))
    return replace(known, programs=(tuple(exercise.answer), *known.programs))
