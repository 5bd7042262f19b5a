"""From numbers to places on a plot, and the ticks of its axes."""

import math


def short(value):
    """1200000 as 1.2M: for ticks and labels."""
    if value is None:
        return "-"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


class Linear:
    """From 0 to what is above `highest`, onto low..high."""

    def __init__(self, highest, low, high, ticks=5):
        self.step = nice_step(highest / ticks) if highest > 0 else 1
        self.top = self.step * math.ceil(highest / self.step - 1e-9) if highest > 0 else 1
        self.low, self.high = low, high

    def __call__(self, value):
        return self.low + (self.high - self.low) * value / self.top

    def ticks(self):
        return [self.step * i for i in range(round(self.top / self.step) + 1)]


class Log:
    """Decades around positive values, onto low..high."""

    def __init__(self, values, low, high):
        values = [value for value in values if value > 0] or [1]
        self.first = math.floor(math.log10(min(values)) + 1e-9)
        self.last = max(self.first + 1, math.ceil(math.log10(max(values)) - 1e-9))
        self.low, self.high = low, high

    def __call__(self, value):
        exponent = math.log10(value) if value > 0 else self.first
        share = (exponent - self.first) / (self.last - self.first)
        return self.low + (self.high - self.low) * share

    def ticks(self):
        return [10.0 ** exponent for exponent in range(self.first, self.last + 1)]


def nice_step(least):
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
