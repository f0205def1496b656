"""What a run says, step by step, and how it ends."""

import sys
import time


class Report:
    """Counts what was checked; one line for each check, and a last line that machines read."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.begun = time.monotonic()

    def part(self, title):
        print(f"\n{title}", flush=True)

    def say(self, text):
        print(f"        {text}", flush=True)

    def check(self, what, holds, seen=None):
        """Records whether something holds. `seen` is shown when it does not."""
        if holds:
            self.passed += 1
            print(f"  ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"  FAIL  {what}" + (f"\n        seen: {str(seen)[:2000]}" if seen is not None else ""), flush=True)
        return bool(holds)

    def equal(self, what, seen, expected):
        return self.check(f"{what}: {expected}", seen == expected, seen)

    def skip(self, what, reason):
        self.skipped += 1
        print(f"  skip  {what}: {reason}", flush=True)

    def end(self):
        """Prints the closing line; the exit status."""
        print(f"\n{time.monotonic() - self.begun:.0f} s")
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        sys.stdout.flush()
        return 1 if self.failed else 0
