"""Which of a run's events become entries of the log."""

from scripted import TOTAL_STEPS, checkpointed, evaluated, model_ready, training
from vae_tui.core.protocol.events import Event, Rewound
from vae_tui.tui.state.log_writer import ROUTINE_ENTRIES, LogWriter


def written(*events: Event) -> list[str]:
    writer = LogWriter()
    return [line.text for event in events for line in writer.lines(event)]


def test_a_long_run_of_short_epochs_has_few_evaluations_and_checkpoints_and_its_last():
    texts = written(model_ready(), *training(TOTAL_STEPS), checkpointed(TOTAL_STEPS))
    for part in (": validation loss", "saved checkpoint"):
        found = [text for text in texts if part in text]
        assert ROUTINE_ENTRIES // 2 < len(found) <= ROUTINE_ENTRIES + 1
        assert "4,270" in found[-1]


def test_a_run_of_few_epochs_has_an_entry_for_each():
    steps = range(427, TOTAL_STEPS + 1, 427)
    texts = written(model_ready(), *map(evaluated, steps))
    assert len(texts) == 1 + len(steps)


def test_the_steps_that_follow_a_rewind_are_news():
    rewound = Rewound(step=1000, from_step=3035)
    texts = written(model_ready(), evaluated(3000), evaluated(3035), rewound, evaluated(1035))
    assert [text.partition(":")[0] for text in texts[1:]] == [
        "step 3,000",
        "went back from step 3,035 to step 1,000",
        "step 1,035",
    ]
