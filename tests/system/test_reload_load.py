"""Reloads beside half of the highest load: no loss, and no answer of two versions.

tests/soak/reloads does the same a thousand times.
"""

import random

import appliance as harness
import reload_churn
from load import rate_without_loss

RELOADS = 30
RUN_s = 4
IDLE_RUN_s = 2


def test_reloads_beside_load_lose_nothing():
    seed = reload_churn.seed()
    print(f"BOWLINE_SEED={seed}")
    with harness.Appliance() as appliance:
        rng = random.Random(seed)
        model, churn = reload_churn.start(appliance, rng)
        rate = rate_without_loss(appliance, reload_churn.questions(), IDLE_RUN_s) / 2
        # Once more if something else on the machine took the processors from the one run and not
        # from the other: what reloads cost shows in both.
        for attempt in (1, 2):
            outcome = reload_churn.trial(churn, rng, rate, RUN_s, RELOADS)
            print(f"rate {rate:.0f}/s; {outcome}")
            assert not outcome.watcher.wrong, outcome.watcher.wrong[:10]
            assert outcome.watcher.answers > 100
            if outcome.disturbed.lost <= outcome.twin.lost:
                break
        assert outcome.disturbed.lost <= outcome.twin.lost, str(outcome)
        assert appliance.log_count("dataplane, restarted") == 0


def test_random_reloads_do_what_the_answers_say():
    """Without load: more changes, each answer to a reload compared with what was changed."""
    seed = reload_churn.seed()
    print(f"BOWLINE_SEED={seed}")
    with harness.Appliance() as appliance:
        rng = random.Random(seed)
        model, churn = reload_churn.start(appliance, rng)
        watcher = reload_churn.Watcher(model, random.Random(seed + 1))
        watcher.start()
        try:
            for _ in range(100):
                churn.step()
        finally:
            watcher.finish()
        print(churn.done, f"{churn.signals} by signals, {watcher.answers} answers")
        assert not watcher.wrong, watcher.wrong[:10]
        assert len(churn.done) == len(churn.expected) + 1, "a kind of change was never made"
