"""DatabaseAppliance: bowlined with a configuration database, filled from the file that an Appliance
has."""

import subprocess

import appliance as harness


class DatabaseAppliance(harness.Appliance):
    @property
    def database(self):
        return self.folder / "confdb"

    def fill(self):
        """Imports the configuration file."""
        subprocess.run([self.build / "bowlinec", "-C", self.database, "conf-import", self.config],
                       check=True, stdout=subprocess.DEVNULL)

    def launch(self):
        assert self.process is None
        with open(self.stderr, "ab") as stderr:
            self.process = subprocess.Popen(
                [str(self.build / "bowlined"), "-C", str(self.database)],
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=self.folder)
        return self
