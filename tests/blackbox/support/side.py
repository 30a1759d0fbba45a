"""One of two programs that are compared: each has a home and a user of its own, with the same mail."""

from .workspace import Workspace


class Side:
    """`run` is called with the workspace and arguments, and gives a Result."""

    def __init__(self, test, name, run):
        self.account = test.server.account(f"{test.user}-{name}")
        self.workspace = Workspace(test.workspace.root / name, test.server)
        self.workspace.configure_standard(self.account.user)
        self.tree = self.workspace.tree()
        self._run = run

    def result(self, *arguments):
        return self._run(self.workspace, *arguments)
