"""PatchedTree: a copy of the source tree in which a rule or a technique is taken out and built.

For tests/packets/mutants/run and perf/ablation. The copy lies in a temporary folder ($TMPDIR) that
goes with it; the tree itself is never touched.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]


def quiet(*command, **options):
    """Output of a command; ends the program, with it, if the command fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}")
    return done.stdout


class PatchedTree:
    """A context: the folder is there until it ends."""

    def __init__(self, prefix, programs):
        """`programs`: what build() makes, as paths below the build folder."""
        self._folder = tempfile.TemporaryDirectory(prefix=prefix)
        self._programs = programs
        self.top = pathlib.Path(self._folder.name)
        self.built = self.top / "build"

    def __enter__(self):
        names = quiet("git", "-C", TOP, "ls-files", "-z").split("\0")
        for name in filter(None, names):
            if (TOP / name).is_file():
                (self.top / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(TOP / name, self.top / name)
        return self

    def __exit__(self, *error):
        self._folder.cleanup()

    def build(self):
        # Objects of the copy are those of any other build of the same text.
        environment = {**os.environ, "CCACHE_NOHASHDIR": "1", "CCACHE_BASEDIR": str(self.top)}
        if not self.built.exists():
            quiet("meson", "setup", self.built, self.top, "-Dwerror=false", env=environment)
        quiet("ninja", "-j2", "-C", self.built, *self._programs, env=environment)

    @contextlib.contextmanager
    def patched(self, patches):
        """A context in which each (file, text, replacement) is done. Raises ValueError, with
        nothing done, for a text that does not stand in its file once."""
        files = {file: (self.top / file).read_text() for file, _, _ in patches}
        texts = dict(files)
        for file, text, replacement in patches:
            check_patch(texts[file], file, text)
            texts[file] = texts[file].replace(text, replacement)
        try:
            for file, text in texts.items():
                (self.top / file).write_text(text)
            yield
        finally:
            for file, text in files.items():
                (self.top / file).write_text(text)


def check_patch(content, file, text):
    """Raises ValueError unless `text` stands in the content of `file` once."""
    if content.count(text) != 1:
        raise ValueError(f"its text stands {content.count(text)} times in {file}")
